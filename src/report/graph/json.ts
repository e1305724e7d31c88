// A build's graph as JSON: the contract is docs/reference/graph.schema.json (json-schema.ts). Members are only ever added;
// `schemaVersion` counts what would break a reader. A vertex's members are there always, `null` where there is nothing to say;
// an operation has those of its kind.
import type { Json } from "../../base/canonical-json.ts";
import { type BuildTarget, type Vertex, verticesOf } from "../../graph/vertex.ts";
import { jsonText, wellFormed } from "../audit/well-formed.ts";

/** A text that is safe to print, with a line feed at its end. */
export function graphJson(targets: readonly BuildTarget[]): string {
  const value = {
    schemaVersion: 1,
    vertices: verticesOf(...targets.map((target) => target.vertex)).map(vertexJson),
    targets: targets.map(({ config, history, platform, vertex }) => ({
      platform,
      digest: vertex.digest,
      config: config as unknown as Json,
      history: history as unknown as Json,
    })),
  };
  return `${jsonText(wellFormed(value), 2)}\n`;
}

function vertexJson({ digest, inputs, meta, operation }: Vertex): Json {
  const { ignoreCache, name, span, stage } = meta;
  return {
    digest,
    name,
    stage: stage ?? null,
    place: span === undefined ? null : { file: span.file, line: span.line, column: span.column },
    ignoreCache: ignoreCache ?? false,
    inputs: inputs.map((input) => input.digest),
    operation: operation as unknown as Json,
  };
}
