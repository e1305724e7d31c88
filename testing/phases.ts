// Phases of real small packages for tests: .debs in a cache, the plan around them, and what comes of it.
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Cache, openCache, type StoredBlob, storeBlob } from "../src/base/cache.ts";
import type { LockedPackage } from "../src/debian/locked.ts";
import { createUnpacker, type Unpacker } from "../src/debian/unpack.ts";
import type { PhaseInput, Services } from "../src/engines/native/packages/compose-phase.ts";
import { readCopies } from "../src/engines/native/packages/context-files.ts";
import type { ImagePlan } from "../src/graph/plan.ts";
import { type DebContent, debOf, elfOf, type TarEntry } from "./builders.ts";

/** A package as a test says it: files by path, links by path to target. */
export interface Sample extends Omit<DebContent, "data"> {
  readonly data?: Readonly<Record<string, string | Uint8Array | Omit<TarEntry, "name">>>;
  readonly depends?: readonly string[];
  /** True if not given. */
  readonly requested?: boolean;
}

export type Samples = Readonly<Record<string, Sample>>;

/** A program that needs nothing. */
export const staticProgram: Uint8Array = elfOf({ static: true, type: "executable" });

/** An executable file of these bytes. */
export function executable(content: Uint8Array | string): Omit<TarEntry, "name"> {
  return { content, mode: 0o755 };
}

/** What an entrypoint /usr/bin/app is built from, where a test is about something else. */
export const app: Sample = { data: { "/usr/bin/app": executable(staticProgram) } };

export interface Stage {
  readonly folder: string;
  /** The folder that copies are relative to. */
  readonly context: string;
  readonly services: Services;
  /** What was unpacked since the last look, by id. */
  takeUnpacked(): string[];
  close(): Promise<void>;
}

/** A cache of its own with an unpacker that notes what it is asked for. */
export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "distill-phase-"));
  const cache = await openCache(join(folder, "cache"));
  const context = join(folder, "context");
  await mkdir(context);
  const task = { signal: new AbortController().signal, emit: () => undefined, now: () => 0 };
  const threads = createUnpacker({ cache, workers: 1, task });
  let unpacked: string[] = [];
  const unpacker: Unpacker = {
    unpack(packages) {
      unpacked.push(...packages.map(({ id }) => id));
      return threads.unpack(packages);
    },
    // The threads serve all tests of a file.
    close: () => Promise.resolve(),
  };
  return {
    folder,
    context,
    services: { cache, unpacker, task, program: "test" },
    takeUnpacked() {
      const taken = unpacked;
      unpacked = [];
      return taken.sort();
    },
    async close() {
      await threads.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Writes the files of a context. */
export async function writeContext(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** The .debs of packages in a cache, as a lock would name them. */
export async function storeSamples(
  cache: Cache,
  samples: Samples,
): Promise<{ packages: LockedPackage[]; debs: StoredBlob[] }> {
  const packages: LockedPackage[] = [];
  const debs: StoredBlob[] = [];
  for (const [name, sample] of Object.entries(samples)) {
    const blob = await storeBlob(cache, debOf(contentOf(name, sample)));
    debs.push(blob);
    packages.push({
      name,
      version: sample.control?.["Version"] ?? "1.0-1",
      architecture: sample.control?.["Architecture"] ?? "amd64",
      suite: "bookworm",
      path: `pool/main/${name}.deb`,
      sizeBytes: blob.sizeBytes,
      digest: blob.digest,
      depends: sample.depends ?? [],
      requested: sample.requested ?? true,
    });
  }
  return { packages, debs };
}

/** The .deb of a sample, with md5sums of its files. */
export function contentOf(name: string, sample: Sample): DebContent {
  const { compression, control, data = {}, depends = [], files, scripts } = sample;
  const entries = Object.entries(data).map(([at, given]): TarEntry => {
    const entry = typeof given === "string" || given instanceof Uint8Array ? { content: given } : given;
    return { ...entry, name: `.${at}` };
  });
  const sums = entries.flatMap(({ name: at, content, target }) =>
    target === undefined && !at.endsWith("/")
      ? [
          `${createHash("md5")
            .update(content ?? "")
            .digest("hex")}  ${at.slice(2)}\n`,
        ]
      : [],
  );
  return {
    ...(compression === undefined ? {} : { compression }),
    ...(scripts === undefined ? {} : { scripts }),
    control: {
      Package: name,
      ...(depends.length === 0 ? {} : { Depends: depends.join(", ") }),
      ...control,
    },
    data: entries,
    files: { md5sums: sums.join(""), ...files },
  };
}

/** A plan of /usr/bin/app for an ordinary user, with some members given. */
export function planOf(given: Partial<ImagePlan> = {}): ImagePlan {
  return {
    name: "app",
    phase: "run",
    repositories: [{ debian: "bookworm", components: ["main"], trusted: true }],
    packages: [],
    additions: [],
    accounts: [],
    keep: [],
    drop: [],
    ignoredEffects: {},
    alternatives: {},
    content: "pruned",
    ...given,
    config: { User: "70:70", Env: ["PATH=/usr/bin"], Entrypoint: ["/usr/bin/app"], ...given.config },
  };
}

/** A phase of these packages and this plan. */
export async function phaseOf(
  stage: Stage,
  samples: Samples,
  plan: Partial<ImagePlan> = {},
): Promise<PhaseInput> {
  const { packages, debs } = await storeSamples(stage.services.cache, samples);
  const made = planOf(plan);
  const { signal } = stage.services.task;
  const copies = await readCopies(made.additions, { context: stage.context, mtime: 1000, signal });
  return { plan: made, packages, debs, architecture: "amd64", copies, mtime: 1000 };
}
