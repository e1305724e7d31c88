// Whoever builds gets the same bytes: an ordinary user as well as root.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { because, distillWell, exampleIn, mirrorMissing } from "../../testing/examples.ts";
import { missingProgram, type ProgramRun, runProgram, runWell } from "../../testing/programs.ts";

const home = join(import.meta.dirname, "../..");
const folder = inject("e2eFolder");
const id = 54_321;
const missing =
  mirrorMissing ??
  missingProgram("make", "g++", "setpriv") ??
  (process.getuid?.() === 0 ? undefined : "becoming another user needs root");

describe.skipIf(missing !== undefined)(`an ordinary user${because(missing)}`, () => {
  /** The user's own; everything else is root's, and this run's folder is closed to others. */
  let own: string;
  let project: string;
  let expected: string;

  beforeAll(async () => {
    const cache = join(folder, "cache");
    const example = await exampleIn(folder, "cc-app", cache);
    own = mkdtempSync(join(tmpdir(), "distill-user-"));
    project = join(own, "project");
    cpSync(example, project, { recursive: true });
    expected = join(folder, "root.tar");
    await distillWell(["build", example, "--frozen", "--cache-dir", cache, "-o", `oci-archive:${expected}`]);
    await runWell(["chown", "-R", `${id}:${id}`, own]);
  });
  afterAll(() => rmSync(own, { recursive: true, force: true }));

  function asUser(...args: readonly string[]): Promise<ProgramRun> {
    const become = ["setpriv", `--reuid=${id}`, `--regid=${id}`, "--clear-groups", "--no-new-privs"];
    const env = { HOME: own, XDG_CACHE_HOME: undefined, DISTILL_CACHE_DIR: undefined };
    return runProgram([...become, join(home, "distill"), ...args], { env, cwd: own });
  }

  test("builds what root builds, to the byte", async () => {
    const output = join(own, "out.tar");
    const ran = await asUser("build", project, "--frozen", "-o", `oci-archive:${output}`);
    expect(ran.code, ran.stderr).toBe(0);
    await runWell(["cmp", expected, output]);
  });

  test("tests it", async () => {
    const ran = await asUser("test", project, "--frozen");
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/^2 passed, 0 failed$/m);
  });

  test("unpacks it, and is told that owners are lost", async () => {
    const ran = await asUser("build", project, "--frozen", "-o", `dir:${join(own, "root")}`);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).toContain("does not keep the owners");
    const printed = await runWell([join(own, "root/usr/local/bin/app")]);
    expect(printed).toContain("sha256 ");
  });

  test("is told where it may not write", async () => {
    const ran = await asUser("build", project, "--frozen", "-o", "oci-archive:/etc/out.tar");
    expect(ran).toMatchObject({ code: 3, stdout: "" });
    expect(ran.stderr).toMatch(/^error\[disk\]: writing \/etc\/out\.tar\n.*permission denied[\s\S]*^hint: /m);
    const hidden = await asUser("build", project, "--frozen", "--cache-dir", join(folder, "cache"));
    expect(hidden).toMatchObject({ code: 3, stdout: "" });
    expect(hidden.stderr).toMatch(/^error\[disk\]: opening the cache .*\n.*permission denied[\s\S]*^hint: /m);
  });
});
