// Hostile steps in the sandbox: none gets out, as root and as ordinary users.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { hostname, release, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { because } from "../../testing/examples.ts";
import { missingProgram, runWell } from "../../testing/programs.ts";
import { attacks } from "../../testing/sandbox/attacks.ts";
import { canaryText, type SandboxOutcome, type SandboxReport } from "../../testing/sandbox/session.ts";
import { isRoot, removeSessions, runCases, sandboxUsers } from "../../testing/sandbox/users.ts";

const missing =
  missingProgram("gcc", "busybox", "unshare", "setpriv") ??
  (isRoot ? missingProgram("newuidmap") : undefined) ??
  (existsSync("/etc/subuid") ? undefined : "there is no /etc/subuid (package uidmap)");

describe.skipIf(missing !== undefined)(`a hostile step${because(missing)}`, () => {
  let folder: string;
  const programs = { busybox: "", attack: "" };
  const before = hostState();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "distill-attacks-"));
    programs.attack = join(folder, "attack");
    programs.busybox = (await runWell(["sh", "-c", "command -v busybox"])).trim();
    const source = join(import.meta.dirname, "../../testing/sandbox/attack.c");
    await runWell(["gcc", "-O1", "-static", "-Wall", "-Wextra", "-Werror", "-o", programs.attack, source]);
  });
  afterAll(() => removeSessions(folder));

  describe.each(sandboxUsers)("of %s", (user) => {
    const cases = attacks.filter(
      ({ rootOnly, needsScopes }) => (rootOnly !== true || isRoot) && (needsScopes !== true || hasScopes()),
    );
    let report: SandboxReport;
    beforeAll(async () => {
      if (user === "root") {
        mkdirSync(join(folder, "root/lower"), { recursive: true });
        await runWell(["mknod", "-m", "666", join(folder, "root/lower/image-device"), "c", "1", "5"]);
      }
      report = await runCases(folder, user, programs, cases);
    });

    test("has the ids of one", () => {
      const kinds = { root: "root", "a user with sub-ids": "mapped", "a user with one id": "single" };
      expect(report.identity).toBe(kinds[user]);
      if (report.identity === "single") expect(report.note).toMatch(/no sub-ids .* usermod --add-subuids/);
    });

    test.each(cases.map(({ name }, index) => [name, index] as const))("%s", (_name, index) => {
      const { escaped } = cases[index] ?? {};
      const outcome = report.outcomes[index];
      if (outcome === undefined) throw new Error("it was not run");
      const why = escaped === undefined ? endedWell(outcome) : escaped(outcome, user);
      expect(why).toBeUndefined();
      expect(outcome.output).not.toContain(canaryText);
      expect(outcome.output).not.toContain("ESCAPED");
      expect(outcome.canary).toBe(canaryText);
      expect(outcome.target).toEqual([]);
    });

    test("leaves nothing on the host", () => {
      expect(hostState()).toEqual(before);
      expect(report.cgroups).toEqual([]);
      expect(spawnSync("pgrep", ["-f", "^/bin/attack daemon"], { encoding: "utf8" }).stdout).toBe("");
      const own = join(folder, user.replaceAll(" ", "-"));
      expect(readdirSync(join(own, "scratch"))).toEqual([]);
      // Nobody else reaches a set-uid program that a step is making.
      expect(statSync(join(own, "scratch")).mode & 0o777).toBe(0o700);
      expect(readdirSync(join(own, "source")).toSorted()).toEqual(["file", "out", "up"]);
    });
  });
});

function endedWell({ result, error, output }: SandboxOutcome): string | undefined {
  return result?.exitCode === 0 ? undefined : `${JSON.stringify({ result, error })}: ${output}`;
}

function hasScopes(): boolean {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  const modules = "/sys/kernel/security/lsm";
  const isOn = !existsSync(modules) || readFileSync(modules, "utf8").includes("landlock");
  return isOn && (major > 6 || (major === 6 && minor >= 12));
}

/** Of the machine, as a step could change it. */
function hostState(): unknown {
  const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
  const mounts = read("/proc/self/mountinfo").split("\n");
  return {
    hostname: hostname(),
    devices: ["null", "zero", "tty"].map((name) => {
      const { mode, uid, gid } = statSync(`/dev/${name}`);
      return { name, mode, uid, gid };
    }),
    core: read("/proc/sys/kernel/core_pattern"),
    mounts: mounts.filter((line) => line.includes("distill-attacks-")),
  };
}
