// Solves a graph: every vertex at most once, independent ones at the same time, from the cache where it knows the result under
// either of its keys (keys.ts). Demand-driven: a vertex whose definition is known needs nothing below it.
//
// Invariant: when `solve` returns or throws, nothing that it began is running. After the first failure nothing begins, what
// runs is interrupted, and that failure is what is thrown.
import type { Digest } from "../../../base/digest.ts";
import { messageOf, ToolError } from "../../../base/errors.ts";
import { type Vertex, verticesOf } from "../../../graph/vertex.ts";
import type { Snapshot } from "../snapshots/snapshot.ts";
import { type Gate, openGate } from "./gate.ts";
import { contentKey, definitionKey, type InputPart } from "./keys.ts";
import { partsOf } from "./parts.ts";
import { perform } from "./perform.ts";
import { type LayerSource, type Recorded, readResult, snapshotOf, storeResult } from "./records.ts";
import { type Result, resultOfSnapshot } from "./result.ts";
import type { Solve, Solved, SolverServices } from "./solver.ts";
import { isSource, openSource, type Source } from "./sources.ts";

/** What is known while graphs are solved together. */
interface Solving {
  readonly services: SolverServices;
  readonly signal: AbortSignal;
  /** Ends all of it. Whether it is the first failure, which is what is thrown. */
  readonly fail: (thrown: unknown) => boolean;
  readonly gate: Gate;
  /** Vertices that are done whatever the cache knows, and those that stand on one of them. */
  readonly forced: ReadonlySet<Digest>;
  readonly unsettled: ReadonlySet<Digest>;
  readonly results: Map<Digest, Promise<Result>>;
  readonly keys: Map<Digest, Promise<Digest>>;
  readonly sources: Map<Digest, Promise<Source>>;
  /** Where layers of images can be read again, by their ids. */
  readonly origins: Map<Digest, LayerSource>;
  readonly done: Set<Digest>;
  /** Told of in events. */
  readonly told: Set<Digest>;
}

export const solve: Solve = async (vertex, services, signal) => {
  const [solved] = await solveAll([vertex], services, signal);
  return solved as Solved;
};

/**
 * Solves several graphs together: what they share is done once.
 * @throws what `Solve` does
 */
export async function solveAll(
  tops: readonly Vertex[],
  services: SolverServices,
  signal: AbortSignal,
): Promise<readonly Solved[]> {
  const stop = new AbortController();
  let failure: { readonly thrown: unknown } | undefined;
  const fail = (thrown: unknown): boolean => {
    if (failure !== undefined) return false;
    failure = { thrown };
    stop.abort(thrown);
    return !signal.aborted;
  };
  const solving = solvingOf(tops, services, AbortSignal.any([signal, stop.signal]), fail);
  const snapshots = tops.map(async (top) => {
    try {
      const snapshot = await (await resultOf(solving, top)).snapshot();
      return { snapshot, key: await keyOf(solving, top) };
    } catch (thrown) {
      fail(thrown);
      throw thrown;
    }
  });
  const ended = await Promise.allSettled(snapshots);
  await settled(solving);
  if (failure !== undefined) throw failure.thrown;
  return tops.map((top, index) => solvedOf(solving, top, ended[index]));
}

function solvedOf(
  solving: Solving,
  top: Vertex,
  ended: PromiseSettledResult<Pick<Solved, "snapshot" | "key">> | undefined,
): Solved {
  if (ended?.status !== "fulfilled") throw new Error("internal error: a failure is thrown before");
  const vertices = verticesOf(top).filter(({ operation }) => !isSource(operation));
  const done = vertices.filter(({ digest }) => solving.done.has(digest)).length;
  return { ...ended.value, done, cached: vertices.length - done };
}

