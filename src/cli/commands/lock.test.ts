import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { app, type Samples } from "../../../testing/phases.ts";
import { openProject, specHead, type TestProject } from "../../../testing/project.ts";

let project: TestProject;

const spec = `${specHead}run:
  packages: [app]
  user: "70:70"
  entrypoint: [/usr/bin/app]
`;
const library = { data: { "/usr/share/lib/x": "x" } };
const first: Samples = { app: { ...app, depends: ["lib"] }, lib: library };

beforeAll(async () => {
  project = await openProject();
});
afterAll(() => project.close());
beforeEach(async () => {
  await project.publish(first);
  await project.write({ "distill.yaml": spec });
});

test("lock writes what it resolved, the same in every run", async () => {
  expect(await project.run(["lock"])).toMatchObject({ code: 0, stdout: "linux/amd64 run: 2 packages\n" });
  const text = await project.read("distill.lock");
  expect(await project.run(["lock"])).toMatchObject({ code: 0 });
  expect(await project.read("distill.lock")).toBe(text);
  expect(text).not.toContain(project.repository.url);
});

test("both phases are locked", async () => {
  await project.write({ "distill.yaml": `${spec}init: {packages: [lib], command: [/x]}\n` });
  expect(await project.run(["lock"])).toMatchObject({
    code: 0,
    stdout: "linux/amd64 run: 2 packages\nlinux/amd64 init: 1 packages\n",
  });
});

describe("stages", () => {
  const stage = (packages: string): string =>
    `${spec}  copy: [{from: made, source: /x, target: /y}]\nbuild:\n  made: {packages: [${packages}]}\n  other: {packages: [nosuch]}\n`;

  test("are locked where the image needs them, with the essential packages that there are", async () => {
    await project.publish({ ...first, dash: { data: { "/usr/bin/dash": "x" } } });
    await project.write({ "distill.yaml": stage("lib") });
    const ran = await project.run(["lock"]);
    expect(ran).toMatchObject({
      code: 0,
      stdout: "linux/amd64 run: 2 packages\nlinux/amd64 build/made: 2 packages\n",
    });
    expect(ran.stderr).toContain("the stage other is not built");
    await project.write({ "distill.yaml": stage('lib, "!dash"') });
    expect((await project.run(["lock"])).stdout).toContain("build/made: 1 packages");
  });

  test("out of a lock are noticed, and shown by update", async () => {
    await project.run(["lock"]);
    await project.write({ "distill.yaml": stage("lib") });
    const ran = await project.run(["build", "--frozen"]);
    expect(ran).toMatchObject({ code: 1 });
    expect(ran.stderr).toContain("error[lock-differs]");
    expect((await project.run(["update", "--dry-run"])).stdout).toBe(
      "linux/amd64 build/made\n  + lib 1.0-1\n",
    );
  });
});

test.each<{
  summary: string;
  packages: string;
  fault?: string;
  env?: Record<string, string>;
  code: number;
  says: RegExp;
}>([
  {
    summary: "a package that nobody has",
    packages: "nosuch",
    code: 3,
    says: /error\[unsatisfiable\].*\n?.*nosuch/,
  },
  { summary: "a version that nobody has", packages: "app=9", code: 3, says: /error\[unsatisfiable\]/ },
  {
    summary: "a signature that is wrong",
    packages: "app",
    fault: "InRelease",
    code: 3,
    says: /error\[(?:signature|malformed)\]/,
  },
  {
    summary: "a mirror that is no URL",
    packages: "app",
    env: { DISTILL_DEBIAN_MIRROR: "mirror" },
    code: 3,
    says: /mirror/,
  },
])("$summary is told, and the lock stays", async ({ packages, fault, env, code, says }) => {
  await project.write({ "distill.yaml": spec.replace("[app]", `[${packages}]`), "distill.lock": "old" });
  if (fault !== undefined) project.repository.faults.set(fault, { kind: "corrupt" });
  const ran = await project.run(["lock", "--cache-dir", `cache-${code}${packages}${fault ?? ""}`], env);
  project.repository.faults.clear();
  expect(ran.stderr).toMatch(says);
  expect(ran).toMatchObject({ code, stdout: "" });
  expect(await project.read("distill.lock")).toBe("old");
});

describe("update", () => {
  const newer: Samples = {
    app: { ...app, control: { Version: "2.0-1" }, depends: ["other"] },
    other: library,
    lib: library,
  };
  const shown = "linux/amd64 run\n  + other 1.0-1\n  - lib 1.0-1\n  ~ app 1.0-1 -> 2.0-1\n";

  beforeEach(async () => {
    await project.run(["lock"]);
    await project.publish(newer);
  });

  test("--dry-run shows, says with its exit code that there is something, and writes nothing", async () => {
    const before = await project.read("distill.lock");
    expect(await project.run(["update", "-n"])).toMatchObject({ code: 1, stdout: shown });
    expect(await project.read("distill.lock")).toBe(before);
  });

  test("shows, and writes", async () => {
    expect(await project.run(["update"])).toMatchObject({ code: 0, stdout: shown });
    expect(await project.run(["update", "--dry-run"])).toMatchObject({
      code: 0,
      stdout: "nothing changed\n",
    });
    expect(await project.run(["build", "--frozen"])).toMatchObject({ code: 0 });
  });

  test("a package that was built again", async () => {
    await project.publish({ ...first, lib: { data: { "/usr/share/lib/x": "y" } } });
    expect(await project.run(["update", "-n"])).toMatchObject({
      code: 1,
      stdout: "linux/amd64 run\n  ~ lib 1.0-1 (built again)\n",
    });
  });

  test("without a lock everything is new", async () => {
    await project.write({ "fresh.yaml": spec });
    expect(await project.run(["update", "-n", "-f", "fresh.yaml"])).toMatchObject({
      code: 1,
      stdout: "linux/amd64 run\n  + app 2.0-1\n  + other 1.0-1\n",
    });
  });
});
