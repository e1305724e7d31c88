// Reports, findings and rows of the audit in a few words, for tests.

import type {
  ConfigFacts,
  DetailedReport,
  FileRow,
  Finding,
  LayerRow,
  PackageRow,
  PrimitiveUse,
  Totals,
  Verdict,
} from "../src/audit/finding.ts";
import type { Level } from "../src/audit/levels.ts";
import type { Primitive } from "../src/audit/primitives.ts";
import { isExplained } from "../src/audit/roles.ts";
import { type RuleId, ruleSetVersion, rules } from "../src/audit/rules.ts";
import { type Digest, digestOf } from "../src/base/digest.ts";
import type { Role } from "../src/closure/closure.ts";
import { path } from "../src/tree/path.ts";

/** The digests of the two layers that samples have. */
export const base: Digest = digestOf("layer 0");
export const top: Digest = digestOf("layer 1");

const noConfig: ConfigFacts = {
  user: "",
  entrypoint: [],
  command: [],
  healthcheck: [],
  workingDir: "",
  ports: [],
  volumes: [],
  environment: [],
  labels: {},
};

/** What a test says of a report; the rest is that of an empty image. */
export interface SampleParts
  extends Partial<Omit<DetailedReport, "files" | "explain" | "config" | "totals">> {
  readonly config?: Partial<ConfigFacts>;
  readonly totals?: Partial<Totals>;
  readonly files?: readonly FileRow[];
  readonly reasons?: Readonly<Record<string, readonly string[]>>;
}

export function sampleReport(parts: SampleParts = {}): DetailedReport {
  const { files: rows = [], reasons = {}, config, totals, ...rest } = parts;
  const sum = (of: readonly FileRow[]): number => of.reduce((total, row) => total + row.sizeBytes, 0);
  return {
    image: {
      reference: "registry.example.test/app:1",
      digest: digestOf("manifest"),
      platform: "linux/amd64",
    },
    verdict: sampleVerdict("truly-distroless"),
    findings: [],
    residue: [],
    unknown: [],
    primitives: [],
    startup: [],
    packages: [],
    layers: [],
    config: { ...noConfig, ...config },
    totals: {
      files: rows.length,
      bytes: sum(rows),
      elf: rows.filter((row) => row.kind === "elf").length,
      scripts: rows.filter((row) => row.kind === "script").length,
      explainedBytes: sum(rows.filter((row) => isExplained(row.role))),
      ...totals,
    },
    files: () => rows,
    explain: (at) => reasons[at] ?? [`nothing needs ${at}`],
    ...rest,
  };
}

export function sampleVerdict(level: Level, parts: Partial<Verdict> = {}): Verdict {
  return { level, determinate: true, atBest: level, score: 50, ruleSet: ruleSetVersion, ...parts };
}

/** A finding with its rule's severity and gate. */
export function sampleFinding(rule: RuleId, what: string, parts: Partial<Finding> = {}): Finding {
  const { severity, atMost } = rules[rule];
  return {
    rule,
    severity,
    ...(atMost === undefined ? {} : { atMost }),
    subject: what,
    what,
    evidence: [],
    primitives: [],
    ...parts,
  };
}

export function fileRow(name: string, sizeBytes: number, role: Role, parts: Partial<FileRow> = {}): FileRow {
  return { path: path(name), sizeBytes, kind: "data", role, identities: [], primitives: [], ...parts };
}

export function layerRow(
  digest: Digest,
  files: number,
  sizeBytes: number,
  parts: Partial<LayerRow> = {},
): LayerRow {
  return {
    digest,
    compressedBytes: Math.round(sizeBytes * 0.4),
    files,
    visibleFiles: files,
    sizeBytes,
    residueBytes: 0,
    ...parts,
  };
}

export function deb(name: string, version: string, files: number, sizeBytes: number): PackageRow {
  return { type: "deb", name, version, architecture: "amd64", files, sizeBytes };
}

export function use(
  primitive: Primitive,
  ...files: readonly (readonly [string, string, boolean])[]
): PrimitiveUse {
  return { primitive, files: files.map(([at, by, needed]) => ({ path: path(at), by, needed })) };
}
