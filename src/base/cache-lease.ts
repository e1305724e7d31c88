// A process that uses the cache says so with a file in leases/, whose time it renews. `cache prune` keeps whatever a
// process with a live lease may have looked at. A lease of a process that is gone (kill -9) is none; one of another machine or
// container, which can't be seen from here, ends when nobody renews it.
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cache } from "./cache.ts";
import { systemCode } from "./errors.ts";
import { diskError } from "./files.ts";
import { ownProcessName, pidOf, stateOfProcess } from "./processes.ts";

const renewalIntervalMs = 30_000;
const leaseTimeMs = 300_000;

export interface Lease {
  /** Ends it. */
  readonly release: () => Promise<void>;
}

/** Begins a lease; it is renewed until it is released. @throws ToolError "disk" */
export async function holdLease(cache: Cache, now: () => number): Promise<Lease> {
  const file = join(leaseFolder(cache), `${process.pid}-${randomBytes(6).toString("hex")}`);
  const startMs = now();
  try {
    await mkdir(leaseFolder(cache), { recursive: true });
    await writeFile(file, `${startMs} ${ownProcessName()}`, { flag: "wx" });
    await touch(file, startMs);
  } catch (thrown) {
    throw diskError("marking the cache as used", thrown);
  }
  const timer = setInterval(() => void touch(file, now()).catch(() => undefined), renewalIntervalMs).unref();
  return {
    release: async () => {
      clearInterval(timer);
      await rm(file, { force: true });
    },
  };
}

export interface LiveLease {
  /** When it began, in milliseconds since the epoch. */
  readonly startMs: number;
  /** Of the process that has it; undefined where that is of another machine or container. */
  readonly pid: number | undefined;
}

/** When the oldest live lease began (milliseconds since the epoch); undefined where the cache is idle. */
export async function oldestLease(cache: Cache, nowMs: number): Promise<number | undefined> {
  const starts = (await liveLeases(cache, nowMs)).map(({ startMs }) => startMs);
  return starts.length === 0 ? undefined : Math.min(...starts);
}

/** Dead ones are removed. @throws ToolError "disk" */
export async function liveLeases(cache: Cache, nowMs: number): Promise<readonly LiveLease[]> {
  const live: LiveLease[] = [];
  for (const name of await namesIn(leaseFolder(cache))) {
    const file = join(leaseFolder(cache), name);
    try {
      const lease = await readLease(file, nowMs);
      if (lease === undefined) await rm(file, { force: true });
      else live.push(lease);
    } catch (thrown) {
      if (systemCode(thrown) !== "ENOENT") throw diskError("reading the cache's leases", thrown);
    }
  }
  return live;
}

/** Undefined where it has ended. */
async function readLease(file: string, nowMs: number): Promise<LiveLease | undefined> {
  const { mtimeMs } = await stat(file);
  if (mtimeMs < nowMs - leaseTimeMs) return undefined;
  const [start, process = ""] = (await readFile(file, "utf8")).split(" ");
  const state = stateOfProcess(process);
  if (state === "gone") return undefined;
  const written = Number(start);
  // A lease whose content isn't there yet has just begun.
  const startMs = Number.isSafeInteger(written) && written > 0 ? written : mtimeMs;
  return { startMs, pid: state === "alive" ? pidOf(process) : undefined };
}

function leaseFolder(cache: Cache): string {
  return join(cache.folder, "leases");
}

async function touch(file: string, timeMs: number): Promise<void> {
  await utimes(file, timeMs / 1000, timeMs / 1000);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return [];
    throw diskError("reading the cache's leases", thrown);
  }
}