function solvingOf(
  tops: readonly Vertex[],
  services: SolverServices,
  signal: AbortSignal,
  fail: Solving["fail"],
): Solving {
  const forced = new Set<Digest>();
  const unsettled = new Set<Digest>();
  for (const { digest, inputs, meta, operation } of everyVertex(tops)) {
    const redone = (meta.ignoreCache === true || services.settings.noCache) && !isSource(operation);
    if (redone) forced.add(digest);
    if (redone || inputs.some((input) => unsettled.has(input.digest))) unsettled.add(digest);
  }
  return {
    services,
    signal,
    fail,
    gate: openGate(services.settings.width),
    forced,
    unsettled,
    results: new Map(),
    keys: new Map(),
    sources: new Map(),
    origins: new Map(),
    done: new Set(),
    told: new Set(),
  };
}

/** All vertices, inputs first; those of one digest may differ in what their `meta` asks for, so each of them is there. */
function everyVertex(tops: readonly Vertex[]): readonly Vertex[] {
  const found = new Set<Vertex>();
  const pending = tops.map((vertex) => ({ vertex, entered: false })).reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (found.has(next.vertex)) continue;
    if (next.entered) {
      found.add(next.vertex);
      continue;
    }
    pending.push({ vertex: next.vertex, entered: true });
    for (const input of next.vertex.inputs) pending.push({ vertex: input, entered: false });
  }
  return [...found];
}

/** Waits for whatever was begun, those that it began in its turn included. */
async function settled({ keys, results, sources }: Solving): Promise<void> {
  for (let before = -1, now = 0; now !== before; ) {
    before = now;
    const begun = [...results.values(), ...keys.values(), ...sources.values()];
    await Promise.allSettled(begun);
    now = results.size + keys.size + sources.size;
  }
}

/** The value of a vertex, worked out once. A failure that nobody awaits any more is no unhandled one: `solveAll` has the first. */
function once<T>(memo: Map<Digest, Promise<T>>, vertex: Vertex, work: () => Promise<T>): Promise<T> {
  const known = memo.get(vertex.digest);
  if (known !== undefined) return known;
  // Begun in a turn of its own: a graph may be deeper than the stack.
  const made = Promise.resolve().then(work);
  memo.set(vertex.digest, made);
  made.catch(() => undefined);
  return made;
}

function resultOf(solving: Solving, vertex: Vertex): Promise<Result> {
  return once(solving.results, vertex, async () => {
    if (isSource(vertex.operation)) return (await sourceOf(solving, vertex)).result;
    return (await known(solving, vertex)) ?? (await fromInputs(solving, vertex));
  });
}

function sourceOf(solving: Solving, vertex: Vertex): Promise<Source> {
  return once(solving.sources, vertex, () =>
    told(solving, vertex, async () => {
      const { services, signal } = solving;
      const source = await openSource(vertex, services, signal, solving.origins);
      return { value: source, cached: source.cached };
    }),
  );
}

/** The definition key. */
function keyOf(solving: Solving, vertex: Vertex): Promise<Digest> {
  return once(solving.keys, vertex, async () => {
    if (isSource(vertex.operation)) return (await sourceOf(solving, vertex)).key;
    return definitionKey(
      vertex.operation,
      await Promise.all(vertex.inputs.map((one) => keyOf(solving, one))),
      solving.services.settings.sourceDateEpoch,
    );
  });
}

/** What the cache knows by the definition. */
async function known(solving: Solving, vertex: Vertex): Promise<Result | undefined> {
  const key = await keyOf(solving, vertex);
  // What stands on something that is done again may come out differently, though its definition is the same.
  if (solving.unsettled.has(vertex.digest)) return undefined;
  const found = await lookUp(solving, key);
  if (found === undefined) return undefined;
  for (const one of verticesOf(vertex)) if (!isSource(one.operation)) tellCached(solving, one);
  return resultOfSnapshot(found.snapshot, solving.services.store);
}

/** The result from what the inputs are: known by that, or made. */
async function fromInputs(solving: Solving, vertex: Vertex): Promise<Result> {
  const { services, signal } = solving;
  const { operation } = vertex;
  const inputs = await Promise.all(vertex.inputs.map((input) => resultOf(solving, input)));
  signal.throwIfAborted();
  const parts = await partsOf(operation, inputs);
  const keys = [
    await keyOf(solving, vertex),
    contentKey(operation, parts, services.settings.sourceDateEpoch),
  ] as const;
  if (!solving.forced.has(vertex.digest)) {
    const found = await lookUp(solving, keys[1]);
    if (found !== undefined) {
      await storeResult(services, keys[0], found.recorded);
      tellCached(solving, vertex);
      return resultOfSnapshot(found.snapshot, services.store);
    }
  }
  const snapshot = await done(solving, vertex, inputs);
  const recorded = recordedOf(solving, snapshot, parts);
  for (const key of keys) await storeResult(services, key, recorded);
  return resultOfSnapshot(snapshot, services.store);
}

