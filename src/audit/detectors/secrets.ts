// Secrets that lie in the image: in files that the container shows, and in files that only a layer holds.

import type { Evidence, Secret } from "../../content/identity.ts";
import { type SecretId, secretKinds } from "../../content/secrets/rule.ts";
import type { FileEntry } from "../../tree/entry.ts";
import type { TreePath } from "../../tree/path.ts";
import type { Finding } from "../finding.ts";
import { finding, residueFinding } from "../make-finding.ts";
import { rules, type Severity } from "../rules.ts";
import type { Subject } from "../subject.ts";
import { hiddenFiles } from "./layers.ts";

/** Secrets of the merged tree. Names of one inode are one secret. */
export function secretFindings(subject: Subject): Finding[] {
  const seen = new Set<string>();
  const found: Finding[] = [];
  for (const entry of subject.tree.walk()) {
    if (entry.kind !== "file" || (entry.link !== undefined && seen.has(entry.link))) continue;
    if (entry.link !== undefined) seen.add(entry.link);
    for (const { isSample, ...told } of secretsOf(subject, entry)) {
      const made = finding(subject, "secret", { path: entry.path, ...told });
      found.push(isSample ? ungated(made) : made);
    }
  }
  return found;
}

/** Secrets of files that a layer holds and the merged tree doesn't show; one that shows elsewhere is told there. */
export function residueSecretFindings(subject: Subject): Finding[] {
  return subject.layers.flatMap((layer) =>
    hiddenFiles(subject, layer).flatMap((entry) =>
      secretsOf(subject, entry).map(({ isSample, ...told }) => {
        const gate = isSample ? undefined : rules["secret-in-lower-layer"].atMost;
        return residueFinding(subject, "secret-in-lower-layer", entry, {
          ...told,
          ...(gate === undefined ? {} : { atMost: gate }),
        });
      }),
    ),
  );
}

interface Told {
  readonly subject: string;
  readonly what: string;
  readonly severity: Severity;
  readonly evidence: readonly Evidence[];
  /** A package's sample for tests or readers: everybody has it, and it opens nothing of this image's owner. */
  readonly isSample: boolean;
}

const placesMax = 5;

/** One for each kind of secret in the file. */
function secretsOf(subject: Subject, entry: FileEntry): Told[] {
  const secrets = subject.facts(entry).secrets ?? [];
  if (secrets.length === 0) return [];
  const isSample = subject.packages.ownerOf(entry) !== undefined && isForReaders(entry.path);
  return [...Map.groupBy(secrets, (one) => one.what)].map(([what, places]) => {
    const times = places.length === 1 ? "" : `, ${places.length} times`;
    return {
      // One more is another finding.
      subject: places.length === 1 ? idOf(places) : `${idOf(places)} ${places.length}`,
      what: isSample ? `${what}${times}, a sample of the package` : `${what}${times}`,
      severity: isSample ? "low" : severityOf(places),
      evidence: places.slice(0, placesMax).map(evidenceOf),
      isSample,
    };
  });
}

function idOf(places: readonly Secret[]): string {
  return [...new Set(places.map((one) => one.id))].sort().join(" ");
}

/** Folders of packages whose files are for tests and readers, and that no program is given keys from. */
const sampleFolder =
  /\/(?:tests?|testing|test[_-]?(?:data|suite|certs|keys|files)|t|examples?|samples?|demos?|docs?|fixtures?|specs?|__tests__|[\w.-]+[_-]tests?)\//i;
const packageFolder =
  /^\/usr\/(?:share|lib|local\/lib)\/|\/(?:node_modules|site-packages|dist-packages|gems|vendor)\//;

function isForReaders(path: TreePath): boolean {
  return packageFolder.test(path) && sampleFolder.test(path);
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

function ungated(found: Finding): Finding {
  const { atMost: _, ...rest } = found;
  return rest;
}
