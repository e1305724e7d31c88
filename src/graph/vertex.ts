// The graph of a build: vertices that are named by what they hold. Two vertices that mean the same have one digest, so an
// engine does them once, and a cache finds them again.
import { canonicalJson, type Json } from "../base/canonical-json.ts";
import type { Span } from "../base/diagnostics.ts";
import { type Digest, digestOf } from "../base/digest.ts";
import { assert } from "../base/errors.ts";
import type { HistoryEntry, ImageConfig } from "../oci/model.ts";
import type { Operation } from "./operation.ts";

export interface Vertex {
  readonly operation: Operation;
  readonly inputs: readonly Vertex[];
  /** Of the operation and of the inputs' digests. */
  readonly digest: Digest;
  readonly meta: VertexMeta;
}

/** What can't change the result, and is no part of the digest. */
export interface VertexMeta {
  /** For people: "[build 3/5] RUN go build -o my-app". */
  readonly name: string;
  /** The stage that it belongs to, as lines of a log are prefixed. */
  readonly stage?: string;
  /** The instruction that asked for it. */
  readonly span?: Span;
  /** Do it although the cache knows the result. */
  readonly ignoreCache?: boolean;
}

/** What a frontend makes of a build file for one platform. */
export interface BuildTarget {
  /** "linux/amd64". */
  readonly platform: string;
  readonly vertex: Vertex;
  /** Without layers: what the engine makes of `vertex` decides them. */
  readonly config: Omit<ImageConfig, "rootfs" | "history">;
  /** Of the base image and of each instruction; those without `empty_layer` belong to the result's layers, in their order. */
  readonly history: readonly HistoryEntry[];
}

/** A vertex, its digest made. */
export function vertexOf(operation: Operation, inputs: readonly Vertex[], meta: VertexMeta): Vertex {
  assert(
    inputCount(operation, inputs.length),
    `a ${operation.kind} operation can't have ${inputs.length} inputs`,
  );
  const digest = digestOf(
    canonicalJson({
      operation: operation as unknown as Json,
      inputs: inputs.map((input) => input.digest),
    }),
  );
  return { operation, inputs, digest, meta };
}

/** All vertices that `top` needs and itself, inputs first, each digest once. */
export function verticesOf(...tops: readonly Vertex[]): readonly Vertex[] {
  const found = new Map<Digest, Vertex>();
  const pending = tops.map((vertex) => ({ vertex, entered: false })).reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (found.has(next.vertex.digest)) continue;
    if (next.entered) {
      found.set(next.vertex.digest, next.vertex);
      continue;
    }
    pending.push({ vertex: next.vertex, entered: true });
    for (const input of next.vertex.inputs.toReversed()) pending.push({ vertex: input, entered: false });
  }
  return [...found.values()];
}

function inputCount({ kind }: Operation, count: number): boolean {
  switch (kind) {
    case "exec":
    case "file":
    case "merge":
      return count >= 1;
    case "diff":
      return count === 2;
    default:
      return count === 0;
  }
}
