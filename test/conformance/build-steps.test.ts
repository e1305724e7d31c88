// Build steps in the sandbox, as root and as ordinary users: what a command has, and what it leaves.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { because } from "../../testing/examples.ts";
import { missingProgram, runWell } from "../../testing/programs.ts";
import type { SandboxCase, SandboxOutcome, SandboxReport } from "../../testing/sandbox/session.ts";
import {
  isRoot,
  removeSessions,
  runCases,
  type SandboxUser,
  sandboxUsers,
} from "../../testing/sandbox/users.ts";

const missing =
  missingProgram("gcc", "busybox", "unshare", "setpriv") ??
  (isRoot ? missingProgram("newuidmap") : undefined) ??
  (existsSync("/etc/subuid") ? undefined : "there is no /etc/subuid (package uidmap)");

interface Step extends SandboxCase {
  /** Both outputs; a pattern where they differ. */
  readonly prints: string | RegExp | ((user: SandboxUser) => string | RegExp);
  readonly ends?: Partial<NonNullable<SandboxOutcome["result"]>>;
  /** Paths that it leaves, all of them. */
  readonly leaves?: readonly string[];
}

const shell = (script: string): readonly string[] => ["/bin/busybox", "sh", "-c", script];
/** Places that every root gets, as with other engines. */
const places = ["dev", "proc", "sys"];
const isSingle = (user: SandboxUser): boolean => user === "a user with one id";

