// What makes two findings of different images, or of two builds of one image, the same finding. Baselines, comparisons and the
// fingerprints of SARIF (section 3.27.17, partialFingerprints) use the same key.
//
// In it: the rule, the path, and the finding's subject, which its detector sets. Not in it: what is written for people (versions,
// sizes, offsets), layers, packages, severity - a rebuild changes them. A path with a version in it counts as it is: another file
// is another finding.
import { createHash } from "node:crypto";

/** "2/" and 32 hex digits; the number changes when the same finding gets another key. */
export type FindingKey = string;

/** Where it was found: what lay deleted in a lower layer and is in the image again is a new finding. */
export type FindingView = "image" | "residue";

const scheme = 2;
const keyPattern = /^2\/[0-9a-f]{32}$/;

/** What a key is made of: a finding's own members, or those of a finding in an earlier report. */
export interface Keyed {
  readonly rule: string;
  readonly path?: string;
  readonly subject: string;
}

/** The stable key of a finding. */
export function findingKey(finding: Keyed, view: FindingView = "image"): FindingKey {
  const text = JSON.stringify([view, finding.rule, finding.path ?? null, finding.subject]);
  return `${scheme}/${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
}

export function isFindingKey(text: string): boolean {
  return keyPattern.test(text);
}
