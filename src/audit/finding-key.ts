// What makes two findings of different images, or of two builds of one image, the same finding. Baselines, comparisons and the
// fingerprints of SARIF (section 3.27.17, partialFingerprints) use the same key.
//
// In it: the rule, the path, and what was found there. Not in it: versions, sizes and offsets in the text, layers, packages,
// severity - a rebuild changes them. A path with a version in it counts as it is: another file is another finding.
import { createHash } from "node:crypto";

/** "1/" and 32 hex digits; the number changes when the same finding gets another key. */
export type FindingKey = string;

/** Where it was found: what lay deleted in a lower layer and is in the image again is a new finding. */
export type FindingView = "image" | "residue";

const scheme = 1;
const keyPattern = /^1\/[0-9a-f]{32}$/;

/** What a key is made of: a finding's own members, or those of a finding in an earlier report. */
export interface Keyed {
  readonly rule: string;
  readonly path?: string;
  readonly what: string;
  readonly subject?: string;
}

/** The stable key of a finding. */
export function findingKey(finding: Keyed, view: FindingView = "image"): FindingKey {
  const subject = finding.subject ?? withoutNumbers(finding.what);
  const text = JSON.stringify([view, finding.rule, finding.path ?? null, subject]);
  return `${scheme}/${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
}

export function isFindingKey(text: string): boolean {
  return keyPattern.test(text);
}

/** "BusyBox v1.35.0-r29 (static, 300 applets)" and the next version's are the same: a number with what belongs to it is a #. */
function withoutNumbers(text: string): string {
  return text.replaceAll(/\bv?\d[\w.+~:-]*/g, "#");
}
