// A comparison as JSON: the contract is docs/reference/diff.schema.json (json-schema.ts). Members are only ever added;
// `schemaVersion` counts what would break a reader. Every member is there, `null` where there is nothing to say, but for
// `pathBytes`.
import { isSame } from "../../audit/compare/compare.ts";
import type { Comparison, Offering, Side } from "../../audit/compare/comparison.ts";
import type { FileRow } from "../../audit/finding.ts";
import type { Json } from "../../base/canonical-json.ts";
import { findingJson, imageJson, layerJson, pathJson, verdictJson } from "../audit/json.ts";
import { jsonText, wellFormed } from "../audit/well-formed.ts";

export const diffSchemaVersion = 1;

export function comparisonJson(comparison: Comparison): Json {
  const { after, before, config, files, findings, layers, packages, primitives } = comparison;
  return wellFormed({
    schemaVersion: diffSchemaVersion,
    before: sideJson(before),
    after: sideJson(after),
    same: isSame(comparison),
    primitives: primitives.map((one) => ({
      primitive: one.primitive,
      kind: one.kind,
      before: offeringJson(one.before),
      after: offeringJson(one.after),
    })),
    findings: {
      appeared: findings.appeared.map((one) => findingJson(one, "image")),
      gone: findings.gone.map((one) => findingJson(one, "image")),
    },
    residue: {
      appeared: findings.residueAppeared.map((one) => findingJson(one, "residue")),
      gone: findings.residueGone.map((one) => findingJson(one, "residue")),
    },
    config: config.map((one) => ({ what: one.what, before: one.before ?? null, after: one.after ?? null })),
    packages: packages.map(({ architecture, name, type, ...rest }) => ({
      type,
      name,
      architecture: architecture ?? null,
      ...rest,
    })),
    files: {
      added: files.added.map(fileJson),
      removed: files.removed.map(fileJson),
      changed: files.changed.map((one) => ({
        ...pathJson(one.path),
        aspects: one.aspects,
        before: fileJson(one.before),
        after: fileJson(one.after),
      })),
      moved: files.moved.map((one) => ({ before: fileJson(one.before), after: fileJson(one.after) })),
    },
    layers: {
      shared: layers.shared,
      added: layers.added.map(layerJson),
      removed: layers.removed.map(layerJson),
    },
  });
}

function sideJson({ compressedBytes, image, packages, totals, verdict }: Side): Json {
  return {
    image: imageJson(image),
    verdict: verdictJson(verdict),
    files: totals.files,
    elf: totals.elf,
    bytes: totals.bytes,
    packages,
    compressedBytes,
  };
}

function offeringJson({ needed, unneeded }: Offering): Json {
  return { needed: needed.map(pathJson), unneeded: unneeded.map(pathJson) };
}

function fileJson({ digest, identities, kind, path, primitives, role, sizeBytes }: FileRow): Json {
  return { ...pathJson(path), digest: digest ?? null, sizeBytes, kind, role, identities, primitives };
}

/** The comparison as a text, safe to print. */
export function comparisonJsonText(comparison: Comparison): string {
  return `${jsonText(comparisonJson(comparison), 2)}\n`;
}
