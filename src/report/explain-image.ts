// `distill explain IMAGE [PATH]` for a terminal: one file with its chain of reasons, or the image by package and by role.
import type { FileExplanation, Holding } from "../audit/file-explanation.ts";
import type { DetailedReport, FileRow } from "../audit/finding.ts";
import { isExplained } from "../audit/roles.ts";
import type { Role } from "../closure/closure.ts";
import type { Page } from "./audit/lines.ts";
import { printableLine, shorten, wrap } from "./text.ts";
import { formatSize, shortDigest } from "./units.ts";

const roleMeanings: Readonly<Record<Role, string>> = {
  "entrypoint-runtime": "what starts: the entrypoint and its interpreters",
  closure: "needed by what starts",
  declared: "declared",
  "package-data": "data of a package that is needed",
  unproven: "not proven: no rule tells whether it is needed",
  foreign: "nothing needs it",
};

/** Ends with a line feed. */
export function renderFileExplanation(one: FileExplanation, page: Page): string {
  const lines = [
    page.style("bold", printableLine(one.path)),
    ...row(page, "is", describe(one)),
    ...(one.real === undefined ? [] : row(page, "leads to", one.real)),
    ...(one.otherNames.length === 0 ? [] : row(page, "also", alsoNamed(page, one.otherNames))),
    ...row(page, "role", roleMeanings[one.role]),
    ...one.reasons.flatMap((text, index) => row(page, index === 0 ? "why" : "", text)),
    ...(one.package === undefined
      ? []
      : row(page, "package", `${one.package.name} ${one.package.version} (${one.package.type})`)),
    ...one.holdings.flatMap((held) => row(page, held.shown ? "layer" : "hidden in", holding(held))),
    ...one.identities.flatMap(({ evidence, name }) => [
      ...row(page, "content", name),
      ...evidence.flatMap(({ check, what }) => [
        ...row(page, "", `- ${what}`),
        ...(page.verbose && check !== undefined ? row(page, "", `  check: ${check}`) : []),
      ]),
    ]),
    ...(one.primitives.length === 0 ? [] : row(page, "gives", one.primitives.join(", "))),
    ...one.findings.flatMap(({ rule, severity, what }) =>
      row(page, "finding", `${severity} ${rule}: ${what}`),
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function describe({ entry }: FileExplanation): string {
  if (entry === undefined) return "only in lower layers: deleted or replaced above";
  const more =
    entry.kind === "file"
      ? `, ${formatSize(entry.sizeBytes)}`
      : entry.kind === "symlink"
        ? ` to ${entry.target}, which isn't there`
        : "";
  const mode = (entry.mode & 0o7777).toString(8).padStart(4, "0");
  return `a ${entry.kind}${more}, mode ${mode}, owner ${entry.uid}:${entry.gid}`;
}

function alsoNamed(page: Page, names: readonly string[]): string {
  const shown = page.verbose ? names : names.slice(0, namesShownMax);
  const more = names.length - shown.length;
  return `${shown.join(", ")}${more === 0 ? "" : ` and ${more} more`}`;
}

function holding({ createdBy, digest, layer, sizeBytes }: Holding): string {
  const by = createdBy === undefined ? "" : `, by ${createdBy}`;
  const size = sizeBytes === undefined ? "" : `, ${formatSize(sizeBytes)}`;
  return `${layer}, ${shortDigest(digest)}${size}${by}`;
}

const labelColumns = 11;
const namesShownMax = 5;

function row(page: Page, label: string, text: string): string[] {
  const width = Math.max(page.columns - labelColumns, 20);
  return wrap(printableLine(text).trimEnd(), width).map(
    (line, index) => `${page.style("dim", (index === 0 ? label : "").padEnd(labelColumns))}${line}`,
  );
}

const shownMax = 20;

/** The image in sums: by role, by package, and what has no reason. Ends with a line feed. */
export function renderImageExplanation(report: DetailedReport, page: Page): string {
  const files = report.files();
  const lines = [
    page.style("bold", "By reason"),
    ...sums(files, ({ role }) => roleMeanings[role]).map((one) => sumLine(page, one)),
    "",
    page.style("bold", "By package"),
    ...listed(
      page,
      sums(files, (file) => packageName(report, file)),
    ).map((one) => sumLine(page, one)),
    "",
    page.style("bold", "Programs, libraries and scripts without a reason"),
    ...unexplained(page, files),
    "",
    ...wrap("`distill explain IMAGE PATH` tells all that is known of one file.", page.columns),
  ];
  return `${lines.join("\n")}\n`;
}

interface Sum {
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
}

function sums(files: readonly FileRow[], nameOf: (file: FileRow) => string): Sum[] {
  const byName = new Map<string, Sum>();
  for (const file of files) {
    const name = nameOf(file);
    const sizeBytes = file.linkTo === undefined ? file.sizeBytes : 0;
    const before = byName.get(name) ?? { name, files: 0, bytes: 0 };
    byName.set(name, { name, files: before.files + 1, bytes: before.bytes + sizeBytes });
  }
  return [...byName.values()].sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

function packageName({ packages }: DetailedReport, file: FileRow): string {
  const owner = file.package === undefined ? undefined : packages[file.package];
  return owner === undefined ? "(no package)" : `${owner.name} ${owner.version}`;
}

/** All of them where `verbose`; else the largest, and the rest as one. */
function listed(page: Page, all: readonly Sum[]): readonly Sum[] {
  if (page.verbose || all.length <= shownMax) return all;
  const rest = all.slice(shownMax);
  const files = rest.reduce((total, one) => total + one.files, 0);
  const bytes = rest.reduce((total, one) => total + one.bytes, 0);
  return [...all.slice(0, shownMax), { name: `${rest.length} more packages`, files, bytes }];
}

function sumLine(page: Page, { bytes, files, name }: Sum): string {
  const count = `${files} ${files === 1 ? "file " : "files"}`;
  return shorten(
    `${formatSize(bytes).padStart(9)}  ${count.padStart(12)}  ${printableLine(name)}`,
    page.columns,
  );
}

function unexplained(page: Page, files: readonly FileRow[]): string[] {
  const found = files.filter(
    ({ kind, linkTo, role }) =>
      (kind === "elf" || kind === "script") && linkTo === undefined && !isExplained(role),
  );
  if (found.length === 0) return ["  none"];
  const shown = page.verbose ? found : found.slice(0, shownMax);
  const more = found.length - shown.length;
  return [
    ...shown.map(({ path, sizeBytes }) =>
      shorten(`${formatSize(sizeBytes).padStart(9)}  ${printableLine(path)}`, page.columns),
    ),
    ...(more === 0 ? [] : [`  and ${more} more: --verbose`]),
  ];
}
