// The verdicts on maintainer scripts as a table in plain text: what `distill explain --scripts` prints.
import { printable } from "./text.ts";

/** One package's verdict, as src/debian/effects makes it; spelled out here because a report imports no producer. */
export interface ScriptRow {
  readonly package: string;
  readonly verdict: "none" | "inert" | "modelled" | "declared" | "unknown";
  readonly effects: readonly { readonly action: { readonly kind: string } }[];
  readonly unknown: readonly UnknownRow[];
  readonly inert: readonly { readonly command: string; readonly why: string; readonly source: Place }[];
}

interface Place {
  readonly file: string;
  readonly line: number;
}

interface UnknownRow {
  readonly source: Place;
  readonly text: string;
  readonly why: string;
  readonly hint: string;
}

export interface ScriptTableOptions {
  /** Also list the commands without effect, with the reason. */
  readonly verbose: boolean;
}

const order: readonly ScriptRow["verdict"][] = ["unknown", "declared", "modelled", "inert", "none"];

/** The table: packages with an open question first, and the counts at its end. */
export function renderScripts(rows: readonly ScriptRow[], options: ScriptTableOptions): string {
  const width = Math.max(7, ...rows.map((row) => row.package.length));
  const sorted = rows.toSorted(
    (a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict) || (a.package < b.package ? -1 : 1),
  );
  const lines = sorted
    .filter((row) => row.verdict !== "none" || options.verbose)
    .flatMap((row) => [
      `${row.package.padEnd(width)}  ${row.verdict.padEnd(8)}  ${summaryOf(row)}`.trimEnd(),
      ...row.unknown.flatMap(unknownLines),
      ...(options.verbose ? row.inert.map(inertLine) : []),
    ]);
  const table = [`${"PACKAGE".padEnd(width)}  VERDICT   EFFECTS`, ...lines, "", countsOf(rows), ""];
  return printable(table.join("\n"));
}

function summaryOf(row: ScriptRow): string {
  const counts = new Map<string, number>();
  for (const { action } of row.effects) counts.set(action.kind, (counts.get(action.kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => (count === 1 ? kind : `${kind} x${count}`)).join(", ");
}

function unknownLines({ source, text, why, hint }: UnknownRow): string[] {
  return [`    ${source.file}:${source.line}: ${text}`, `        ${why}`, `        hint: ${hint}`];
}

function inertLine({ source, command, why }: ScriptRow["inert"][number]): string {
  return `    ${source.file}:${source.line}: ${command}  (no effect: ${why})`;
}

function countsOf(rows: readonly ScriptRow[]): string {
  const counts = order.map((verdict) => `${rows.filter((row) => row.verdict === verdict).length} ${verdict}`);
  return `${rows.length} packages: ${counts.join(", ")}`;
}
