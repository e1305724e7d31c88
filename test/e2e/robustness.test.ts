// Builds that are disturbed: by each other, by signals, by full and read-only disks, by wrong input. Each ends with the code
// and the words that it promises, leaves nothing half-made behind, and the next build gives the right bytes.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { because, distill, distillWell, exampleIn, mirrorMissing } from "../../testing/examples.ts";
import type { ProgramOptions, ProgramRun } from "../../testing/programs.ts";
import { missingProgram, runWell } from "../../testing/programs.ts";

const folder = inject("e2eFolder");
const missing = mirrorMissing ?? missingProgram("make", "g++");
const notRoot = missing ?? (process.getuid?.() === 0 ? undefined : "mounting a small disk needs root");

describe.skipIf(missing !== undefined)(`cc-app${because(missing)}`, () => {
  let project: string;
  /** Holds the packages, and nothing that was made of them. */
  let downloaded: string;
  /** What an undisturbed build writes. */
  let expected: string;
  let durationMs: number;

  beforeAll(async () => {
    const cache = join(folder, "cache");
    project = await exampleIn(folder, "cc-app", cache);
    downloaded = await mkdtemp(join(folder, "downloaded-"));
    expected = join(downloaded, "expected.tar");
    await build(join(downloaded, "cache"), expected);
    const started = Date.now();
    const second = await freshCache();
    await build(second, join(second, "again.tar"));
    durationMs = Date.now() - started;
    await same(join(second, "again.tar"));
  });

  /** A cache of its own with all packages and nothing else; away after the test. */
  async function freshCache(): Promise<string> {
    const own = await mkdtemp(join(folder, "robust-"));
    cpSync(join(downloaded, "cache", "blobs"), join(own, "blobs"), { recursive: true });
    return own;
  }

  function args(cache: string, output: string): string[] {
    return ["build", project, "--frozen", "--cache-dir", cache, "-o", `oci-archive:${output}`];
  }

  async function build(cache: string, output: string): Promise<void> {
    await distillWell(args(cache, output));
  }

  async function same(file: string): Promise<void> {
    await runWell(["cmp", expected, file]);
  }

  test("two builds at once share a cache", async () => {
    const own = await emptyFolder();
    const outputs = ["a", "b", "c"].map((name) => join(own, `${name}.tar`));
    await Promise.all(outputs.map((output) => build(join(own, "cache"), output)));
    for (const output of outputs) await same(output);
    expect(leftovers(own)).toEqual([]);
  });

  test("a build that was killed at any moment is no burden for the next one", async () => {
    const own = await emptyFolder();
    const cache = join(own, "cache");
    const output = join(own, "out.tar");
    const random = randomNumbers(20_240_229);
    let killed = 0;
    for (let round = 0; round < 20; round++) {
      // Every other round starts from nothing, so that kills hit downloading and unpacking as well.
      if (round % 2 === 0) await rm(cache, { recursive: true, force: true });
      const afterMs = Math.round(random() * durationMs);
      const ran = await distill(args(cache, output), { kill: { signal: "SIGKILL", afterMs } });
      if (ran.signal === "SIGKILL") killed += 1;
      if (existsSync(output)) await same(output);
      await rm(output, { force: true });
    }
    expect(killed).toBeGreaterThan(5);
    await build(cache, output);
    await same(output);
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s ends with 130 and leaves nothing half-made",
    async (signal) => {
      const own = await emptyFolder();
      mkdirSync(join(own, "tmp"));
      const output = join(own, "out.tar");
      const env = { TMPDIR: join(own, "tmp") };
      for (const onText of ["building", "fetching", "unpacking"]) {
        await rm(join(own, "cache"), { recursive: true, force: true });
        const ran = await distill(args(join(own, "cache"), output), { env, kill: { signal, onText } });
        expect(ran, onText).toMatchObject({ code: 130, signal: null, stdout: "" });
        expect(ran.stderr).toMatch(/interrupted/);
        expect(leftovers(own)).toEqual([]);
        expect(existsSync(output)).toBe(false);
      }
    },
  );

  test.skipIf(notRoot !== undefined)(`a full disk under the cache${because(notRoot)}`, async () => {
    // Too small for the packages; for what is unpacked of them; for the layers.
    for (const size of ["3m", "9m", "16m", "21m"]) {
      const disk = await mount(`size=${size}`);
      const own = await emptyFolder();
      const output = join(own, "out.tar");
      const ran = await distill(args(join(disk, "cache"), output), { env: { TMPDIR: own } });
      expect({ size, code: ran.code }, ran.stderr).toEqual({ size, code: 3 });
      expectDiskFull(ran);
      expect(existsSync(output)).toBe(false);
      expect(leftovers(disk), size).toEqual([]);
    }
  });

  test.skipIf(notRoot !== undefined)(`a full disk under the output${because(notRoot)}`, async () => {
    const cache = await freshCache();
    await build(cache, join(cache, "warm.tar"));
    for (const size of ["4k", "1m", "4m"]) {
      for (const [kind, name] of [
        ["oci-archive", "out.tar"],
        ["docker-archive", "out.tar"],
        ["tar", "out.tar"],
        ["oci", "layout"],
        ["dir", "root"],
      ] as const) {
        const disk = await mount(`size=${size}`);
        const ran = await distill([
          "build",
          project,
          "--frozen",
          "--cache-dir",
          cache,
          "-o",
          `${kind}:${join(disk, name)}`,
        ]);
        expect({ kind, size, code: ran.code }, ran.stderr).toEqual({ kind, size, code: 3 });
        expectDiskFull(ran);
        expect({ kind, size, left: readdirSync(disk) }).toEqual({ kind, size, left: [] });
      }
    }
  });

  test.skipIf(notRoot !== undefined)(`a disk that can't be written to${because(notRoot)}`, async () => {
    const cache = await freshCache();
    const disk = await mount("ro");
    const output = await distill(args(cache, join(disk, "out.tar")));
    expect(output).toMatchObject({ code: 3, stdout: "" });
    expect(output.stderr).toMatch(/^error\[disk\]: .*out\.tar[\s\S]*read-only[\s\S]*^hint: /m);
    const store = await distill(args(join(disk, "cache"), join(cache, "out.tar")));
    expect(store).toMatchObject({ code: 3, stdout: "" });
    expect(store.stderr).toMatch(/^error\[disk\]: opening the cache .*\n.*read-only[\s\S]*^hint: /m);
  });

  test("a file where a folder should be", async () => {
    const cache = await freshCache();
    writeFileSync(join(cache, "file"), "");
    const ran = await distill(args(cache, join(cache, "file", "out.tar")));
    expect(ran).toMatchObject({ code: 3, stdout: "" });
    expect(ran.stderr).toMatch(/^error\[disk\]: .*out\.tar\n {2}there is no folder /m);
  });

  test("damaged cache entries are made again", async () => {
    const cache = await freshCache();
    await build(cache, join(cache, "first.tar"));
    await rm(join(cache, "first.tar"));
    for (const blob of readdirSync(join(cache, "blobs")))
      writeFileSync(join(cache, "blobs", blob), "damaged");
    const output = join(cache, "second.tar");
    // A damaged entry may stop one build, which removes it; never may it end up in an image.
    let ran: ProgramRun;
    for (let attempt = 0; ; attempt++) {
      ran = await distill(args(cache, output));
      if (ran.code === 0 || attempt === 5) break;
      expect(ran.code).toBe(3);
      expect(ran.stderr).toContain("error[cache]");
    }
    expect(ran.code, ran.stderr).toBe(0);
    await same(output);
  });
});

describe("wrong input", () => {
  test("a spec with mistakes: exit code 2, each with its place", async () => {
    const own = await emptyFolder();
    writeFileSync(
      join(own, "distill.yaml"),
      "apiVersion: distill/v1\nname: app\nrun:\n  entrypoint: [/app]\n  usr: root\n  ports: [http]\n",
    );
    const ran = await distill(["build", "."], inFolder(own));
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toMatch(/^distill\.yaml:5:3: error/m);
    expect(ran.stderr).toMatch(/^distill\.yaml:6:11: error/m);
  });

  test("--frozen without a lock: exit code 1, nothing written", async () => {
    const own = await emptyFolder();
    writeFileSync(
      join(own, "distill.yaml"),
      "apiVersion: distill/v1\nname: app\nrepositories: [{debian: bookworm}]\nrun:\n  packages: [libc6]\n  entrypoint: [/app]\n",
    );
    const ran = await distill(["build", "--frozen", "."], inFolder(own));
    expect(ran).toMatchObject({ code: 1, stdout: "" });
    expect(ran.stderr).toMatch(/there is no distill\.lock[\s\S]*^hint: .*distill lock/m);
    expect(readdirSync(own).sort()).toEqual(["cache", "distill.yaml"]);
  });

  test("no spec at all: exit code 2", async () => {
    const ran = await distill(["build", "."], inFolder(await emptyFolder()));
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain("distill.yaml");
  });
});

function inFolder(cwd: string): ProgramOptions {
  return { cwd, env: { DISTILL_CACHE_DIR: join(cwd, "cache") } };
}

/** A folder that is gone after the test. */
async function emptyFolder(): Promise<string> {
  const own = await mkdtemp(join(folder, "robust-"));
  onTestFinished(() => rm(own, { recursive: true, force: true }));
  return own;
}

/** A small file system in memory, unmounted after the test. */
async function mount(options: string): Promise<string> {
  const at = await mkdtemp(join(folder, "disk-"));
  await runWell(["mount", "-t", "tmpfs", "-o", options, "distill-test", at]);
  onTestFinished(async () => {
    await runWell(["umount", at]);
    await rm(at, { recursive: true });
  });
  return at;
}

/** Temporary files below a folder: in the cache's and the system's folders for them, or named as such. */
function leftovers(below: string): string[] {
  const { stdout } = spawnSync("find", [below, "-mindepth", "1", "-printf", "%P\\n"], { encoding: "utf8" });
  return stdout.split("\n").filter((name) => /(^|\/)tmp\/|\.tmp-|\.partial$/.test(name));
}

function expectDiskFull({ stdout, stderr }: ProgramRun): void {
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^error\[disk\]: .*\n {2}the disk is full\n(.*\n)*hint: free some room/m);
}

/** Numbers in [0, 1), the same ones for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
