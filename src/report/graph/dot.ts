// A build's graph in the DOT language (graphviz.org/doc/info/lang.html), a box for each stage. What a vertex goes on from is a
// solid line, what it only reads a dashed one.
import { type Digest, hexOf } from "../../base/digest.ts";
import { type BuildTarget, type Vertex, verticesOf } from "../../graph/vertex.ts";
import { printableLine, shorten } from "../text.ts";

const labelColumnsMax = 60;

export function graphDot(targets: readonly BuildTarget[]): string {
  const vertices = verticesOf(...targets.map((target) => target.vertex));
  const ids = new Map(vertices.map(({ digest }, index) => [digest, `v${index + 1}`]));
  const idOf = ({ digest }: { readonly digest: Digest }): string => ids.get(digest) ?? "";
  const lines = ["digraph build {", "  rankdir=LR;", '  node [shape=box, fontname="monospace"];'];
  for (const [index, [stage, members]] of [...stagesOf(vertices)].entries()) {
    const nodes = members.map((vertex) => `${idOf(vertex)} [label=${labelOf(vertex)}];`);
    if (stage === undefined) lines.push(...nodes.map((node) => `  ${node}`));
    else {
      lines.push(`  subgraph cluster_${index} {`, `    label=${quoted(stage)};`);
      lines.push(...nodes.map((node) => `    ${node}`), "  }");
    }
  }
  for (const vertex of vertices) lines.push(...edgesInto(vertex, idOf).map((edge) => `  ${edge}`));
  for (const [index, { platform, vertex }] of targets.entries()) {
    lines.push(`  target${index + 1} [shape=oval, label=${quoted(platform)}];`);
    lines.push(`  ${idOf(vertex)} -> target${index + 1};`);
  }
  return `${[...lines, "}"].join("\n")}\n`;
}

/** Vertices by their stage, those of none under `undefined`. */
function stagesOf(vertices: readonly Vertex[]): ReadonlyMap<string | undefined, readonly Vertex[]> {
  const stages = new Map<string | undefined, Vertex[]>();
  for (const vertex of vertices) {
    const members = stages.get(vertex.meta.stage);
    if (members === undefined) stages.set(vertex.meta.stage, [vertex]);
    else members.push(vertex);
  }
  return stages;
}

function edgesInto(vertex: Vertex, idOf: (vertex: Vertex) => string): readonly string[] {
  const { inputs, operation } = vertex;
  const goesOn = operation.kind === "merge" || operation.kind === "diff";
  const edges = inputs.map((input, index) => {
    const style = index === 0 || goesOn ? "" : " [style=dashed]";
    return `${idOf(input)} -> ${idOf(vertex)}${style};`;
  });
  return [...new Set(edges)];
}

function labelOf({ digest, meta, operation }: Vertex): string {
  return quoted(`${operation.kind} ${hexOf(digest).slice(0, 8)}`, meta.name);
}

/** A double-quoted string of lines. Backslashes are escaped too: in a label they begin substitutions ("\N", "\G"). */
function quoted(...lines: readonly string[]): string {
  const shown = lines.map((line) =>
    shorten(printableLine(line), labelColumnsMax).replaceAll("\\", "\\\\").replaceAll('"', '\\"'),
  );
  return `"${shown.join("\\n")}"`;
}
