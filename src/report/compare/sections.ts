// What a comparison says, line by line, for the terminal and for Markdown alike. Texts are the images' own: whoever shows them
// makes them harmless.
import type {
  Comparison,
  FileChange,
  PackageChange,
  PrimitiveChange,
  Side,
} from "../../audit/compare/comparison.ts";
import type { FileRow, Finding, LayerRow } from "../../audit/finding.ts";
import { compareLevels } from "../../audit/levels.ts";
import { primitiveMeanings } from "../../audit/primitives.ts";
import { formatSize, shortDigest } from "../units.ts";

export interface Line {
  readonly sign: "+" | "-" | "~";
  readonly text: string;
  /** For whoever defends the image; absent where nobody can say. */
  readonly effect?: "worse" | "better";
}

export interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** A row of the overview: what both images have of it. */
export interface Row {
  readonly what: string;
  readonly before: string;
  readonly after: string;
  /** "+3", "-1.2 MB"; empty where nothing changed. */
  readonly change: string;
}

/** "distroless -> shell-less (worse)". */
export function headline({ after, before }: Comparison): string {
  const order = compareLevels(after.verdict.level, before.verdict.level);
  if (order === 0) return `${after.verdict.level}, as before`;
  return `${before.verdict.level} -> ${after.verdict.level} (${order < 0 ? "worse" : "better"})`;
}

export function overview({ after, before, findings }: Comparison): readonly Row[] {
  const row = (what: string, of: (side: Side) => number, format: (value: number) => string = String): Row => {
    const [first, second] = [of(before), of(after)];
    const difference = second - first;
    const sign = difference > 0 ? "+" : "-";
    const change = difference === 0 ? "" : `${sign}${format(Math.abs(difference))}`;
    return { what, before: format(first), after: format(second), change };
  };
  const { appeared, gone } = findings;
  const isNew = appeared.length + gone.length > 0;
  const change = `+${appeared.length} -${gone.length}`;
  return [
    { what: "level", before: before.verdict.level, after: after.verdict.level, change: "" },
    row("score", (side) => side.verdict.score),
    ...(isNew ? [{ what: "findings", before: "", after: "", change }] : []),
    row("files", (side) => side.totals.files),
    row("ELF files", (side) => side.totals.elf),
    row("content", (side) => side.totals.bytes, formatSize),
    row("layers", (side) => side.compressedBytes, formatSize),
    row("packages", (side) => side.packages),
  ];
}

/** What differs, gravest first; sections without a line are left out. */
export function sectionsOf({
  config,
  files,
  findings,
  layers,
  packages,
  primitives,
}: Comparison): readonly Section[] {
  const all: readonly Section[] = [
    { title: "What whoever breaks in can do", lines: primitives.map(primitiveLine) },
    {
      title: "Findings",
      lines: [
        ...findings.appeared.map((one) => findingLine("+", one)),
        ...findings.gone.map((one) => findingLine("-", one)),
      ],
    },
    {
      title: "In lower layers only",
      lines: [
        ...findings.residueAppeared.map((one) => findingLine("+", one)),
        ...findings.residueGone.map((one) => findingLine("-", one)),
      ],
    },
    {
      title: "Config",
      lines: config.map(({ after, before, what }): Line => {
        if (before === undefined) return { sign: "+", text: `${what} ${after ?? ""}` };
        if (after === undefined) return { sign: "-", text: `${what} ${before}` };
        return { sign: "~", text: `${what} ${shown(before)} -> ${shown(after)}` };
      }),
    },
    { title: "Packages", lines: packages.map(packageLine) },
    {
      title: "Files",
      lines: [
        ...files.added.toSorted(byInterest).map((row): Line => ({ sign: "+", text: rowText(row) })),
        ...files.removed.toSorted(byInterest).map((row): Line => ({ sign: "-", text: rowText(row) })),
        ...files.moved.map(
          ({ after, before }): Line => ({ sign: "~", text: `${before.path} -> ${after.path} (moved)` }),
        ),
        ...files.changed.toSorted((a, b) => byInterest(a.after, b.after)).map(fileLine),
      ],
    },
    {
      title: `Layers (${layers.shared} in common)`,
      lines: [
        ...layers.added.map((one): Line => ({ sign: "+", text: layerText(one) })),
        ...layers.removed.map((one): Line => ({ sign: "-", text: layerText(one) })),
      ],
    },
  ];
  return all.filter((one) => one.lines.length > 0);
}

