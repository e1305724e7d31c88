// A process that is killed (kill -9) while it keeps a layer: others never see half of one, and go on where it was.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { collect } from "../../src/base/bytes.ts";
import { openCache } from "../../src/base/cache.ts";
import { pruneCache } from "../../src/base/cache-usage.ts";
import { treeOf } from "../../src/tree/memory-tree.ts";
import { treeOfFolder } from "../../testing/folder-tree.ts";
import { withFolder } from "../../testing/layouts.ts";
import { manyFiles, openStoreAt } from "../../testing/snapshots/unpacking.ts";

const program = join(import.meta.dirname, "../../testing/snapshots/unpacking.ts");
const missing = process.getuid?.() === 0 ? "" : " (an ordinary user may have no user namespaces)";

/** Temporary folders of layers with this part. */
function withPart(cache: string, part: string): string[] {
  const temporary = join(cache, "tmp");
  const names = existsSync(temporary) ? readdirSync(temporary) : [];
  return names.map((name) => join(temporary, name, part)).filter((path) => existsSync(path));
}

const unpackedCount = (cache: string): number =>
  withPart(cache, "fs").reduce((sum, folder) => sum + readdirSync(folder).length, 0);

const moments: readonly [string, (cache: string) => boolean][] = [
  ["contents are written", (cache) => withPart(cache, "content").length > 0],
  ["the first folder is made", (cache) => unpackedCount(cache) > 0],
  ["half is made", (cache) => unpackedCount(cache) >= 20],
  ["the last folder is made", (cache) => unpackedCount(cache) === 40],
];

test.skipIf(missing !== "")(
  `a layer is whole or not there, whenever a process is killed${missing}`,
  async () => {
    await withFolder(async (cache) => {
      await openCache(cache);
      let seen = 0;
      for (const [, isReached] of moments) {
        for (let tries = 0; tries < 3; tries++) {
          if (await killedWhen(cache, isReached)) seen += 1;
          await expectWholeLayers(cache);
        }
        await pruneCache(await openCache(cache), { nowMs: Date.now() + 3_600_000, olderThanMs: 0 });
        expect([...readdirSync(join(cache, "tmp")), ...readdirSync(join(cache, "layers"))]).toEqual([]);
      }
      expect(seen).toBeGreaterThan(0);
      const store = await openStoreAt(cache);
      const [folder = ""] = await store.folders({ layers: [await store.fromEntries(manyFiles)] });
      await store.close();
      expect(contentsOf(treeOfFolder(folder).tree)).toEqual(contentsOf(treeOf(entriesOnly())));
    });
  },
);

/** Whether it was killed before it had ended. */
async function killedWhen(cache: string, isReached: (cache: string) => boolean): Promise<boolean> {
  const child = spawn(process.execPath, [program, cache], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(child, "exit");
  while (!hasEnded(child) && !isReached(cache)) await setTimeout(1);
  const inTime = !hasEnded(child);
  child.kill("SIGKILL");
  await ended;
  // The helper program sees that its input ends, and ends as well.
  while (isUsed(cache)) await setTimeout(5);
  return inTime;
}

/** Whether a program that was started with the folder, or with something in it, still runs. */
function isUsed(cache: string): boolean {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  return processes.some((name) => {
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(cache);
    } catch {
      // It has ended.
      return false;
    }
  });
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function expectWholeLayers(cache: string): Promise<void> {
  const expected = contentsOf(treeOf(entriesOnly()));
  for (const name of readdirSync(join(cache, "layers"))) {
    const folder = join(cache, "layers", name, "fs");
    if (existsSync(folder)) expect(contentsOf(treeOfFolder(folder).tree)).toEqual(expected);
  }
  const store = await openStoreAt(cache);
  const layer = await store.fromEntries(manyFiles);
  for (const entry of await store.entries(layer)) {
    if (entry.kind === "file") await collect(entry.content, entry.sizeBytes, entry.path);
  }
  await store.close();
}

type Walked = ReturnType<typeof treeOf>;

function contentsOf(tree: Walked): string[] {
  return [...tree.walk()].map(
    (entry) => `${entry.path} ${entry.kind === "file" ? entry.digest : entry.kind}`,
  );
}

function entriesOnly(): Parameters<typeof treeOf>[0] {
  return manyFiles.filter((entry) => entry.kind !== "hardlink");
}
