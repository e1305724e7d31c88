// Explanations as plain text, for a terminal of 80 columns.
import type { Reason } from "../closure/closure.ts";
import type { Explanation, LeftOutGroup } from "../closure/explain.ts";
import type { Entry } from "../tree/entry.ts";
import { printable } from "./text.ts";
import { formatSize } from "./units.ts";

const othersShown = 5;
const whysShown = 3;

/** The chain from the root down to the path, one step a line, each with its evidence. Ends with a newline. */
export function renderExplanation(explanation: Explanation): string {
  if (!explanation.kept) return printable(`${explanation.path} is not in the image: ${explanation.why}\n`);
  const lines = [`${explanation.path} (${explanation.role})`];
  const [first, ...rest] = explanation.steps;
  if (first !== undefined) {
    lines.push(`  ${first.reason.from}`, `    ${because(first.reason)}`, `  ${first.path}`);
    for (const { path, reason } of rest) lines.push(`    ${because(reason)}`, `  ${path}`);
  }
  const { others } = explanation;
  if (others.length > 0) lines.push("also:");
  for (const reason of others.slice(0, othersShown)) lines.push(`  ${reason.from}: ${because(reason)}`);
  if (others.length > othersShown) lines.push(`  and ${others.length - othersShown} more`);
  return printable(`${lines.join("\n")}\n`);
}

/** A file that is made from what ships, once that is known: the loader's cache, the package database. */
export function renderMade({ origins, path }: Entry): string {
  const origin = origins.at(-1);
  const maker =
    origin?.kind === "effect" ? origin.effect : origin?.kind === "declared" ? origin.what : "the build";
  return printable(`${path}\n  made from what is in the image (${maker})\n`);
}

/** What was left out: a line for each package with its size and number of files, then the main reasons. Ends with a newline. */
export function renderLeftOut(groups: readonly LeftOutGroup[]): string {
  const lines = groups.flatMap((group) => [
    `${size(group.sizeBytes)}  ${files(group.files)}  ${group.package ?? "(no package)"}`,
    ...group.whys
      .slice(0, whysShown)
      .map((one) => `${size(one.sizeBytes)}  ${files(one.files)}    ${one.why}`),
  ]);
  return lines.length === 0 ? "nothing was left out\n" : printable(`${lines.join("\n")}\n`);
}

function because(reason: Reason): string {
  const doubt = reason.confidence === "likely" ? ", likely" : "";
  return `${reason.evidence} (${reason.kind}${doubt})`;
}

function size(sizeBytes: number): string {
  return formatSize(sizeBytes).padStart(8);
}

function files(count: number): string {
  return `${count} ${count === 1 ? "file " : "files"}`.padStart(11);
}
