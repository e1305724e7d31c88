// Snapshots with real folders and real mounts, by a process of its own, so that a test can be several users: `node session.ts PLAN`
// prints what came of it as JSON. In a sandbox the runner itself tells what overlayfs shows: `pack` is put into its root.
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { bytesOf } from "../../src/base/bytes.ts";
import { type Cache, openCache } from "../../src/base/cache.ts";
import { pruneCache } from "../../src/base/cache-usage.ts";
import { digestOf } from "../../src/base/digest.ts";
import type { Event } from "../../src/base/events.ts";
import { type NativeRunner, openRunner } from "../../src/engines/native/runner/open.ts";
import { runnerProgram } from "../../src/engines/native/runner/spawn.ts";
import type { StepMount } from "../../src/engines/native/runner/step.ts";
import { layerOf } from "../../src/engines/native/snapshots/image-layer.ts";
import { encodeRecord, recordOf } from "../../src/engines/native/snapshots/records.ts";
import type { SnapshotLayer } from "../../src/engines/native/snapshots/snapshot.ts";
import { type OpenSnapshotStore, openSnapshotStore } from "../../src/engines/native/snapshots/store.ts";
import { makeUpper } from "../../src/engines/native/snapshots/upper.ts";
import type { LayerEntry } from "../../src/tree/layers.ts";
import type { Tree } from "../../src/tree/tree.ts";
import type { SessionPlan } from "../sandbox/users.ts";
import { directory, file } from "../trees.ts";
import { overlayOf, recordsOf, type WholeRecord } from "./overlay-model.ts";
import { randomLayers, stepScript, strangeLayer } from "./session-layers.ts";
import { linesOfTree } from "./tree-lines.ts";

export type Lines = Readonly<Record<string, string>>;

/** What was seen in two ways. */
export interface Seen {
  readonly mounted: Lines;
  readonly tree: Lines;
}

export interface SnapshotReport {
  readonly identity: string;
  /** Stacks of random layers. */
  readonly random: readonly Seen[];
  /** A layer with all kinds of entries, and what was said of it. */
  readonly strange: Seen & { readonly notes: readonly string[] };
  /** What a step changed: in the mount that it had, as a tree, and as a layer of an image in another cache. */
  readonly step: Seen & {
    readonly again: Lines;
    readonly entries: readonly string[];
    readonly output: string;
  };
  /** The root that the step had: mode, uid, gid. */
  readonly top: readonly (number | undefined)[];
  /** Names that are one file: mounted, in the tree, and as a layer of an image. */
  readonly links: readonly (readonly (readonly string[])[])[];
  /** Diff ids of the step's layer, made twice. */
  readonly diffIds: readonly string[];
  /** Of a file of holes that is larger than 4 GiB. */
  readonly large: { readonly sizeBytes: number; readonly digest: string } | undefined;
  /** What is left in the cache's folder of temporary files, before and after it was pruned. */
  readonly leftovers: readonly (readonly string[])[];
  /** What is left of a folder that was removed, deeper than any path is long. */
  readonly deep: readonly string[];
}

interface Bench {
  readonly plan: SnapshotPlan;
  readonly cache: Cache;
  readonly runner: NativeRunner;
  readonly store: OpenSnapshotStore;
  readonly events: Event[];
}

export interface SnapshotPlan extends SessionPlan {
  readonly busybox: string;
  readonly seed: number;
  readonly withLargeFile: boolean;
}

const { signal } = new AbortController();

async function openBench(plan: SnapshotPlan, runner: NativeRunner, name: string): Promise<Bench> {
  const cache = await openCache(join(plan.folder, name));
  const events: Event[] = [];
  const task = { signal, emit: (one: Event) => events.push(one), now: () => Date.now() };
  return { plan, cache, runner, events, store: await openSnapshotStore(cache, runner, task) };
}

async function session(plan: SnapshotPlan): Promise<SnapshotReport> {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const host = { isRoot: uid === 0, uid, gid, user: plan.user, path: process.env["PATH"] ?? "" };
  const runner = await openRunner(host, join(plan.folder, "scratch"));
  const bench = await openBench(plan, runner, "cache");
  const random = await stacksOfRandomLayers(bench);
  const strange = await allKinds(bench);
  const { step, top, links, diffIds, large } = await stepOf(bench);
  const report = {
    identity: runner.identity.kind,
    random,
    strange,
    step,
    top,
    links,
    diffIds,
    large,
    leftovers: await killed(bench),
    deep: await removeDeep(bench),
  };
  await bench.store.close();
  return report;
}

async function tools({ plan, store }: Bench): Promise<SnapshotLayer> {
  return await store.fromEntries([
    file("/bin/pack", readFileSync(runnerProgram()), { mode: 0o755 }),
    file("/bin/busybox", readFileSync(plan.busybox), { mode: 0o755 }),
    directory("/mnt"),
  ]);
}

