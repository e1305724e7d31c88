// The cache for the time of a command.
import { type Cache, openCache } from "../base/cache.ts";
import { holdLease } from "../base/cache-lease.ts";
import type { Context } from "./context.ts";

/** Opens the cache, and keeps `cache prune` from what `work` may use. @throws ToolError "disk" */
export async function withCache<T>(context: Context, work: (cache: Cache) => Promise<T>): Promise<T> {
  const cache = await openCache(context.cacheFolder);
  const lease = await holdLease(cache, context.now);
  try {
    return await work(cache);
  } finally {
    await lease.release();
  }
}
