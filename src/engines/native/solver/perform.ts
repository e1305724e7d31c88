// Does what an operation says, on what its inputs gave. Every operation with a root adds one layer to it, also where it changed
// nothing: the history of an image counts on that.
import { mkdir, rm } from "node:fs/promises";
import { cacheTemporary } from "../../../base/cache.ts";
import { assert } from "../../../base/errors.ts";
import type { FileOperation, Operation } from "../../../graph/operation.ts";
import type { Vertex } from "../../../graph/vertex.ts";
import { applyFileOperation } from "../files/apply.ts";
import type { Snapshot } from "../snapshots/snapshot.ts";
import { runStep } from "./exec/run-step.ts";
import type { Result } from "./result.ts";
import type { SolverServices } from "./solver.ts";
import { differenceOf } from "./tree-difference.ts";

export interface Performing {
  readonly services: SolverServices;
  readonly signal: AbortSignal;
  /** What events call it. */
  readonly id: string;
}

/** @throws what `Solve` does */
export async function perform(
  vertex: Vertex,
  inputs: readonly Result[],
  performing: Performing,
): Promise<Snapshot> {
  const { operation } = vertex;
  switch (operation.kind) {
    case "exec":
      return runStep({ ...performing, vertex, operation, inputs });
    case "file":
      return applyFiles(operation, vertex, inputs, performing);
    case "merge":
      return { layers: (await snapshotsOf(inputs)).flatMap(({ layers }) => layers) };
    case "diff":
      return difference(inputs, performing.services);
    case "packages":
      return performing.services.packages(vertex);
    default:
      throw notPerformed(operation);
  }
}

function notPerformed({ kind }: Operation): Error {
  return new Error(`internal error: ${kind} is a source`);
}

async function applyFiles(
  operation: FileOperation,
  { meta }: Vertex,
  inputs: readonly Result[],
  { services, signal }: Performing,
): Promise<Snapshot> {
  const { cache, settings, store } = services;
  const trees = await Promise.all(inputs.map((input) => input.tree()));
  const base = await inputs[0]?.snapshot();
  assert(base !== undefined, "a file operation has an input");
  const scratchFolder = cacheTemporary(cache);
  try {
    await mkdir(scratchFolder);
    const entries = await applyFileOperation(operation, trees, {
      // Of folders that nobody dated: a moment would make the same build another one each time.
      mtime: settings.sourceDateEpoch ?? 0,
      signal,
      scratchFolder,
      explainAbsent: async (input, path) => inputs[input]?.explainAbsent?.(path),
      ...(meta.span === undefined ? {} : { span: meta.span }),
    });
    return { layers: [...base.layers, await store.fromEntries(entries)] };
  } finally {
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

/** What the second input has beyond the first: its further layers, or where they have no common beginning, one of its own. */
async function difference(inputs: readonly Result[], { store }: SolverServices): Promise<Snapshot> {
  const [lower, upper] = inputs;
  assert(lower !== undefined && upper !== undefined, "a difference is of two");
  const [before, after] = await snapshotsOf([lower, upper]);
  const ids = (before?.layers ?? []).map(({ id }) => id);
  const layers = after?.layers ?? [];
  if (ids.every((id, index) => layers[index]?.id === id)) return { layers: layers.slice(ids.length) };
  return { layers: [await store.fromEntries(differenceOf(await lower.tree(), await upper.tree()))] };
}

function snapshotsOf(inputs: readonly Result[]): Promise<readonly Snapshot[]> {
  return Promise.all(inputs.map((input) => input.snapshot()));
}
