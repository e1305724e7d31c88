// Evidence that a reader can check: commands of standard tools (POSIX, GNU grep, binutils) in which FILE stands for the file.
import type { Evidence } from "../identity.ts";

/** Shows a printable text with its byte offset. */
export function grepFor(text: string): string {
  return `LC_ALL=C grep -aboF -- ${quoted(text)} FILE`;
}

/** As one word of a POSIX shell. */
export function quoted(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The evidence for bytes inside a file: `carve` prints them. */
export function carvedEvidence(evidence: Evidence, carve: string): Evidence {
  if (evidence.check === undefined) return evidence;
  return { ...evidence, check: `${carve} > CARVED && ${evidence.check.replaceAll(/\bFILE\b/g, "CARVED")}` };
}
