// Needs util-linux and namespaces; the program is this machine's BusyBox or any static shell that it has.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runInSandbox, type SandboxRequest, type SandboxResult } from "../../src/engines/native/sandbox.ts";
import { helloProgram } from "../../testing/hello-program.ts";
import { withFolder } from "../../testing/layouts.ts";

const host = { isRoot: process.getuid?.() === 0, path: process.env["PATH"] ?? "" };
const busybox = spawnSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).stdout.trim();
const isStatic = busybox !== "" && spawnSync(busybox, ["true"]).status === 0;
const namespaces = spawnSync("unshare", ["--user", "--map-root-user", "--mount", "true"]).status === 0;
const missing = !namespaces
  ? "namespaces can't be made here"
  : !isStatic
    ? "there is no busybox (busybox-static)"
    : undefined;

async function run(
  script: string,
  request: Partial<SandboxRequest> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<SandboxResult> {
  let result: SandboxResult | undefined;
  await withFolder(async (folder) => {
    chmodSync(folder, 0o755);
    const root = join(folder, "root");
    for (const name of ["bin", "work"]) mkdirSync(join(root, name), { recursive: true });
    copyFileSync(busybox, join(root, "bin/busybox"));
    writeFileSync(join(root, "bin/hello"), helloProgram(), { mode: 0o755 });
    result = await runInSandbox(
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
      host,
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
      expect(stdout).toBe(`${uid} /work b c\nbin\ndev\nproc\ntmp\nwork\nin`);
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

test("a host without the tools is told what is needed", async () => {
  const request = {
    root: "/",
    argv: ["/x"],
    env: {},
    workingDir: "/",
    uid: 1,
    gid: 1,
    timeoutMs: 1000,
  } as const;
  const { signal } = new AbortController();
  expect(() => runInSandbox(request, { isRoot: false, path: "/nowhere" }, signal)).toThrow(
    /unshare was not found/,
  );
});
