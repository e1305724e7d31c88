import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { type Ran, runInMemory } from "../../../testing/cli.ts";
import { openCache } from "../../base/cache.ts";
import { holdLease } from "../../base/cache-lease.ts";
import { commands } from "../registry.ts";

const day = 86_400_000;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "distill-cache-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await openCache(folder);
  for (const [name, days] of [
    ["old", 40],
    ["new", 1],
  ] as const) {
    const file = join(folder, "blobs", name);
    writeFileSync(file, Buffer.alloc(1_500_000));
    const time = (Date.now() - days * day) / 1000;
    utimesSync(file, time, time);
  }
});

const cache = (...argv: string[]): Promise<Ran> =>
  runInMemory(["cache", ...argv, "--cache-dir", folder], commands);

test("du tells what is there", async () => {
  const ran = await cache("du");
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expect(ran.stdout).toMatch(/^ {2}blobs +3\.0 MB +2 entries$/m);
  expect(ran.stdout).toMatch(/^ {2}records +0 B +0 entries$/m);
  expect(ran.stdout).toMatch(/^ {2}total +3\.0 MB +2 entries$/m);
});

test.each<[string, string[], string, boolean, boolean]>([
  ["thirty days are the default", [], "removed 1 entry, 1.5 MB\n", false, true],
  ["an age", ["--older-than=12h"], "removed 2 entries, 3.0 MB\n", false, false],
  ["a size", ["--max-size", "2MB"], "removed 1 entry, 1.5 MB\n", false, true],
  ["a size that holds all", ["--max-size", "1GiB"], "removed 0 entries, 0 B\n", true, true],
])("prune: %s", async (_name, argv, stdout, old, young) => {
  expect(await cache("prune", ...argv)).toEqual({ code: 0, stdout, stderr: "" });
  expect([existsSync(join(folder, "blobs/old")), existsSync(join(folder, "blobs/new"))]).toEqual([
    old,
    young,
  ]);
});

test("prune tells who may use what it keeps", async () => {
  const lease = await holdLease({ folder }, Date.now);
  onTestFinished(lease.release);
  writeFileSync(join(folder, "blobs", "young"), "");
  const { stdout } = await cache("prune", "--older-than=0s");
  expect(stdout).toContain(`kept 1 entry that may be in use by process ${process.pid}\n`);
});

test.each([["--max-size=2X"], ["--max-size=-1"], ["--older-than=5"], ["--older-than=1month"]])(
  "prune %s is refused",
  async (option) => {
    const ran = await cache("prune", option);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("[wrong-quantity]");
    expect(existsSync(join(folder, "blobs/old"))).toBe(true);
  },
);
