// The contract of the native engine: from a graph to a snapshot, each vertex once, from the cache where it knows the result.
import type { Cache } from "../../../base/cache.ts";
import type { Digest } from "../../../base/digest.ts";
import type { Task } from "../../../base/io.ts";
import type { Vertex } from "../../../graph/vertex.ts";
import type { Image, Layer } from "../../../oci/model.ts";
import type { NativeRunner } from "../runner/open.ts";
import type { Snapshot, SnapshotStore } from "../snapshots/snapshot.ts";

export interface SolverServices {
  readonly cache: Cache;
  readonly task: Task;
  readonly runner: NativeRunner;
  readonly store: SnapshotStore;
  /** Folders of `local` operations, absolute, by their names. */
  readonly locals: ReadonlyMap<string, string>;
  /** Pulls what an image operation names; layers are lazy. */
  readonly image: (reference: string, digest: Digest | undefined, platform: string) => Promise<Image>;
  /** Opens a URL of an http operation, redirects and proxies followed. @throws ToolError "network", "not-found" */
  readonly download: Download;
  readonly secrets: ReadonlyMap<string, SecretSource>;
  /** Sockets of ssh agents by id ("default"). */
  readonly agents: ReadonlyMap<string, string>;
  /** PEM certificates that steps trust beside those of their root; in no layer and no key. */
  readonly stepCertificates?: Uint8Array;
  /** HTTP_PROXY and its family, as build arguments gave them: every step has them, no key does. */
  readonly proxies?: ReadonlyMap<string, string>;
  /** Composes a packages operation. */
  readonly packages: (vertex: Vertex) => Promise<Snapshot>;
  /** What programs of the host get that work for the user: git. PATH, HOME, SSH_AUTH_SOCK, proxies. */
  readonly hostEnvironment?: Readonly<Record<string, string>>;
  /** Caches of `--cache-from`, asked after the own one (cache-import.ts). */
  readonly imported?: readonly ImportedCache[];
  readonly settings: SolverSettings;
}

/** What is known of a URL since it was read the last time; the server is asked whether that still holds. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

export type Download = (
  url: string,
  known: Validators,
  signal: AbortSignal,
) => Promise<"unchanged" | (Validators & { readonly content: AsyncIterable<Uint8Array> })>;

/** Results that another machine kept. */
export interface ImportedCache {
  /** As `--cache-from` has it, without credentials. */
  readonly name: string;
  /** What it has under a key; layers are lazy. */
  readonly find: (key: Digest) => readonly Layer[] | undefined;
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
  /** The definition key, of the sources as they were read for this. */
  readonly key: Digest;
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
