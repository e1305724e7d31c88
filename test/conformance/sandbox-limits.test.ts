// A program of an image in the sandbox of tests. It is this machine's BusyBox.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type ProgramRequest,
  type ProgramResult,
  runInImage,
} from "../../src/engines/native/image-program.ts";
import { openRunner } from "../../src/engines/native/runner/open.ts";
import { helloProgram } from "../../testing/hello-program.ts";
import { withFolder } from "../../testing/layouts.ts";

const { uid: ownUid, gid: ownGid, username } = userInfo();
const host = {
  isRoot: ownUid === 0,
  uid: ownUid,
  gid: ownGid,
  user: username,
  path: process.env["PATH"] ?? "",
};
const busybox = spawnSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).stdout.trim();
const isStatic = busybox !== "" && spawnSync(busybox, ["true"]).status === 0;
const missing = isStatic ? undefined : "there is no busybox (busybox-static)";

async function run(
  script: string,
  request: Partial<ProgramRequest> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<ProgramResult> {
  let result: ProgramResult | undefined;
  await withFolder(async (folder) => {
    chmodSync(folder, 0o755);
    const root = join(folder, "root");
    for (const name of ["bin", "work"]) mkdirSync(join(root, name), { recursive: true });
    copyFileSync(busybox, join(root, "bin/busybox"));
    writeFileSync(join(root, "bin/hello"), helloProgram(), { mode: 0o755 });
    const runner = await openRunner(host, join(folder, "scratch"), { ids: "single" });
    result = await runInImage(
      {
        root,
        argv: ["/bin/busybox", "sh", "-c", script],
        env: { PATH: "/bin", A: "b c" },
        workingDir: "/work",
        uid: 1234,
        gid: 2345,
        timeoutMs: 20_000,
        ...request,
      },
      runner,
      signal,
    );
  });
  if (result === undefined) throw new Error("nothing ran");
  return result;
}

const why = missing === undefined ? "" : ` (skipped: ${missing})`;

describe.skipIf(missing !== undefined)(`a sandbox${why}`, () => {
  test.each([1234, 0])(
    "user %i gets its ids, its environment, its folder and nothing of the host",
    async (uid) => {
      const script =
        'echo $(busybox id -u) $(busybox pwd) "$A" $HOME; busybox ls /; busybox touch /x; busybox cat';
      const { stdout, stderr, exitCode } = await run(script, { uid, gid: uid, stdin: "in" });
      expect(stdout).toBe(`${uid} /work b c\nbin\ndev\netc\nproc\nsys\ntmp\nwork\nin`);
      expect(stderr).toContain("Read-only file system");
      expect(exitCode).toBe(0);
    },
  );

  test("an ordinary user has no capabilities, and no network but loopback", async () => {
    const { stdout } = await run(
      "busybox grep CapEff /proc/self/status; busybox ls /proc | busybox grep -c '^[0-9]*$'",
    );
    expect(stdout).toMatch(/CapEff:\s0+\n/);
  });

  test.each([1234, 0])("user %i is ended at the time limit, with all that it started", async (uid) => {
    const marker = `sleep 4${process.pid}${uid}`;
    const result = await run(`busybox ${marker} & busybox ${marker}`, { uid, gid: uid, timeoutMs: 700 });
    expect(result.timedOut).toBe(true);
    expect(spawnSync("pgrep", ["-f", marker], { encoding: "utf8" }).stdout).toBe("");
  });

  test("an interruption ends it", async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 500);
    await expect(run("busybox sleep 100", {}, abort.signal)).rejects.toMatchObject({ code: "interrupted" });
  });

  test("a program that isn't there ends with 127, one that is needs no shell", async () => {
    expect((await run("", { argv: ["/nope"] })).exitCode).toBe(127);
    expect((await run("", { argv: ["/bin/hello"] })).stdout).toBe("hello");
  });
});
