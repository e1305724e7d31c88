// A small world in which graphs are solved without a sandbox: a context folder, images by digest, and steps that are functions.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { bytesOf, collect } from "../../src/base/bytes.ts";
import { type Cache, openCache } from "../../src/base/cache.ts";
import { type Digest, digestOf } from "../../src/base/digest.ts";
import type { Event } from "../../src/base/events.ts";
import type { StepRequest, StepResult } from "../../src/engines/native/runner/step.ts";
import type { SolverServices, SolverSettings } from "../../src/engines/native/solver/solver.ts";
import type { ExecOperation } from "../../src/graph/operation.ts";
import { type Vertex, type VertexMeta, vertexOf } from "../../src/graph/vertex.ts";
import { makeImage } from "../../src/oci/derive.ts";
import { type Image, type Layer, mediaTypes } from "../../src/oci/model.ts";
import { path } from "../../src/tree/path.ts";
import type { Tree } from "../../src/tree/tree.ts";
import { file as fileOf } from "../trees.ts";
import { type MemoryStore, memoryStore } from "./memory-store.ts";

/** What a step sees of its root, and how it writes to it. */
export interface StepRoom {
  readonly request: StepRequest;
  readonly signal: AbortSignal;
  read(file: string): Promise<string>;
  write(file: string, text: string): void;
}

/** Ends with an exit code; 0 where it gives none. */
export type StepWork = (room: StepRoom) => Promise<number | undefined>;

export interface World {
  readonly folder: string;
  readonly context: string;
  readonly cache: Cache;
  readonly store: MemoryStore;
  readonly events: Event[];
  /** Steps by the first word of their commands. */
  readonly steps: Map<string, StepWork>;
  readonly images: Map<Digest, Image>;
  /** Commands that ran, in order. */
  readonly ran: string[];
  services(
    change?: Partial<Omit<SolverServices, "settings">>,
    settings?: Partial<SolverSettings>,
  ): SolverServices;
  /** Writes a file of the context. */
  write(file: string, text: string): void;
  /** An image of one layer with these files; `salt` makes another manifest of the same layer. */
  addImage(files: Readonly<Record<string, string>>, salt?: string): Image;
}

export async function makeWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "distill-solver-"));
  const context = join(folder, "context");
  mkdirSync(context);
  const cache = await openCache(join(folder, "cache"));
  const filesOf = new Map<Digest, Readonly<Record<string, string>>>();
  const store = memoryStore(
    ({ diffId }) => Object.entries(filesOf.get(diffId) ?? {}).map(([name, text]) => fileOf(name, text)),
    join(folder, "layers"),
  );
  const events: Event[] = [];
  const steps = new Map<string, StepWork>();
  const images = new Map<Digest, Image>();
  const ran: string[] = [];
  const runner = {
    identity: { kind: "root" as const },
    run: (request: StepRequest, signal: AbortSignal) => runStep({ store, steps, ran }, request, signal),
    remove: () => Promise.resolve(),
    start: (): never => {
      throw new Error("no helper program in this world");
    },
  };
  return {
    folder,
    context,
    cache,
    store,
    events,
    steps,
    images,
    ran,
    services: (change = {}, settings = {}) => ({
      cache,
      store,
      runner,
      task: {
        signal: new AbortController().signal,
        emit: (event) => events.push(event),
        now: () => 1_700_000_000_000,
      },
      locals: new Map([["context", context]]),
      image: (_reference, digest) => {
        const found = digest === undefined ? [...images.values()].at(-1) : images.get(digest);
        return found === undefined ? Promise.reject(new Error(`no image ${digest}`)) : Promise.resolve(found);
      },
      download: () => Promise.reject(new Error("no network in this world")),
      secrets: new Map(),
      agents: new Map(),
      packages: () => Promise.reject(new Error("no packages in this world")),
      ...change,
      settings: { width: 4, noCache: false, cacheNamespace: "", onError: "fail", ...settings },
    }),
    write: (file, text) => {
      mkdirSync(dirname(join(context, file)), { recursive: true });
      writeFileSync(join(context, file), text);
    },
    addImage: (files, salt = "") => {
      const image = imageOfFiles(files, salt);
      filesOf.set(image.layers[0]?.diffId as Digest, files);
      images.set(image.descriptor.digest, image);
      return image;
    },
  };
}

async function runStep(
  { ran, steps, store }: Pick<World, "ran" | "steps" | "store">,
  request: StepRequest,
  signal: AbortSignal,
): Promise<StepResult> {
  signal.throwIfAborted();
  const { root } = request;
  if (root.kind !== "overlay" || root.upper === undefined) throw new Error("a step's root is an overlay");
  const { lower, upper } = root;
  const tree = await store.tree({
    layers: lower[0]?.includes("/layers/") === true ? store.idsOf(lower).map((id) => ({ id })) : [],
  });
  const [word = ""] = request.argv;
  ran.push(request.argv.join(" "));
  const code = await steps.get(word)?.({
    request,
    signal,
    read: (file) => textOf(tree, file),
    write: (file, text) => {
      mkdirSync(dirname(join(upper, file)), { recursive: true });
      writeFileSync(join(upper, file), text);
    },
  });
  return { exitCode: code ?? 0, signal: undefined, timedOut: false };
}

async function textOf(tree: Tree, file: string): Promise<string> {
  const entry = tree.lookup(path(file));
  if (entry?.kind !== "file") throw new Error(`no file ${file}`);
  return Buffer.from(await collect(entry.content, 1_000_000, file)).toString();
}

function imageOfFiles(files: Readonly<Record<string, string>>, salt: string): Image {
  const blob = Buffer.from(JSON.stringify(files));
  const digest = digestOf(blob);
  const layer: Layer = {
    descriptor: { mediaType: mediaTypes.layerTar, digest, size: blob.length },
    diffId: digest,
    open: () => bytesOf(blob),
  };
  const config = {
    architecture: "amd64",
    os: "linux",
    config: { Labels: { salt } },
    rootfs: { type: "layers" as const, diff_ids: [digest] },
  };
  return makeImage({ config, layers: [layer] });
}

/** A RUN of a step by its words. */
export function run(
  words: string,
  inputs: readonly Vertex[],
  change: Partial<ExecOperation> = {},
  meta: Partial<VertexMeta> = {},
): Vertex {
  const operation: ExecOperation = {
    kind: "exec",
    argv: words.split(" "),
    env: [],
    workingDir: "/",
    user: "",
    mounts: [],
    network: "default",
    extraHosts: [],
    ulimits: [],
    platform: `linux/${process.arch === "x64" ? "amd64" : process.arch}`,
    ...change,
  };
  return vertexOf(operation, inputs, { name: words, ...meta });
}

/** A COPY from the second input. */
export function copy(
  source: string,
  target: string,
  inputs: readonly [Vertex, Vertex],
  change: { readonly mode?: string } = {},
  meta: Partial<VertexMeta> = {},
): Vertex {
  const action = {
    kind: "copy" as const,
    input: 1,
    source,
    target,
    allowWildcard: true,
    allowEmptyWildcard: false,
    contentsOnly: true,
    followLinks: true,
    unpack: false,
    parents: false,
    exclude: [],
    ...change,
  };
  return vertexOf({ kind: "file", actions: [action] }, inputs, { name: `copy ${source}`, ...meta });
}
