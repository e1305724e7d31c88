// An audit as JSON, for gates and scripts: the contract is docs/reference/audit.schema.json (json-schema.ts). Members are only
// ever added; `schemaVersion` counts what would break a reader. Every member is there, `null` where there is nothing to say, but
// for `pathBytes`. Invariant: the text is valid Unicode whatever the image's names are, since strict readers refuse all of a
// document for one lone surrogate.
import type {
  AuditedImage,
  AuditReport,
  Finding,
  LayerRow,
  PackageRow,
  PrimitiveUse,
  Verdict,
} from "../../audit/finding.ts";
import { type FindingView, findingKey } from "../../audit/finding-key.ts";
import type { PackageRef } from "../../audit/packages/package.ts";
import { primitiveMeanings, primitives } from "../../audit/primitives.ts";
import type { Json } from "../../base/canonical-json.ts";
import { encodeName } from "../../base/names.ts";
import type { TreePath } from "../../tree/path.ts";
import { countBySeverity } from "./groups.ts";
import { techniquesOf } from "./techniques.ts";
import { jsonText, wellFormed } from "./well-formed.ts";

export const auditSchemaVersion = 1;

/** One report is indented, many are JSON lines (one report a line). Ends with a line feed. */
export function auditJsonText(reports: readonly AuditReport[]): string {
  const [only] = reports;
  if (only !== undefined && reports.length === 1) return `${jsonText(auditJson(only), 2)}\n`;
  return reports.map((report) => `${jsonText(auditJson(report))}\n`).join("");
}

export function auditJson(report: AuditReport): Json {
  const { config, image, layers, startup, unknown, verdict } = report;
  return wellFormed({
    schemaVersion: auditSchemaVersion,
    image: imageJson(image),
    verdict: verdictJson(verdict),
    findings: report.findings.map((one) => findingJson(one, "image")),
    residue: report.residue.map((one) => findingJson(one, "residue")),
    summary: summaryJson(report),
    unknown: unknown.map(({ path, why }) => ({ ...pathJson(path), why })),
    primitives: report.primitives.map(primitiveJson),
    startup: startup.map(({ command, from, kind, path }) => ({
      from,
      command,
      kind,
      ...(path === undefined ? { path: null } : pathJson(path)),
    })),
    packages: report.packages.map(packageRowJson),
    layers: layers.map(layerJson),
    config: { ...config },
  });
}

export function imageJson({ digest, platform, reference }: AuditedImage): Json {
  return { reference, digest: digest ?? null, platform };
}

export function verdictJson(verdict: Verdict): Json {
  return { ...verdict, accepted: verdict.accepted ?? null };
}

export function layerJson({ createdBy, ...layer }: LayerRow): Json {
  return { ...layer, createdBy: createdBy ?? null };
}

export function findingJson(one: Finding, view: FindingView): Json {
  const { evidence, waived } = one;
  return {
    key: findingKey(one, view),
    rule: one.rule,
    severity: one.severity,
    atMost: one.atMost ?? null,
    ...(one.path === undefined ? { path: null } : pathJson(one.path)),
    what: one.what,
    evidence: evidence.map(({ what }) => what),
    checks: evidence.map(({ check }) => check ?? null),
    layer: one.layer ?? null,
    package: one.package === undefined ? null : packageJson(one.package),
    primitives: one.primitives,
    techniques: techniquesOf(one),
    reason: one.reason ?? null,
    waived: waived === undefined ? null : { reason: waived.reason, expires: waived.expires ?? null },
  };
}

function summaryJson(report: AuditReport): Json {
  const { bytes, elf, explainedBytes, files, scripts } = report.totals;
  const uses = new Map(report.primitives.map((use) => [use.primitive, use.files.length]));
  return {
    files,
    bytes,
    elf,
    scripts,
    explainedBytes,
    packages: report.packages.length,
    primitives: Object.fromEntries(primitives.map((one) => [one, uses.get(one) ?? 0])),
    findings: { ...countBySeverity(report) },
  };
}

function primitiveJson({ files, primitive }: PrimitiveUse): Json {
  return {
    primitive,
    techniques: primitiveMeanings[primitive].techniques,
    files: files.map(({ by, needed, path }) => ({ ...pathJson(path), by, needed })),
  };
}

function packageJson({ architecture, name, type, version }: PackageRef): { readonly [key: string]: Json } {
  return { type, name, version, architecture: architecture ?? null };
}

function packageRowJson(row: PackageRow): Json {
  return { ...packageJson(row), files: row.files, sizeBytes: row.sizeBytes };
}

/** A name that is no UTF-8 is told in base64 too: its text has U+FFFD where the bytes are, and may be another's. */
export function pathJson(path: TreePath): { readonly [key: string]: Json } {
  return path.isWellFormed() ? { path } : { path, pathBytes: encodeName(path).toString("base64") };
}