function primitiveLine({ after, before, kind, primitive }: PrimitiveChange): Line {
  const { what } = primitiveMeanings[primitive];
  if (kind === "gained") {
    const [files, why] =
      after.unneeded.length > 0 ? [after.unneeded, "not needed"] : [after.needed, "the application's own"];
    return { sign: "+", text: `${primitive}: ${what}; ${someOf(files)} (${why})`, effect: "worse" };
  }
  if (kind === "lost") {
    const stays = after.needed.length > 0 ? "; the application still does" : "";
    const files = before.unneeded.length > 0 ? before.unneeded : before.needed;
    return { sign: "-", text: `${primitive}: ${what}; was ${someOf(files)}${stays}`, effect: "better" };
  }
  const all = [...after.unneeded, ...after.needed];
  return { sign: "~", text: `${primitive}: ${what}; by other files: ${someOf(all)}` };
}

function findingLine(sign: "+" | "-", { path, rule, severity, waived, what }: Finding): Line {
  const at = path === undefined ? "" : `${path}: `;
  const effect =
    severity === "info" ? {} : { effect: sign === "+" ? ("worse" as const) : ("better" as const) };
  return {
    sign,
    text: `${rule} (${severity}): ${at}${what}${waived === undefined ? "" : " (waived)"}`,
    ...effect,
  };
}

function packageLine({ after, architecture, before, kind, name, type }: PackageChange): Line {
  const full = `${type} ${name}${architecture === undefined ? "" : `:${architecture}`}`;
  if (kind === "added") return { sign: "+", text: `${full} ${after.join(", ")}` };
  if (kind === "removed") return { sign: "-", text: `${full} ${before.join(", ")}` };
  return { sign: "~", text: `${full} ${before.join(", ")} -> ${after.join(", ")} (${kind})` };
}

function rowText({ identities, kind, path, role, sizeBytes }: FileRow): string {
  return `${path} (${[formatSize(sizeBytes), kind, role, ...identities].join(", ")})`;
}

function fileLine({ after, aspects, before, path }: FileChange): Line {
  const parts = aspects.flatMap((aspect) => {
    if (aspect === "size") return `${formatSize(before.sizeBytes)} -> ${formatSize(after.sizeBytes)}`;
    // A new size says already that the content is another.
    if (aspect === "content") return aspects.includes("size") ? [] : "content";
    return `${aspect} ${before[aspect]} -> ${after[aspect]}`;
  });
  return { sign: "~", text: `${path} (${parts.join(", ")})` };
}

function layerText({ compressedBytes, createdBy, digest }: LayerRow): string {
  return `${shortDigest(digest)} ${formatSize(compressedBytes)}${createdBy === undefined ? "" : ` ${createdBy}`}`;
}

/** What offers something to an attacker comes first, then programs, then what is large. */
function byInterest(a: FileRow, b: FileRow): number {
  const rank = (row: FileRow): number =>
    (row.primitives.length > 0 ? 4 : 0) + (row.identities.length > 0 ? 2 : 0) + (row.kind === "elf" ? 1 : 0);
  return rank(b) - rank(a) || b.sizeBytes - a.sizeBytes || (a.path < b.path ? -1 : 1);
}

function someOf(paths: readonly string[]): string {
  const [first = "", second, ...rest] = paths;
  if (second === undefined) return first;
  return rest.length === 0 ? `${first}, ${second}` : `${first}, ${second} and ${rest.length} more`;
}

function shown(value: string): string {
  return value === "" ? '""' : value;
}
