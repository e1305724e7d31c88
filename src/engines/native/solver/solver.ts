// The contract of the native engine: from a graph to a snapshot, each vertex once, from the cache where it knows the result.
import type { Cache } from "../../../base/cache.ts";
import type { Digest } from "../../../base/digest.ts";
import type { Task } from "../../../base/io.ts";
import type { Vertex } from "../../../graph/vertex.ts";
import type { Image } from "../../../oci/model.ts";
import type { Runner } from "../runner/step.ts";
import type { Snapshot, SnapshotStore } from "../snapshots/snapshot.ts";

export interface SolverServices {
  readonly cache: Cache;
  readonly task: Task;
  readonly runner: Runner;
  readonly store: SnapshotStore;
  /** Folders of `local` operations, absolute, by their names. */
  readonly locals: ReadonlyMap<string, string>;
  /** Pulls what an image operation names; layers are lazy. */
  readonly image: (reference: string, digest: Digest | undefined, platform: string) => Promise<Image>;
  /** Opens a URL of an http operation, redirects and proxies followed. */
  readonly download: (url: string) => Promise<AsyncIterable<Uint8Array>>;
  readonly secrets: ReadonlyMap<string, SecretSource>;
  /** Sockets of ssh agents by id ("default"). */
  readonly agents: ReadonlyMap<string, string>;
  /** PEM certificates that steps trust beside those of their root; in no layer and no key. */
  readonly stepCertificates?: Uint8Array;
  /** Composes a packages operation. */
  readonly packages: (vertex: Vertex) => Promise<Snapshot>;
  readonly settings: SolverSettings;
}

/** Read at the time a step needs it; never logged, never part of a key. */
export interface SecretSource {
  read(): Promise<Uint8Array>;
}

export interface SolverSettings {
  /** Steps at a time. */
  readonly width: number;
  /** Seconds since the epoch: no file of a step's result is newer. Absent: times as they are. */
  readonly sourceDateEpoch?: number;
  readonly noCache: boolean;
  /** Addresses and names of cache mounts are kept apart by it. */
  readonly cacheNamespace: string;
  /** "shell": when a step fails, a person gets a shell in what it had. */
  readonly onError: "fail" | "shell";
}

export interface Solved {
  readonly snapshot: Snapshot;
  /** Vertices that were done, and those that the cache knew. */
  readonly done: number;
  readonly cached: number;
}

/**
 * Solves `vertex`.
 * @throws ToolError "step-failed" with the last lines of a command that failed; InvalidInput for what the user asked for and
 * isn't there, with the vertex's span
 */
export type Solve = (vertex: Vertex, services: SolverServices, signal: AbortSignal) => Promise<Solved>;