const steps: readonly Step[] = [
  // ---- how it ends
  { name: "ends with 0", argv: ["/bin/busybox", "true"], prints: "", ends: { exitCode: 0 }, leaves: places },
  { name: "ends with 3", argv: shell("exit 3"), prints: "", ends: { exitCode: 3 } },
  { name: "ends by a signal", argv: shell("kill -15 $$"), prints: "", ends: { signal: "SIGTERM" } },
  { name: "is looked for in PATH", argv: ["busybox", "echo", "found"], prints: "found\n" },
  {
    name: "is not there",
    argv: ["nosuch"],
    prints: "distill: nosuch: not found in PATH\n",
    ends: { exitCode: 127 },
  },
  {
    name: "is not there, by its path",
    argv: ["/nosuch"],
    prints: /^distill: \/nosuch: there is no such program/,
    ends: { exitCode: 127 },
  },
  { name: "may not be executed", argv: ["/etc"], prints: /may not be executed/, ends: { exitCode: 126 } },
  {
    name: "takes what it started with it",
    argv: shell("busybox sleep 1000 & echo done"),
    prints: "done\n",
    ends: { exitCode: 0 },
  },
  {
    name: "has orphans reaped",
    argv: shell("(busybox true &) ; busybox sleep 0.2; busybox ps -o stat | busybox grep -c Z"),
    prints: "0\n",
  },
  // ---- what it has
  {
    name: "is root of Docker's capabilities",
    argv: shell(
      "busybox id -u; busybox id -g; busybox grep -E 'Cap(Inh|Prm|Bnd|Amb)|NoNew|Seccomp:' /proc/self/status",
    ),
    prints: [
      "0\n0",
      "CapInh:\t0000000000000000",
      "CapPrm:\t00000000a80425fb",
      "CapBnd:\t00000000a80425fb",
      "CapAmb:\t0000000000000000",
      "NoNewPrivs:\t0",
      "Seccomp:\t2\n",
    ].join("\n"),
  },
  {
    name: "is another user, with its groups and no capabilities",
    argv: shell("busybox id -u; busybox id -g; busybox id -G; busybox grep CapEff /proc/self/status"),
    given: { uid: 1000, gid: 2000, groups: [5, 3000] },
    prints: (user) => `1000\n2000\n${isSingle(user) ? "2000" : "2000 5 3000"}\nCapEff:\t0000000000000000\n`,
  },
  {
    name: "can become root with a set-uid program",
    argv: ["/bin/set-user-attack", "set-user"],
    given: { uid: 1000, gid: 1000 },
    prints: (user) => `uid 1000, effective ${isSingle(user) ? 1000 : 0}\n`,
  },
  {
    name: "has the environment that is given, and no other",
    argv: ["/bin/busybox", "env"],
    given: { env: ["PATH=/bin", "A=b c", "EMPTY="] },
    prints: "PATH=/bin\nA=b c\nEMPTY=\n",
  },
  { name: "reads what is given", argv: ["/bin/busybox", "cat"], stdin: "to read", prints: "to read" },
  {
    name: "reads it by name",
    argv: shell("busybox cat /dev/stdin"),
    stdin: "x".repeat(100_000),
    given: { uid: 5, gid: 5 },
    prints: "x".repeat(100_000),
  },
  { name: "reads nothing else", argv: ["/bin/busybox", "wc", "-c"], prints: "0\n" },
  {
    name: "writes to its output by name, whoever it is",
    argv: shell("echo out > /dev/stdout; echo err > /dev/stderr"),
    given: { uid: 1000, gid: 1000 },
    prints: /^(out\nerr|err\nout)\n$/,
  },
  {
    name: "writes much",
    argv: shell("busybox head -c 3000000 /dev/zero | busybox tr '\\0' x"),
    prints: /^x{3000000}$/,
  },
  { name: "has its host name", argv: ["/bin/busybox", "hostname"], prints: "sandbox\n" },
  {
    name: "has its hosts and resolv.conf, and leaves none",
    argv: shell("busybox cat /etc/hosts; busybox touch /made"),
    prints: "127.0.0.1 localhost\n",
    leaves: [...places, "made"].toSorted(),
  },
  {
    name: "has its limits",
    argv: shell("ulimit -n; ulimit -Hn; ulimit -c"),
    given: {
      ulimits: [
        { name: "nofile", soft: 100, hard: 200 },
        { name: "core", soft: 0, hard: 0 },
      ],
    },
    prints: "100\n200\n0\n",
  },
  {
    name: "has shared memory",
    argv: shell("busybox df -k /dev/shm | busybox awk 'NR==2 {print $2}'"),
    prints: "64\n",
  },
  { name: "has loopback", argv: shell("busybox ifconfig lo | busybox grep -c UP"), prints: "1\n" },
  {
    name: "has the host's network where it is to",
    argv: shell("busybox nc -w 5 127.0.0.1 $PORT </dev/null && echo there"),
    given: { network: "host" },
    prints: "there\n",
  },
  { name: "has a terminal to open", argv: shell("busybox test -c /dev/ptmx && echo yes"), prints: "yes\n" },
  // ---- what it leaves
  {
    name: "has its working directory made, for its user",
    argv: shell("busybox pwd; busybox stat -c %u:%g:%a ."),
    given: { workingDir: "/srv/app", uid: 1000, gid: 1001 },
    prints: "/srv/app\n1000:1001:755\n",
    leaves: [...places, "srv", "srv/app"].toSorted(),
  },
  {
    name: "gives files away",
    argv: shell("busybox touch /f; busybox chown 5:6 /f 2>/dev/null; busybox stat -c %u:%g /f"),
    prints: (user) => (isSingle(user) ? "0:0\n" : "5:6\n"),
  },
  {
    name: "removes a file of the image",
    argv: shell("busybox rm /canary-link && ! busybox test -L /canary-link && echo gone"),
    prints: "gone\n",
    leaves: ["canary-link", ...places].toSorted(),
  },
  {
    name: "leaves no mount points, nor the folders above them, but what it put beside them",
    argv: shell("busybox touch /deep/other/kept /cache/x"),
    mounts: [
      { kind: "tmpfs", target: "/deep/er/tmp" },
      { kind: "tmpfs", target: "/deep/other/tmp" },
      { kind: "bind", source: "$BASE/shared", target: "/cache", readOnly: false },
      { kind: "bind", source: "$BASE/source", path: "file", target: "/one/file", readOnly: true },
    ],
    prints: "",
    ends: { exitCode: 0 },
    leaves: ["deep", "deep/other", "deep/other/kept", ...places].toSorted(),
  },
  {
    name: "has its folders' times as they were",
    argv: shell("busybox stat -c %Y / > /before; echo kept"),
    mounts: [{ kind: "tmpfs", target: "/bin/mounted" }],
    prints: "kept\n",
  },
  {
    name: "sees a source through a read-only mount, part by part",
    argv: shell("busybox cat /m /stack; ! (echo x > /m) 2>/dev/null && echo safe"),
    mounts: [
      { kind: "bind", source: "$BASE/source", path: "file", target: "/m", readOnly: true },
      { kind: "overlay", lower: ["$BASE/source"], path: "/file", target: "/stack" },
    ],
    prints: "of the sourceof the sourcesafe\n",
  },
  {
    name: "reads a secret, whoever it is",
    argv: shell("busybox cat /run/secrets/key; busybox stat -c ' %a' /run/secrets/key"),
    secret: { target: "/run/secrets/key", text: "hush" },
    given: { uid: 1000, gid: 1000 },
    prints: "hush 400\n",
    leaves: places,
  },
  {
    name: "talks to a socket of the host's user, as its own",
    argv: shell("busybox stat -c '%a %u' /run/agent; attack talk /run/agent"),
    mounts: [
      { kind: "socket", source: "$BASE/agent", target: "/run/agent", mode: 0o600, uid: 1000, gid: 1000 },
    ],
    given: { uid: 1000, gid: 1000 },
    prints: "600 1000\nthe agent\n",
    leaves: places,
  },
  {
    name: "may not write a root that is read-only, and /dev/shm it may",
    argv: shell("! (echo x > /x) 2>/dev/null && echo x > /dev/shm/x && echo well"),
    given: { readOnlyRoot: true },
    prints: "well\n",
    leaves: places,
  },
  {
    name: "has a folder as its root",
    argv: ["/bin/busybox", "cat", "/etc/hosts"],
    boundRoot: "$BASE/lower",
    prints: "127.0.0.1 localhost\n",
  },
];

