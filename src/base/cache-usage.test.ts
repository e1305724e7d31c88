import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Cache, openCache } from "./cache.ts";
import { holdLease, liveLeases, oldestLease } from "./cache-lease.ts";
import { cacheEntries, type PruneOptions, pruneCache } from "./cache-usage.ts";
import { hold } from "./holders.ts";
import { ownProcessName } from "./processes.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const nowMs = Date.parse("2030-01-01T00:00:00Z");

let cache: Cache;

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), "distill-cache-"));
  cache = await openCache(folder);
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

/** A file of the cache, last used so long ago. */
function put(name: string, agoMs: number, sizeBytes = 100): void {
  const file = join(cache.folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, Buffer.alloc(sizeBytes));
  const time = (nowMs - agoMs) / 1000;
  utimesSync(file, time, time);
  if (dirname(dirname(file)) === join(cache.folder, "unpacked")) utimesSync(dirname(file), time, time);
}

const names = (entries: readonly { readonly path: string }[]): string[] =>
  entries.map((entry) => relative(cache.folder, entry.path)).sort();

async function prune(options: Omit<PruneOptions, "nowMs">): Promise<{ removed: string[]; inUse: string[] }> {
  const { removed, inUse } = await pruneCache(cache, { ...options, nowMs });
  return { removed: names(removed), inUse: names(inUse) };
}

test("entries are told by kind, size and last use", async () => {
  put("blobs/aa", 3 * hour, 10);
  put("records/facts/bb", 2 * hour, 20);
  put("unpacked/cc/pack", hour, 30);
  put("unpacked/cc/index", hour, 5);
  put("compiled/v24/dd", hour, 7);
  put("mounts/aa/0/data/x", hour, 11);
  mkdirSync(join(cache.folder, "mounts/aa/0/held"));
  utimesSync(join(cache.folder, "mounts/aa/0/held"), nowMs / 1000 - 10_800, nowMs / 1000 - 10_800);
  put("layers/ee/fs/from-the-future", -day, 40);
  put("layers/ee/index", minute, 2);
  utimesSync(join(cache.folder, "layers/ee"), nowMs / 1000 - 7200, nowMs / 1000 - 7200);
  const entries = (await cacheEntries(cache)).map(({ kind, path, sizeBytes, lastUsedMs }) => ({
    kind,
    path: relative(cache.folder, path),
    sizeBytes,
    agoMs: nowMs - lastUsedMs,
  }));
  expect(entries).toEqual([
    { kind: "blobs", path: "blobs/aa", sizeBytes: 10, agoMs: 3 * hour },
    { kind: "records", path: "records/facts/bb", sizeBytes: 20, agoMs: 2 * hour },
    { kind: "unpacked", path: "unpacked/cc", sizeBytes: 35, agoMs: hour },
    { kind: "layers", path: "layers/ee", sizeBytes: 42, agoMs: 2 * hour },
    { kind: "mounts", path: "mounts/aa/0", sizeBytes: 11, agoMs: 3 * hour },
    { kind: "compiled", path: "compiled/v24/dd", sizeBytes: 7, agoMs: hour },
  ]);
});

