// Graphs solved for real: Alpine's image from the corpus, the sandbox, the snapshot store; for test/conformance/native-steps.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { collect } from "../../src/base/bytes.ts";
import { openCache } from "../../src/base/cache.ts";
import type { Json } from "../../src/base/canonical-json.ts";
import { ToolError } from "../../src/base/errors.ts";
import type { Event } from "../../src/base/events.ts";
import { openRunner } from "../../src/engines/native/runner/open.ts";
import { openSnapshotStore } from "../../src/engines/native/snapshots/store.ts";
import { solve } from "../../src/engines/native/solver/solve.ts";
import type { Solved, SolverServices, SolverSettings } from "../../src/engines/native/solver/solver.ts";
import type { ExecMount, ExecOperation } from "../../src/graph/operation.ts";
import { type Vertex, vertexOf } from "../../src/graph/vertex.ts";
import type { Image } from "../../src/oci/model.ts";
import { dumpEntry } from "../../src/tree/dump.ts";
import { path } from "../../src/tree/path.ts";
import { corpusImage } from "../base-images/corpus.ts";
import type { SessionPlan } from "../sandbox/users.ts";
import { run } from "./world.ts";

type Change = Partial<Omit<SolverServices, "settings">>;

export interface NativeWorld {
  readonly folder: string;
  readonly image: Image;
  readonly base: Vertex;
  readonly context: Vertex;
  services(change?: Change, settings?: Partial<SolverSettings>): SolverServices;
  /** A script in a shell. */
  sh(script: string, inputs: readonly Vertex[], change?: Partial<ExecOperation>): Vertex;
  /** What steps printed, line by line, and what their last layer holds. */
  build(
    top: Vertex,
    change?: Change,
    settings?: Partial<SolverSettings>,
    signal?: AbortSignal,
  ): Promise<Built>;
  /** Writes a file of the context. */
  write(file: string, text: string): void;
  read(solved: Solved, file: string): Promise<string>;
  close(): Promise<void>;
}

export interface Built {
  readonly lines: readonly string[];
  readonly layer: Readonly<Record<string, string>>;
  readonly done: number;
  readonly solved: Solved;
}

/** `single`: an ordinary user without sub-ids, for whom every file is root's. */
export type IdentityKind = "root" | "mapped" | "single";

export interface NativeCase {
  readonly summary: string;
  readonly run: (world: NativeWorld, another: () => Promise<NativeWorld>) => Promise<unknown>;
  /** Undefined: who runs it sees something else, which is not looked at. */
  readonly expected: Json | ((kind: IdentityKind) => Json | undefined);
}

export const merge = (...inputs: readonly Vertex[]): Vertex =>
  vertexOf({ kind: "merge" }, inputs, { name: "merge" });

/** Opens it in the session's folder; `cacheName` tells several caches apart. */
export async function openNativeWorld(plan: SessionPlan, cacheName: string): Promise<NativeWorld> {
  const folder = join(plan.folder, cacheName);
  const contextFolder = join(folder, "context");
  mkdirSync(contextFolder, { recursive: true });
  const events: Event[] = [];
  const task = {
    signal: new AbortController().signal,
    now: () => Date.now(),
    emit: (event: Event) => events.push(event),
  };
  const cache = await openCache(join(folder, "cache"));
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const host = { isRoot: uid === 0, uid, gid, user: plan.user, path: process.env["PATH"] ?? "" };
  const runner = await openRunner(host, join(folder, "scratch"));
  const store = await openSnapshotStore(cache, runner, task);
  const image = await corpusImage("alpine", join(folder, "scratch"));
  const services: NativeWorld["services"] = (change = {}, settings = {}) => ({
    cache,
    task,
    runner,
    store,
    locals: new Map([["context", contextFolder]]),
    image: () => Promise.resolve(image),
    download: () => Promise.reject(new Error("no network in this world")),
    secrets: new Map(),
    agents: new Map(),
    packages: () => Promise.reject(new Error("no packages in this world")),
    ...change,
    settings: { width: 4, noCache: false, cacheNamespace: "", onError: "fail", ...settings },
  });
  const build: NativeWorld["build"] = async (top, change, settings, signal = task.signal) => {
    events.length = 0;
    const solved = await solve(top, services(change, settings), signal);
    const last = solved.snapshot.layers.at(-1);
    const entries = last === undefined ? [] : await store.entries(last);
    const layer = entries.map((entry) => [
      entry.path,
      entry.kind === "hardlink" ? `hardlink ${entry.target}` : dumpEntry(entry),
    ]);
    const lines = events.flatMap((event) => (event.type === "output" ? [event.text] : []));
    return { lines, layer: Object.fromEntries(layer) as Record<string, string>, done: solved.done, solved };
  };
  return {
    folder,
    image,
    base: vertexOf(
      { kind: "image", reference: "alpine", digest: image.descriptor.digest, platform: "linux/amd64" },
      [],
      { name: "FROM alpine" },
    ),
    context: vertexOf({ kind: "local", name: "context", exclude: [], follow: [] }, [], { name: "context" }),
    services,
    sh: (script, inputs, change = {}) => run("sh", inputs, { argv: ["/bin/sh", "-c", script], ...change }),
    build,
    write: (file, text) => {
      mkdirSync(dirname(join(contextFolder, file)), { recursive: true });
      writeFileSync(join(contextFolder, file), text);
    },
    read: async (solved, file) => {
      const entry = (await store.tree(solved.snapshot)).lookup(path(file));
      if (entry?.kind !== "file") return "not a file";
      return Buffer.from(await collect(entry.content, 1_000_000, file)).toString();
    },
    close: () => store.close(),
  };
}

/** What a failure says, as JSON. */
export async function failureOf(
  work: Promise<unknown>,
): Promise<{ readonly code: string; readonly why: string }> {
  const thrown: unknown = await work.then(
    () => undefined,
    (one: unknown) => one,
  );
  if (thrown instanceof ToolError) return { code: thrown.code, why: thrown.why };
  return { code: "none", why: String(thrown) };
}

export const cacheMount = (
  id: string,
  sharing: "shared" | "private" | "locked",
  change: Partial<Extract<ExecMount, { kind: "cache" }>> = {},
): ExecMount => ({
  kind: "cache",
  id,
  target: "/cache",
  sharing,
  readOnly: false,
  mode: 0o755,
  uid: 0,
  gid: 0,
  ...change,
});

export const bindMount = (source: string, target: string, writable = false): ExecMount => ({
  kind: "bind",
  input: 1,
  source,
  target,
  writable,
});
