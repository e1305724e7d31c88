// The pool that unpacks .debs into the cache on worker threads. A worker is started when there is work for it and stays;
// its start and the loading of modules are paid once. Safe in parallel with other processes and under kill -9: a package
// is unpacked into a temporary folder, which is renamed.
import { rename, rm } from "node:fs/promises";
import { type Cache, cacheTemporary } from "../base/cache.ts";
import { messageOf, systemCode, ToolError } from "../base/errors.ts";
import { diskError } from "../base/files.ts";
import type { Task } from "../base/io.ts";
import { parallel } from "../base/pool.ts";
import { createWorkerPool } from "../base/worker-pool.ts";
import type { DebFile } from "./deb.ts";
import type { PackageContents } from "./package.ts";
import type { UnpackReply, UnpackRequest } from "./unpack-worker.ts";
import { findUnpacked, type PackageIdentity, unpackedFolder } from "./unpacked.ts";

export interface PackageFile extends PackageIdentity {
  readonly deb: DebFile;
}

export interface Unpacker {
  /**
   * Contents of the packages, in their order. Those that the cache has need no decoding.
   * @throws ToolError "digest-mismatch", "malformed", "limit", "disk", "interrupted"
   */
  unpack(packages: readonly PackageFile[]): Promise<readonly PackageContents[]>;
  /** Ends the workers. What still runs is abandoned. */
  close(): Promise<void>;
}

/** A worker's JavaScript heap holds one package's index and short-lived views; without a bound V8 lets garbage pile up. */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 512 };

/** A pool of `workers` threads (the number of cores is right: decoding is all computation). */
export function createUnpacker(options: {
  readonly cache: Cache;
  readonly workers: number;
  readonly task: Task;
}): Unpacker {
  const { cache, task } = options;
  const pool = createWorkerPool<UnpackRequest, UnpackReply>({
    program: new URL("./unpack-worker.ts", import.meta.url),
    width: options.workers,
    cacheFolder: cache.folder,
    resourceLimits,
  });
  const run = (request: UnpackRequest): Promise<UnpackReply> =>
    pool.run(request).catch((bug: unknown) => ({ ok: false, bug }));
  const abort = (): void => void pool.close();
  task.signal.addEventListener("abort", abort, { once: true });
  if (task.signal.aborted) abort();

  const make = async (file: PackageFile): Promise<PackageContents> => {
    const what = describe(file);
    const folder = cacheTemporary(cache);
    try {
      raise(await run({ deb: file.deb, what, folder }), task.signal, what);
      await moveIntoPlace(folder, unpackedFolder(cache, file.deb.digest), what);
    } catch (thrown) {
      await rm(folder, { recursive: true, force: true });
      throw thrown;
    }
    const made = await findUnpacked(cache, file.deb.digest, file);
    if (made !== undefined) return made;
    throw new ToolError("cache", { what: `unpacking ${what}`, why: "its folder vanished from the cache" });
  };
  return {
    async unpack(packages): Promise<readonly PackageContents[]> {
      const held = await parallel(packages, lookupsAtOnce, (file) =>
        findUnpacked(cache, file.deb.digest, file),
      );
      const absent = packages
        .map((file, index) => ({ file, index }))
        .filter(({ index }) => held[index] === undefined)
        // The biggest first: a big one that starts last would run alone.
        .sort((a, b) => b.file.deb.sizeBytes - a.file.deb.sizeBytes);
      const made = await reporting(task, absent.length, (advance) =>
        parallel(absent, options.workers, async ({ file, index }) => {
          const contents = await make(file);
          advance();
          return { index, contents };
        }),
      );
      const contents = new Map(made.map((one) => [one.index, one.contents]));
      return packages.flatMap((_, index) => contents.get(index) ?? held[index] ?? []);
    },
    async close(): Promise<void> {
      task.signal.removeEventListener("abort", abort);
      await pool.close();
    },
  };
}

/** One line of progress for a batch: a line for each package would be a wall of text. */
async function reporting<T>(
  task: Task,
  total: number,
  work: (advance: () => void) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  if (total === 0) return work(() => undefined);
  const id = "unpack";
  let done = 0;
  const name = total === 1 ? "unpacking 1 package" : `unpacking ${total} packages`;
  task.emit({ type: "start", id, name, total, unit: "items" });
  try {
    const results = await work(() => task.emit({ type: "advance", id, done: ++done }));
    task.emit({ type: "end", id });
    return results;
  } catch (thrown) {
    task.emit({ type: "fail", id, message: messageOf(thrown) });
    throw thrown;
  }
}

const lookupsAtOnce = 16;

function describe(file: PackageFile): string {
  return `the package ${file.id} ${file.version}`;
}

/** Another process may have been quicker: then its folder stays, which is equal. */
async function moveIntoPlace(folder: string, place: string, what: string): Promise<void> {
  try {
    await rename(folder, place);
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw diskError(`unpacking ${what}`, thrown);
    await rm(folder, { recursive: true, force: true });
  }
}

function raise(reply: UnpackReply, signal: AbortSignal, what: string): void {
  if (reply.ok) return;
  if (signal.aborted)
    throw new ToolError("interrupted", { what: `unpacking ${what}`, why: "it was interrupted" });
  if (!("error" in reply)) throw new Error(`internal error: unpacking ${what}`, { cause: reply.bug });
  const { code, hint, ...detail } = reply.error;
  throw new ToolError(code, hint === undefined ? detail : { ...detail, hint });
}
