import { afterAll, beforeAll, expect, test } from "vitest";
import { app, executable, type Samples, staticProgram } from "../../../testing/phases.ts";
import { openProject, specHead, type TestProject } from "../../../testing/project.ts";

let project: TestProject;

const samples: Samples = {
  app: {
    data: {
      ...app.data,
      "/usr/share/app/data": "d",
      "/usr/share/app/more": "m",
      "/usr/share/doc/app/changelog": "c",
      "/usr/share/app/big": "b",
    },
    scripts: { postinst: "#!/bin/sh\nmkdir -p /srv/app\nupdate-rc.d app defaults\n" },
    depends: ["tool"],
  },
  tool: { data: { "/usr/bin/tool": executable(staticProgram) } },
};

beforeAll(async () => {
  project = await openProject();
  await project.publish(samples);
  await project.write({
    "distill.yaml": `${specHead}run:
  packages: [app]
  user: "70:70"
  entrypoint: [app]
  drop: [/usr/share/app/big]
  links: {/etc/link: /usr/share/app/data}
`,
  });
});
afterAll(() => project.close());

test.each<{ summary: string; argv: string[]; code?: number; stdout?: RegExp; stderr?: RegExp }>([
  {
    summary: "a program, by the chain that leads to it",
    argv: ["/usr/bin/app"],
    stdout:
      /^\/usr\/bin\/app \(entrypoint-runtime\)\n {2}entrypoint\n {4}entrypoint app \(root\)\n {2}\/usr\/bin\/app\n/,
  },
  { summary: "a path through a link to a folder", argv: ["/bin/app"], stdout: /^\/usr\/bin\/app \(/ },
  { summary: "a link of the spec", argv: ["/etc/link"], stdout: /^\/etc\/link \(declared\)/ },
  { summary: "data of a package", argv: ["/usr/share/app/more"], stdout: /\(package-data\)\n/ },
  {
    summary: "documentation",
    argv: ["/usr/share/doc/app/changelog"],
    stdout: /^\/usr\/share\/doc\/app\/changelog is not in the image: /,
  },
  {
    summary: "what the spec drops",
    argv: ["/usr/share/app/big"],
    stdout:
      /^\/usr\/share\/app\/big is not in the image: dropped by drop \/usr\/share\/app\/big \(distill\.yaml:9\)\n$/,
  },
  {
    summary: "what is made from what ships",
    argv: ["/var/lib/dpkg/status.d/app"],
    stdout: /^\/var\/lib\/dpkg\/status\.d\/app\n {2}made from what is in the image \(package database\)\n$/,
  },
  {
    summary: "a misspelt path",
    argv: ["/usr/bin/ap"],
    code: 3,
    stderr: /^error\[not-found\]: explaining \/usr\/bin\/ap\n[\s\S]*hint: did you mean \/usr\/bin\/app\?\n$/,
  },
  { summary: "what no path can be", argv: ["\0"], code: 3, stderr: /error\[not-found\]/ },
  { summary: "all that was left out", argv: [], stdout: /^ +1 B +1 file +app:amd64|app:amd64\n/ },
  { summary: "the scripts", argv: ["--scripts"], stdout: /app:amd64/ },
  {
    summary: "a platform that the spec has not",
    argv: ["--platform", "linux/riscv64"],
    code: 2,
    stderr: /the spec has no platform linux\/riscv64/,
  },
])("$summary", async ({ argv, code = 0, stdout = /^$/, stderr }) => {
  const ran = await project.run(["explain", ".", ...argv, "--quiet"]);
  expect(ran.stdout).toMatch(stdout);
  if (stderr !== undefined) expect(ran.stderr).toMatch(stderr);
  expect(ran.code).toBe(code);
});

test("--frozen without a lock", async () => {
  await project.write({ "other.yaml": await project.read("distill.yaml") });
  expect(await project.run(["explain", "-f", "other.yaml", "--frozen"])).toMatchObject({ code: 1 });
});