describe.skipIf(missing !== undefined)(`a build step${because(missing)}`, () => {
  let folder: string;
  const programs = { busybox: "", attack: "" };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "distill-steps-"));
    programs.attack = join(folder, "attack");
    programs.busybox = (await runWell(["sh", "-c", "command -v busybox"])).trim();
    const source = join(import.meta.dirname, "../../testing/sandbox/attack.c");
    await runWell(["gcc", "-O1", "-static", "-o", programs.attack, source]);
  });
  afterAll(() => removeSessions(folder));

  describe.each(sandboxUsers)("of %s", (user) => {
    let report: SandboxReport;
    beforeAll(async () => {
      report = await runCases(folder, user, programs, steps);
    });

    test.each(steps.map(({ name }, index) => [name, index] as const))("%s", (_name, index) => {
      const step = steps[index];
      const outcome = report.outcomes[index];
      if (step === undefined || outcome === undefined) throw new Error("it was not run");
      expect(outcome.error).toBeUndefined();
      const prints = typeof step.prints === "function" ? step.prints(user) : step.prints;
      if (typeof prints === "string") expect(outcome.output).toBe(prints);
      else expect(outcome.output).toMatch(prints);
      if (step.ends !== undefined) expect(outcome.result).toMatchObject(step.ends);
      if (step.leaves !== undefined) expect(outcome.changed).toEqual(step.leaves);
    });
  });
});

describe.skipIf(missing !== undefined)(`a build that is killed${because(missing)}`, () => {
  test("takes its step with it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "distill-killed-"));
    try {
      const marker = `sleep 5${process.pid}`;
      const busybox = (await runWell(["sh", "-c", "command -v busybox"])).trim();
      const cases = [{ name: "killed", argv: shell(`busybox ${marker} & busybox ${marker}`) }];
      const plan = { folder, busybox, attack: busybox, user: "nobody", disk: "0", cases };
      writeFileSync(join(folder, "plan.json"), JSON.stringify(plan));
      const session = join(import.meta.dirname, "../../testing/sandbox/session.ts");
      const child = spawn(process.execPath, [session, join(folder, "plan.json")], { stdio: "ignore" });
      const running = (): number =>
        spawnSync("pgrep", ["-f", `^busybox ${marker}$`]).stdout.toString().length;
      await vi.waitUntil(() => running() > 0, { timeout: 60_000 });
      child.kill("SIGKILL");
      await vi.waitUntil(() => running() === 0, { timeout: 60_000 });
    } finally {
      await removeSessions(folder);
    }
  });
});

const compilers = missingProgram("x86_64-linux-gnu-gcc", "aarch64-linux-gnu-gcc");
const isBookworm =
  existsSync("/etc/os-release") && readFileSync("/etc/os-release", "utf8").includes("bookworm");
const unfit = compilers ?? (isBookworm ? undefined : "this is not Debian bookworm");

describe.skipIf(unfit !== undefined)(`the runner's programs${because(unfit)}`, () => {
  test("are what their sources give", () => {
    const home = join(import.meta.dirname, "../..");
    const made = mkdtempSync(join(tmpdir(), "distill-runner-"));
    try {
      const built = spawnSync(process.execPath, [join(home, "scripts/build-runner.ts"), made], {
        encoding: "utf8",
      });
      expect(built.status, built.stderr).toBe(0);
      for (const name of ["amd64", "arm64"]) {
        const kept = readFileSync(join(home, "src/engines/native/runner/bin", name));
        expect(readFileSync(join(made, name)).equals(kept), name).toBe(true);
      }
    } finally {
      rmSync(made, { recursive: true });
    }
  });
});
