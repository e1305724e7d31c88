// The comparison of two reports. Pure; both may be of any images.
import type { AuditReport, ConfigFacts, DetailedReport, Finding } from "../finding.ts";
import { type FindingView, findingKey } from "../finding-key.ts";
import { compareLevels } from "../levels.ts";
import { type Primitive, primitives } from "../primitives.ts";
import type {
  Comparison,
  ConfigChange,
  LayerChanges,
  Offering,
  PrimitiveChange,
  Side,
} from "./comparison.ts";
import { compareFiles } from "./files.ts";
import { comparePackages } from "./packages.ts";

/** What differs from `a` to `b`. */
export function compareReports(a: DetailedReport, b: DetailedReport): Comparison {
  return {
    before: sideOf(a),
    after: sideOf(b),
    files: compareFiles(a.files(), b.files()),
    packages: comparePackages(a.packages, b.packages),
    primitives: primitives.flatMap((primitive) => comparePrimitive(primitive, a, b)),
    findings: {
      appeared: beyond(b.findings, a.findings, "image"),
      gone: beyond(a.findings, b.findings, "image"),
      residueAppeared: beyond(b.residue, a.residue, "residue"),
      residueGone: beyond(a.residue, b.residue, "residue"),
    },
    config: compareConfigs(a.config, b.config),
    layers: compareLayers(a, b),
  };
}

/** What `distill diff --fail-on` takes. */
export const comparisonGates = ["more-primitives", "lower-level"] as const;

export type ComparisonGate = (typeof comparisonGates)[number];

/** Why a comparison doesn't pass a gate, in one line; undefined where it does. */
export function failsOn(comparison: Comparison, gate: ComparisonGate): string | undefined {
  if (gate === "lower-level") {
    const [before, after] = [comparison.before.verdict.level, comparison.after.verdict.level];
    return compareLevels(after, before) < 0 ? `the level went from ${before} to ${after}` : undefined;
  }
  const gained = comparison.primitives.filter((one) => one.kind === "gained");
  if (gained.length === 0) return undefined;
  return `the image gained ${gained.map((one) => one.primitive).join(", ")}`;
}

/** Whether nothing differs but names and digests of the images, and the rules that they were judged by. */
export function isSame({ config, files, findings, layers, packages, primitives: uses }: Comparison): boolean {
  const lists: readonly (readonly unknown[])[] = [
    files.added,
    files.removed,
    files.changed,
    files.moved,
    packages,
    uses,
    findings.appeared,
    findings.gone,
    findings.residueAppeared,
    findings.residueGone,
    config,
    layers.added,
    layers.removed,
  ];
  return lists.every((list) => list.length === 0);
}

function sideOf({ image, layers, packages, totals, verdict }: AuditReport): Side {
  const compressedBytes = layers.reduce((sum, layer) => sum + layer.compressedBytes, 0);
  return { image, verdict, totals, packages: packages.length, compressedBytes };
}

function comparePrimitive(primitive: Primitive, a: AuditReport, b: AuditReport): PrimitiveChange[] {
  const before = offeringOf(a, primitive);
  const after = offeringOf(b, primitive);
  const change = (kind: PrimitiveChange["kind"]): PrimitiveChange[] => [{ primitive, kind, before, after }];
  const [exposedBefore, exposedAfter] = [exposureOf(before), exposureOf(after)];
  if (exposedAfter > exposedBefore) return change("gained");
  if (exposedAfter < exposedBefore) return change("lost");
  const same = isSameList(before.needed, after.needed) && isSameList(before.unneeded, after.unneeded);
  return same ? [] : change("shifted");
}

function offeringOf(report: AuditReport, primitive: Primitive): Offering {
  const files = report.primitives.filter((one) => one.primitive === primitive).flatMap((one) => one.files);
  const paths = (needed: boolean): Offering["needed"] =>
    [...new Set(files.filter((one) => one.needed === needed).map((one) => one.path))].sort();
  return { needed: paths(true), unneeded: paths(false) };
}

/** 0: not there; 1: the application's own; 2: there without need. */
function exposureOf({ needed, unneeded }: Offering): number {
  if (unneeded.length > 0) return 2;
  return needed.length > 0 ? 1 : 0;
}

/** The findings of one list that the other doesn't have: of each key, as many as it has fewer. */
function beyond(findings: readonly Finding[], others: readonly Finding[], view: FindingView): Finding[] {
  const left = new Map<string, number>();
  for (const one of others) {
    const key = findingKey(one, view);
    left.set(key, (left.get(key) ?? 0) + 1);
  }
  return findings.filter((one) => {
    const key = findingKey(one, view);
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count <= 0;
  });
}

function compareConfigs(a: ConfigFacts, b: ConfigFacts): ConfigChange[] {
  const changes: ConfigChange[] = [];
  const add = (what: string, before: string | undefined, after: string | undefined): void => {
    if (before === after) return;
    changes.push({
      what,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    });
  };
  add("user", a.user, b.user);
  for (const name of ["entrypoint", "command", "healthcheck"] as const) {
    add(name, commandOf(a[name]), commandOf(b[name]));
  }
  add("working folder", a.workingDir, b.workingDir);
  const lists = [
    ["port", a.ports, b.ports],
    ["volume", a.volumes, b.volumes],
    ["environment", a.environment, b.environment],
  ] as const;
  for (const [what, before, after] of lists) {
    const [was, is] = [new Set(before), new Set(after)];
    for (const one of was) if (!is.has(one)) add(what, one, undefined);
    for (const one of is) if (!was.has(one)) add(what, undefined, one);
  }
  const labels = new Map([...Object.entries(a.labels), ...Object.entries(b.labels)]);
  for (const name of [...labels.keys()].sort()) {
    add(`label ${name}`, ownLabel(a, name), ownLabel(b, name));
  }
  return changes;
}

function ownLabel({ labels }: ConfigFacts, name: string): string | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined;
}

/** As an image writes it; a list without words is none. */
function commandOf(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : JSON.stringify(words);
}

function compareLayers(a: AuditReport, b: AuditReport): LayerChanges {
  const ofA = new Set(a.layers.map((one) => one.digest));
  const ofB = new Set(b.layers.map((one) => one.digest));
  return {
    shared: [...ofA].filter((digest) => ofB.has(digest)).length,
    added: b.layers.filter((one) => !ofA.has(one.digest)),
    removed: a.layers.filter((one) => !ofB.has(one.digest)),
  };
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}