async function done(solving: Solving, vertex: Vertex, inputs: readonly Result[]): Promise<Snapshot> {
  const { gate, services, signal } = solving;
  // Only commands are worth waiting for: the rest is short, or bounded by the disk.
  const leave = vertex.operation.kind === "exec" ? await gate.enter(signal) : undefined;
  try {
    signal.throwIfAborted();
    return await told(solving, vertex, async (id) => {
      const value = await perform(vertex, inputs, { services, signal, id });
      solving.done.add(vertex.digest);
      return { value, cached: false };
    });
  } finally {
    leave?.();
  }
}

interface Found {
  readonly recorded: Recorded;
  readonly snapshot: Snapshot;
}

/** What the own cache, and then the imported ones, have under a key. */
async function lookUp({ origins, services, signal }: Solving, key: Digest): Promise<Found | undefined> {
  signal.throwIfAborted();
  const own = await readResult(services, key);
  for (const recorded of [own, ...(services.imported ?? []).map((one) => importedResult(one, key))]) {
    const snapshot = recorded === undefined ? undefined : await snapshotOf(recorded, services);
    if (recorded === undefined || snapshot === undefined) continue;
    for (const { id, image } of recorded.layers) if (image !== undefined) origins.set(id, image.source);
    return { recorded, snapshot };
  }
  return undefined;
}

type Imported = NonNullable<SolverServices["imported"]>[number];

function importedResult({ find, name }: Imported, key: Digest): Recorded | undefined {
  const layers = find(key)?.map(({ descriptor, diffId }) => ({
    id: diffId,
    image: {
      mediaType: descriptor.mediaType,
      digest: descriptor.digest,
      sizeBytes: descriptor.size,
      source: { kind: "imported" as const, name, key },
    },
  }));
  return layers === undefined ? undefined : { layers, parts: [] };
}

function recordedOf({ origins }: Solving, snapshot: Snapshot, parts: readonly InputPart[]): Recorded {
  const layers = snapshot.layers.map(({ id, image }) => {
    const source = origins.get(id);
    if (image === undefined || source === undefined) return { id };
    const { digest, mediaType, size } = image.descriptor;
    return { id, image: { mediaType, digest, sizeBytes: size, source } };
  });
  return { layers, parts };
}

/** Does work between the events that tell of it. */
async function told<T>(
  solving: Solving,
  vertex: Vertex,
  work: (id: string) => Promise<{ readonly value: T; readonly cached: boolean }>,
): Promise<T> {
  const { emit } = solving.services.task;
  // One that was told to be known may turn out to be needed after all: its id is to be another one.
  const id = solving.told.has(vertex.digest) ? `${vertex.digest}#again` : vertex.digest;
  solving.told.add(vertex.digest);
  emit({ type: "start", id, name: vertex.meta.name });
  try {
    const { cached, value } = await work(id);
    emit({ type: "end", id, cached });
    return value;
  } catch (thrown) {
    // Everything ends before a place is given to the next one.
    const isFirst = solving.fail(thrown);
    emit({ type: "fail", id, message: isFirst ? reasonOf(thrown) : "interrupted" });
    throw thrown;
  }
}

/** In a line: the place, what was printed and what helps are told once, where the build ends. */
function reasonOf(thrown: unknown): string {
  const [first = ""] = (thrown instanceof ToolError ? thrown.why : messageOf(thrown)).split("\n");
  return first;
}

function tellCached({ services, told }: Solving, { digest, meta }: Vertex): void {
  if (told.has(digest)) return;
  told.add(digest);
  services.task.emit({ type: "start", id: digest, name: meta.name });
  services.task.emit({ type: "end", id: digest, cached: true });
}
