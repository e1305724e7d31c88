// A process that uses the cache says so with a file in leases/, whose time it renews. `cache prune` keeps whatever a
// process with a live lease may have looked at. A lease that nobody renews (kill -9) ends by itself.
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cache } from "./cache.ts";
import { systemCode } from "./errors.ts";
import { diskError } from "./files.ts";

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
    await writeFile(file, String(startMs), { flag: "wx" });
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

/** When the oldest live lease began (milliseconds since the epoch); undefined where the cache is idle. */
export async function oldestLease(cache: Cache, nowMs: number): Promise<number | undefined> {
  let oldest: number | undefined;
  for (const name of await namesIn(leaseFolder(cache))) {
    const file = join(leaseFolder(cache), name);
    try {
      const { mtimeMs } = await stat(file);
      if (mtimeMs < nowMs - leaseTimeMs) {
        await rm(file, { force: true });
        continue;
      }
      const written = Number(await readFile(file, "utf8"));
      // A lease whose content isn't there yet has just begun.
      const startMs = Number.isSafeInteger(written) && written > 0 ? written : mtimeMs;
      oldest = Math.min(oldest ?? startMs, startMs);
    } catch (thrown) {
      if (systemCode(thrown) !== "ENOENT") throw diskError("reading the cache's leases", thrown);
    }
  }
  return oldest;
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