/** Runs a command in the root of the tools. Gives its standard output. */
async function inSandbox(
  bench: Bench,
  argv: readonly string[],
  mounts: readonly StepMount[],
): Promise<{ readonly output: Buffer; readonly errors: string }> {
  const lower = await bench.store.folders({ layers: [await tools(bench)] });
  const changes = join(bench.plan.folder, "changes");
  for (const name of ["", "upper", "work"]) mkdirSync(join(changes, name));
  const stdout = new PassThrough();
  const errors: Buffer[] = [];
  const read = buffer(stdout);
  const result = await bench.runner.run(
    {
      root: {
        kind: "overlay",
        lower,
        upper: join(changes, "upper"),
        work: join(changes, "work"),
        target: "/",
      },
      mounts,
      argv,
      env: ["PATH=/bin"],
      workingDir: "/",
      uid: 0,
      gid: 0,
      groups: [],
      network: "none",
      hostname: "sandbox",
      hosts: "",
      resolv: "",
      shmBytes: 65_536,
      ulimits: [],
      readOnlyRoot: false,
      allowSetuid: true,
      stdout,
      stderr: new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          errors.push(chunk);
          done();
        },
      }),
      stdin: "none",
    },
    signal,
  );
  stdout.end();
  await bench.runner.remove(changes);
  const text = Buffer.concat(errors).toString();
  if (result.exitCode !== 0)
    throw new Error(`${argv.join(" ")} ended with ${JSON.stringify(result)}: ${text}`);
  return { output: await read, errors: text };
}

/** What overlayfs shows of each of these stacks. */
async function mounted(bench: Bench, stacks: readonly (readonly SnapshotLayer[])[]): Promise<Lines[]> {
  const mounts: StepMount[] = [];
  for (const [index, layers] of stacks.entries()) {
    const lower = await bench.store.folders({ layers });
    mounts.push({ kind: "overlay", lower, target: `/mnt/${index}` });
  }
  const { output } = await inSandbox(bench, ["/bin/pack", "pack", "/mnt", "contents"], mounts);
  const lines = overlayOf([await recordsOf(bytesOf(output), () => Buffer.alloc(0))]);
  return stacks.map((_layers, index) => {
    const below = `/${index}/`;
    const own = Object.entries(lines).filter(([path]) => path.startsWith(below));
    return Object.fromEntries(own.map(([path, line]) => [path.slice(below.length - 1), line]));
  });
}

async function stacksOfRandomLayers(bench: Bench): Promise<Seen[]> {
  const stacks: SnapshotLayer[][] = [];
  for (const layers of randomLayers(bench.plan.seed)) {
    const stack: SnapshotLayer[] = [];
    for (const entries of layers) stack.push(await bench.store.fromEntries(entries));
    stacks.push(stack);
  }
  const shown = await mounted(bench, stacks);
  return await Promise.all(
    stacks.map(async (layers, index) => ({
      mounted: shown[index] ?? {},
      tree: await linesOfTree(await bench.store.tree({ layers })),
    })),
  );
}

async function allKinds(bench: Bench): Promise<SnapshotReport["strange"]> {
  const layers = [await bench.store.fromEntries(strangeLayer())];
  const before = bench.events.length;
  const [shown = {}] = await mounted(bench, [layers]);
  const notes = bench.events.slice(before).map((one) => (one.type === "log" ? one.message : ""));
  return { mounted: shown, tree: await linesOfTree(await bench.store.tree({ layers })), notes };
}

type StepReport = Pick<SnapshotReport, "step" | "top" | "links" | "diffIds" | "large">;

/** A step that does all that leaves traces in its upper folder. */
async function stepOf(bench: Bench): Promise<StepReport> {
  const { cache, plan, runner, store } = bench;
  const base = await store.fromEntries(stepBase());
  const upper = join(cache.folder, "tmp", "upper");
  const work = join(cache.folder, "tmp", "work");
  mkdirSync(work);
  const lower = await store.folders({ layers: [base] });
  await makeUpper(upper, lower, (args, stop) => runner.start(args, stop), signal);
  const before = await inSandbox(
    bench,
    ["/bin/busybox", "sh", "-c", `cd /mnt || exit 1\n${stepScript}\n/bin/pack pack /mnt contents`],
    [{ kind: "overlay", lower, upper, work, target: "/mnt" }],
  );
  await runner.remove(work);
  const layer = await store.fromUpper(upper, digestOf("the step"));
  const layers = [base, layer];
  const entries = await store.entries(layer);
  const options = { compression: "gzip", width: 1 } as const;
  const made = await layerOf(layer, store, cache, options, signal);
  const other = await openBench(plan, runner, "other-cache");
  const imported = [await other.store.fromEntries(stepBase()), await other.store.fromImage(made)];
  const [again = {}] = await mounted(other, [imported]);
  const againTree = await other.store.tree({ layers: imported });
  const second = await layerOf(imported[1] ?? layer, other.store, other.cache, options, signal);
  await other.store.close();
  const records = await recordsOf(bytesOf(before.output), () => Buffer.alloc(0));
  const tree = await store.tree({ layers });
  const root = records[0]?.record;
  return {
    top: [root?.mode, root?.uid, root?.gid],
    links: [linksOfRecords(records), linksOfTree(tree), linksOfTree(againTree)],
    step: {
      mounted: overlayOf([records]),
      tree: await linesOfTree(tree),
      again,
      entries: entries.map((one) => one.path),
      output: before.errors,
    },
    diffIds: [made.diffId, second.diffId],
    large: plan.withLargeFile ? await largeFile(bench) : undefined,
  };
}

