// `distill cache`: what the cache holds, and making room in it.
import { rm } from "node:fs/promises";
import { type Cache, cacheTemporary, openCache } from "../../base/cache.ts";
import { type LiveLease, liveLeases } from "../../base/cache-lease.ts";
import { type CacheEntry, cacheEntries, cacheKinds, pruneCache } from "../../base/cache-usage.ts";
import { formatSize } from "../../report/units.ts";
import { type Command, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { parseAge, parseSize } from "../quantities.ts";
import { runnerHost } from "../runner-host.ts";

const ageDefault = "30d";

export const command: Command = defineCommand({
  name: "cache",
  summary: "show what the cache holds (du), or make room in it (prune)",
  usage: "du|prune",
  options: {
    "older-than": {
      kind: "text",
      value: "AGE",
      summary: `prune: remove what was not used for so long, e.g. 12h; ${ageDefault} where no option is given`,
    },
    "max-size": {
      kind: "text",
      value: "SIZE",
      summary: "prune: remove what was unused for longest, until so much is left, e.g. 2GB",
    },
  },
  examples: [
    { does: "see what takes the room", line: "distill cache du" },
    { does: "keep the cache below two gigabytes", line: "distill cache prune --max-size 2GB" },
  ],
  async run(context, { options, positionals }) {
    if (positionals[0] === "du") {
      await showUsage(context);
      return 0;
    }
    const given = { age: options["older-than"], size: options["max-size"] };
    const age = given.age ?? (given.size === undefined ? ageDefault : undefined);
    await prune(context, {
      ...(age === undefined ? {} : { olderThanMs: parseAge(age, "older-than") }),
      ...(given.size === undefined ? {} : { sizeBytesMax: parseSize(given.size, "max-size") }),
    });
    return 0;
  },
});

async function showUsage(context: Context): Promise<void> {
  const entries = await cacheEntries(await openCache(context.cacheFolder));
  const rows = cacheKinds.map((kind) =>
    rowOf(
      kind,
      entries.filter((entry) => entry.kind === kind),
    ),
  );
  context.stdout.write(`${context.cacheFolder}\n${rows.join("")}${rowOf("total", entries)}`);
}

async function prune(
  context: Context,
  options: { readonly olderThanMs?: number; readonly sizeBytesMax?: number },
): Promise<void> {
  const cache = await openCache(context.cacheFolder);
  const removeForeign = (path: string): Promise<void> => removeAsSteps(context, cache, path);
  const { removed, inUse } = await pruneCache(cache, { ...options, removeForeign, nowMs: context.now() });
  context.stdout.write(`removed ${countOf(removed)}, ${formatSize(sizeOf(removed))}\n`);
  if (inUse.length === 0) return;
  const users = await liveLeases(cache, context.now());
  context.stdout.write(
    `kept ${countOf(inUse)} ${users.length === 0 ? "that came in the last minute" : `that may be in use by ${usersText(users)}`}\n`,
  );
}

function usersText(leases: readonly LiveLease[]): string {
  const pids = [...new Set(leases.flatMap(({ pid }) => (pid === undefined ? [] : [pid])))];
  const foreign = leases.filter(({ pid }) => pid === undefined).length;
  const here = pids.length === 0 ? [] : [`process ${pids.join(", ")}`];
  const elsewhere = foreign === 0 ? [] : [`${foreign} of another machine or container`];
  return [...here, ...elsewhere].join(" and ");
}

/** Removes what belongs to users of build steps, with the ids that steps have. */
async function removeAsSteps(context: Context, cache: Cache, path: string): Promise<void> {
  const { openRunner } = await import("../../engines/native/runner/open.ts");
  const scratchFolder = cacheTemporary(cache);
  try {
    await (await openRunner(runnerHost(context), scratchFolder)).remove(path);
  } finally {
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

function rowOf(name: string, entries: readonly CacheEntry[]): string {
  return `  ${name.padEnd(10)}${formatSize(sizeOf(entries)).padStart(10)}${countOf(entries).padStart(16)}\n`;
}

function countOf(entries: readonly CacheEntry[]): string {
  return entries.length === 1 ? "1 entry" : `${entries.length} entries`;
}

function sizeOf(entries: readonly CacheEntry[]): number {
  return entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
}