describe("pruning", () => {
  test("by age", async () => {
    put("blobs/old", 31 * day);
    put("blobs/new", 29 * day);
    put("records/facts/old", 31 * day);
    put("unpacked/old/pack", 31 * day);
    expect(await prune({ olderThanMs: 30 * day })).toEqual({
      removed: ["blobs/old", "records/facts/old", "unpacked/old"],
      inUse: [],
    });
    expect(names(await cacheEntries(cache))).toEqual(["blobs/new"]);
    expect(readdirSync(join(cache.folder, "tmp"))).toEqual([]);
  });

  test("by size: what was unused for longest goes first, and no more than has to", async () => {
    put("blobs/1", 4 * day);
    put("blobs/2", 3 * day);
    put("records/facts/3", 2 * day);
    put("blobs/4", day);
    expect(await prune({ sizeBytesMax: 250 })).toEqual({ removed: ["blobs/1", "blobs/2"], inUse: [] });
    expect(await prune({ sizeBytesMax: 250 })).toEqual({ removed: [], inUse: [] });
  });

  test("by age and size", async () => {
    put("blobs/1", 40 * day);
    put("blobs/2", 3 * day);
    put("blobs/3", 2 * day);
    expect((await prune({ olderThanMs: 30 * day, sizeBytesMax: 100 })).removed).toEqual([
      "blobs/1",
      "blobs/2",
    ]);
  });

  test("leftovers of processes that died go always, young ones never", async () => {
    put("tmp/1-dead", 2 * minute);
    put("tmp/2-busy", 30_000);
    expect(await prune({})).toEqual({ removed: ["tmp/1-dead"], inUse: ["tmp/2-busy"] });
  });

  test("what cache mounts keep goes where nobody has it", async () => {
    const mounted = (name: string, agoMs: number): string => {
      put(`mounts/aa/${name}/data/file`, agoMs);
      const held = join(cache.folder, "mounts/aa", name, "held");
      mkdirSync(held);
      return held;
    };
    const age = (held: string): void => utimesSync(held, (nowMs - day) / 1000, (nowMs - day) / 1000);
    const [free, busy, young, killed] = ["0", "1", "2", "3"].map((name) => mounted(name, day));
    const user = await hold(busy ?? "", "shared");
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    writeFileSync(join(killed ?? "", `alone-${ownProcessName().slice(0, 12)}-${gone}-1-00`), "");
    for (const held of [free, busy, killed]) age(held ?? "");
    utimesSync(young ?? "", (nowMs - 30_000) / 1000, (nowMs - 30_000) / 1000);
    expect(await prune({ olderThanMs: 0 })).toEqual({
      removed: ["mounts/aa/0", "mounts/aa/3"],
      inUse: ["mounts/aa/1", "mounts/aa/2"],
    });
    if (user.kind === "held") await user.release();
    age(busy ?? "");
    expect((await prune({ olderThanMs: 0 })).removed).toEqual(["mounts/aa/1"]);
  });

  test("temporary entries go with the process that made them, and not before", async () => {
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    const dead = `${ownProcessName().slice(0, 12)}-${gone}-1-00`;
    const lease = await holdLease(cache, () => nowMs);
    onTestFinished(lease.release);
    put(`tmp/${dead}`, 0);
    put(`tmp/${ownProcessName()}-00`, 2 * day);
    expect(await prune({})).toEqual({ removed: [`tmp/${dead}`], inUse: [`tmp/${ownProcessName()}-00`] });
  });

  test("what is younger than a minute stays, whatever is asked", async () => {
    put("blobs/young", 30_000);
    put("blobs/old", 2 * minute);
    expect(await prune({ olderThanMs: 0, sizeBytesMax: 0 })).toEqual({
      removed: ["blobs/old"],
      inUse: ["blobs/young"],
    });
  });

  test("beside a running build, what it may have used stays", async () => {
    const lease = await holdLease(cache, () => nowMs - 10 * minute);
    onTestFinished(lease.release);
    const renewed = join(cache.folder, "leases", readdirSync(join(cache.folder, "leases"))[0] ?? "");
    utimesSync(renewed, (nowMs - 30_000) / 1000, (nowMs - 30_000) / 1000);
    put("blobs/used", 5 * minute);
    // Its last use may be an hour later than its time says.
    put("blobs/perhaps", 65 * minute);
    put("blobs/unused", 75 * minute);
    put("unpacked/perhaps/pack", 50 * day);
    expect(await prune({ olderThanMs: 0 })).toEqual({
      removed: ["blobs/unused"],
      inUse: ["blobs/perhaps", "blobs/used", "unpacked/perhaps"],
    });
    await lease.release();
    expect((await prune({ olderThanMs: 0 })).removed).toEqual([
      "blobs/perhaps",
      "blobs/used",
      "unpacked/perhaps",
    ]);
  });
});

test("a build that begins while room is made keeps what it may use from then on", async () => {
  const startMs = Date.now();
  const blobs = join(cache.folder, "blobs");
  for (let number = 0; number < 200; number++) put(`blobs/${number}`, nowMs - startMs + 30 * minute);
  const pruning = pruneCache(cache, { olderThanMs: minute, nowMs: startMs });
  while (readdirSync(blobs).length === 200) await setImmediate();
  const lease = await holdLease(cache, Date.now);
  onTestFinished(lease.release);
  const left = readdirSync(blobs).length;
  const { removed, inUse } = await pruning;
  // The lease may have come just after the look at the leases before one removal.
  expect(readdirSync(blobs).length).toBeGreaterThanOrEqual(left - 1);
  expect([left > 1, removed.length + inUse.length]).toEqual([true, 200]);
});

describe("leases", () => {
  test("the oldest live one counts; one that nobody renews ends", async () => {
    expect(await oldestLease(cache, nowMs)).toBeUndefined();
    const first = await holdLease(cache, () => nowMs - 4 * minute);
    const second = await holdLease(cache, () => nowMs - minute);
    onTestFinished(first.release);
    onTestFinished(second.release);
    expect(await oldestLease(cache, nowMs)).toBe(nowMs - 4 * minute);
    expect(await oldestLease(cache, nowMs + 2 * minute)).toBe(nowMs - minute);
    await second.release();
    expect(await oldestLease(cache, nowMs)).toBeUndefined();
    expect(readdirSync(join(cache.folder, "leases"))).toEqual([]);
  });

  test.each([
    ["of a process that is gone is none", (own: string) => own.replace(/-\d+$/, "-1"), []],
    ["of another machine is believed", (own: string) => own.replace(/^.{12}/, "000000000000"), [undefined]],
    ["of this process is told with its number", (own: string) => own, [process.pid]],
  ])("a lease %s", async (_name, change, pids) => {
    const file = join(cache.folder, "leases", "one");
    put("leases/one", 0);
    writeFileSync(file, `${nowMs - minute} ${change(ownProcessName())}`);
    utimesSync(file, nowMs / 1000, nowMs / 1000);
    expect((await liveLeases(cache, nowMs)).map(({ pid }) => pid)).toEqual(pids);
    expect(existsSync(file)).toBe(pids.length > 0);
  });

  test("a lease is renewed for as long as it is held", async () => {
    vi.useFakeTimers({ now: nowMs, toFake: ["setInterval", "clearInterval", "Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const lease = await holdLease(cache, Date.now);
    for (let half = 0; half < 60; half++) vi.advanceTimersByTime(30_000);
    await vi.waitFor(async () => expect(await oldestLease(cache, Date.now())).toBe(nowMs));
    await lease.release();
    expect(await oldestLease(cache, Date.now())).toBeUndefined();
  });
});
