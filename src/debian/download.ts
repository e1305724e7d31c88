// The .deb files of locked packages, from their archives' mirrors into the cache.
import { type Cache, findBlob, type StoredBlob } from "../base/cache.ts";
import { ToolError } from "../base/errors.ts";
import { parallel } from "../base/pool.ts";
import { type Archive, urlsOf } from "./archive.ts";
import { type Fetcher, fetchBlob } from "./fetch.ts";
import type { LockedPackage } from "./locked.ts";

/** Few enough to be polite to a mirror, enough to keep a line full. */
const transfersAtOnce = 8;

/**
 * Makes sure that the cache holds every package, and returns where, in the order of the packages. Digests and sizes are those
 * of the lock, so no index is needed.
 * @param archives where the packages' suites are found
 * @throws ToolError "network", "not-found", "digest-mismatch", "disk", "configuration" for a suite without an archive
 */
export async function downloadPackages(
  fetcher: Fetcher,
  cache: Cache,
  archives: readonly Archive[],
  packages: readonly LockedPackage[],
): Promise<StoredBlob[]> {
  const { emit } = fetcher.task;
  const held = await parallel(packages, 16, (one) => findBlob(cache, one.digest, one.sizeBytes));
  const missing = packages.filter((_, index) => held[index] === undefined);
  if (missing.length === 0) return held as StoredBlob[];
  const id = "packages";
  const total = missing.reduce((sum, one) => sum + one.sizeBytes, 0);
  emit({ type: "start", id, name: `fetching ${missing.length} packages`, total, unit: "bytes" });
  const done = new Map<string, number>();
  let doneBytes = 0;
  const fetched = new Map<string, StoredBlob>();
  try {
    await parallel(missing, transfersAtOnce, async (one) => {
      const blob = await fetchPackage(fetcher, cache, archives, one, (bytes) => {
        doneBytes += bytes - (done.get(one.name) ?? 0);
        done.set(one.name, bytes);
        emit({ type: "advance", id, done: doneBytes });
      });
      fetched.set(one.digest, blob);
    });
  } catch (thrown) {
    emit({ type: "fail", id, message: thrown instanceof Error ? thrown.message : "failed" });
    throw thrown;
  }
  emit({ type: "end", id });
  return packages
    .map((one, index) => held[index] ?? fetched.get(one.digest))
    .filter((blob) => blob !== undefined);
}

async function fetchPackage(
  fetcher: Fetcher,
  cache: Cache,
  archives: readonly Archive[],
  locked: LockedPackage,
  onProgress: (doneBytes: number) => void,
): Promise<StoredBlob> {
  // Two archives may have a suite of the same name; the digest tells the right file.
  const holders = archives.filter((one) => one.suites.includes(locked.suite));
  if (holders.length === 0) {
    throw new ToolError("configuration", {
      what: `fetching the package ${locked.name}`,
      why: `no configured archive holds the suite ${locked.suite}`,
      hint: "name its mirror in the spec's repositories, or run `distill lock` again",
    });
  }
  return fetchBlob(
    fetcher,
    cache,
    {
      urls: holders.flatMap((one) => urlsOf(one, locked.path)),
      digest: locked.digest,
      sizeBytes: locked.sizeBytes,
      what: `the package ${locked.name} ${locked.version}`,
    },
    onProgress,
  );
}