function linksOfRecords(records: readonly WholeRecord[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const { record } of records) {
    if (record.kind !== "hardlink") continue;
    const names = groups.get(record.target) ?? [`/${record.target}`];
    names.push(`/${record.path}`);
    groups.set(record.target, names);
  }
  return [...groups.values()].map((names) => names.toSorted());
}

function linksOfTree(tree: Tree): string[][] {
  const files = [...tree.walk()].filter((entry) => entry.kind === "file" && entry.link !== undefined);
  const groups = Map.groupBy(files, (entry) => (entry.kind === "file" ? entry.link : undefined));
  return [...groups.values()].map((names) => names.map(({ path }) => path).toSorted());
}

function stepBase(): LayerEntry[] {
  return [
    directory("/", { mode: 0o751, uid: 1000, gid: 1001 }),
    directory("/d"),
    file("/d/gone", "1"),
    file("/d/kept", "2"),
    directory("/replaced"),
    file("/replaced/hidden", "3"),
    file("/changed", "4", { mode: 0o755, uid: 7 }),
    file("/was-a-file", "5"),
    directory("/was-a-folder"),
    file("/was-a-folder/x", "6"),
  ];
}

async function largeFile(bench: Bench): Promise<SnapshotReport["large"]> {
  const { cache, runner, store } = bench;
  const [upper, work] = [join(cache.folder, "tmp", "large"), join(cache.folder, "tmp", "large-work")];
  for (const folder of [upper, work]) mkdirSync(folder);
  const lower = await store.folders({ layers: [await store.fromEntries([])] });
  await inSandbox(
    bench,
    ["/bin/busybox", "truncate", "-s", String(2 ** 32 + 1), "/mnt/large"],
    [{ kind: "overlay", lower, upper, work, target: "/mnt" }],
  );
  await runner.remove(work);
  const [entry] = await store.entries(await store.fromUpper(upper, digestOf("a large file")));
  return entry?.kind === "file" ? { sizeBytes: entry.sizeBytes, digest: entry.digest } : undefined;
}

/** A process that unpacks is killed in between. */
async function killed({ cache, runner }: Bench): Promise<string[][]> {
  const names = (): string[] => readdirSync(join(cache.folder, "tmp"));
  const temporary = join(cache.folder, "tmp", "killed");
  mkdirSync(join(temporary, "fs"), { recursive: true, mode: 0o700 });
  const stop = new AbortController();
  const task = runner.start(["unpack", join(temporary, "fs")], stop.signal);
  const records = strangeRecords();
  task.stdin.write(records.subarray(0, records.length - 10));
  const started = join(temporary, "fs", "closed");
  while (statSync(started, { throwIfNoEntry: false }) === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  stop.abort();
  await task.ended.catch(() => undefined);
  const before = names();
  await pruneCache(cache, {
    nowMs: Date.now() + 3_600_000,
    removeForeign: (path) => runner.remove(path),
  });
  return [before, names()];
}

function strangeRecords(): Buffer {
  return Buffer.concat([
    ...["", "closed", "closed/inner"].map((path) => record(path, "directory")),
    record("closed/inner/file", "file"),
    record("", "end"),
  ]);
}

function record(path: string, kind: "directory" | "file" | "end"): Buffer {
  return encodeRecord(recordOf({ kind, path, mode: 0o700, uid: path === "" ? 0 : 1000, gid: 0 }));
}

async function removeDeep({ cache, plan, runner, store }: Bench): Promise<string[]> {
  const upper = join(plan.folder, "deep");
  const work = join(plan.folder, "deep-work");
  for (const folder of [upper, work]) mkdirSync(folder);
  const bench: Bench = { cache, plan, runner, store, events: [] };
  const lower = await store.folders({ layers: [await store.fromEntries([])] });
  // A shell goes no deeper than a path is long; a folder that is moved does.
  const script = [
    "cd /mnt && busybox touch distill-deep-0 || exit 1",
    "p=$(busybox seq -s / 900)",
    "busybox mkdir -p a/$p b/$p c/$p && busybox touch a/$p/end || exit 1",
    "busybox mv a b/$p/ && busybox mv b c/$p/",
  ].join("\n");
  await inSandbox(
    bench,
    ["/bin/busybox", "sh", "-c", script],
    [{ kind: "overlay", lower, upper, work, target: "/mnt" }],
  );
  await runner.remove(upper);
  await runner.remove(work);
  return readdirSync(plan.folder).filter((name) => name.startsWith("deep"));
}

const plan = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as SnapshotPlan;
process.stdout.write(JSON.stringify(await session(plan)));
