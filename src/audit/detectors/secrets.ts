// Secrets that lie in the image: in files that the container shows, and in files that only a layer holds.

import type { Evidence, Secret } from "../../content/identity.ts";
import { type SecretId, secretKinds } from "../../content/secrets/rule.ts";
import type { FileEntry } from "../../tree/entry.ts";
import type { Finding } from "../finding.ts";
import type { LayerResidue } from "../layer-residue.ts";
import { finding, residueFinding } from "../make-finding.ts";
import { isNewFile } from "../programs/inodes.ts";
import { rules, type Severity } from "../rules.ts";
import type { Subject } from "../subject.ts";
import { samplesOf, samplesOfLayer } from "./sample-secrets.ts";

/** Secrets of the merged tree. Names of one inode are one secret. */
export function* secretFindings(subject: Subject): Generator<Finding> {
  const seen = new Set<string>();
  const isSample = samplesOf(subject);
  for (const entry of subject.tree.walk()) {
    if (entry.kind !== "file" || !isNewFile(seen, entry)) continue;
    for (const told of secretsOf(subject, entry, isSample))
      yield finding(subject, "secret", { path: entry.path, ...told });
  }
}

/**
 * Secrets of files that a layer holds and the merged tree doesn't show in that place. What shows elsewhere is told there as well:
 * another place may say that it is harmless.
 */
export function* residueSecretFindings(
  subject: Subject,
  residue: readonly LayerResidue[],
): Generator<Finding> {
  const { atMost = null } = rules["secret-in-lower-layer"];
  for (const { gone, layer } of residue) {
    const isSample = samplesOfLayer(subject, layer);
    for (const entry of gone) {
      for (const told of secretsOf(subject, entry, isSample))
        yield residueFinding(subject, "secret-in-lower-layer", entry, { atMost, ...told });
    }
  }
}

interface Told {
  readonly subject: string;
  readonly what: string;
  readonly severity: Severity;
  readonly evidence: readonly Evidence[];
  /** A sample moves no level. */
  readonly atMost?: null;
}

const placesMax = 5;

/** One for each kind of secret in the file. */
function secretsOf(subject: Subject, entry: FileEntry, isOne: (entry: FileEntry) => boolean): Told[] {
  const secrets = subject.facts(entry).secrets ?? [];
  if (secrets.length === 0) return [];
  const isSample = isOne(entry);
  return [...Map.groupBy(secrets, (one) => one.what)].map(([what, places]) => {
    const times = places.length === 1 ? "" : `, ${places.length} times`;
    return {
      // One more is another finding.
      subject: places.length === 1 ? idOf(places) : `${idOf(places)} ${places.length}`,
      what: isSample ? `${what}${times}, a sample of the package` : `${what}${times}`,
      severity: isSample ? "low" : severityOf(places),
      evidence: places.slice(0, placesMax).map(evidenceOf),
      ...(isSample ? { atMost: null } : {}),
    };
  });
}

function idOf(places: readonly Secret[]): string {
  return [...new Set(places.map((one) => one.id))].sort().join(" ");
}

/** A passphrase, or the slow guessing of a hash, stands between some of them and their use. */
function severityOf(secrets: readonly Secret[]): Severity {
  return secrets.some((one) => kindOf(one).weight === "full") ? rules.secret.severity : "high";
}

function kindOf({ id }: Secret): (typeof secretKinds)[SecretId] {
  return id in secretKinds ? secretKinds[id as SecretId] : secretKinds.token;
}

/** A place, and a command that shows how the secret begins, without the secret. */
function evidenceOf(secret: Secret): Evidence {
  const { at, line, within } = secret;
  const place = `at byte ${at}${line === undefined ? "" : `, line ${line}`}`;
  if (within !== undefined) return { what: `${secret.what} ${place} of ${within}` };
  return {
    what: `${secret.what} ${place}`,
    check: `tail -c +${at + 1} FILE | head -c ${kindOf(secret).shownBytes}`,
  };
}
