// Findings about what lower layers hold and the merged tree doesn't show.
import { counted } from "../../base/counted.ts";
import type { Identity } from "../../content/identity.ts";
import type { FileEntry } from "../../tree/entry.ts";
import type { Finding } from "../finding.ts";
import type { LayerResidue } from "../layer-residue.ts";
import { finding, residueFinding } from "../make-finding.ts";
import type { RuleId } from "../rules.ts";
import type { Subject } from "../subject.ts";

const ruleOfKind: Readonly<Partial<Record<Identity["kind"], RuleId>>> = {
  shell: "shell",
  "multi-call": "multi-call",
  "package-manager": "package-manager",
  interpreter: "foreign-interpreter",
  tool: "foreign-tool",
};

/** For each layer what it hides in sum, and the programs among it. */
export function* residueFindings(subject: Subject, residue: readonly LayerResidue[]): Generator<Finding> {
  for (const [index, { hidden, layer }] of residue.entries()) {
    if (hidden.length === 0) continue;
    const sizeBytes = hidden.reduce((sum, one) => sum + one.sizeBytes, 0);
    const examples = hidden.slice(0, 3).map(({ path }) => JSON.stringify(path));
    yield finding(subject, "residue", {
      layer: layer.digest,
      subject: "hidden-files",
      what: `layer ${index} holds ${counted(hidden.length, "file")} (${sizeBytes} bytes) that the merged tree doesn't show`,
      evidence: [{ what: `among them ${examples.join(", ")}`, check: "tar -tf LAYER" }],
    });
    for (const entry of hidden) yield* programFindings(subject, entry);
  }
}

function* programFindings(subject: Subject, entry: FileEntry): Generator<Finding> {
  for (const { embedded, evidence, id, kind, name } of subject.facts(entry).identities ?? []) {
    const rule = ruleOfKind[kind];
    if (rule === undefined || embedded === true) continue;
    yield residueFinding(subject, rule, entry, { subject: id, what: name, evidence });
  }
}

/** The gate of `sealed`: nothing in the layers but what the container shows. */
export function lowerLayerFindings(subject: Subject, residue: readonly LayerResidue[]): Finding[] {
  const count = residue.reduce((sum, { hidden }) => sum + hidden.length, 0);
  if (count === 0) return [];
  const what = `${counted(count, "file")} of lower layers ${count === 1 ? "is" : "are"} deleted or replaced above`;
  return [
    finding(subject, "lower-layers", {
      what,
      subject: "hidden-files",
      evidence: [{ what: "see the residue" }],
    }),
  ];
}
