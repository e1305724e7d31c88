// The definition keys of vertices (keys.ts) without solving them: sources are resolved, nothing else is done. Where all keys are
// those of an earlier build, so are all results.
import type { Digest } from "../../../base/digest.ts";
import { type Vertex, verticesOf } from "../../../graph/vertex.ts";
import { definitionKey } from "./keys.ts";
import type { LayerSource } from "./records.ts";
import type { SolverServices } from "./solver.ts";
import { isSource, openSource } from "./sources.ts";

/** In the order of `tops`. @throws as `openSource` does */
export async function definitionKeys(
  tops: readonly Vertex[],
  services: SolverServices,
  signal: AbortSignal,
): Promise<readonly Digest[]> {
  const origins = new Map<Digest, LayerSource>();
  const keys = new Map<Digest, Digest>();
  const keyOf = ({ digest }: Vertex): Digest => keys.get(digest) ?? digest;
  // Inputs come first.
  for (const vertex of verticesOf(...tops)) {
    signal.throwIfAborted();
    const { digest, inputs, operation } = vertex;
    const key = isSource(operation)
      ? (await openSource(vertex, services, signal, origins)).key
      : definitionKey(operation, inputs.map(keyOf), services.settings.sourceDateEpoch);
    keys.set(digest, key);
  }
  return tops.map(keyOf);
}
