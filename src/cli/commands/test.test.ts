import { afterAll, beforeAll, expect, test } from "vitest";
import { app } from "../../../testing/phases.ts";
import { openProject, specHead, type TestProject } from "../../../testing/project.ts";
import { hostPlatform } from "../host-image.ts";

// Programs are run in the sandbox's own tests: these need nothing of the machine.
let project: TestProject;

beforeAll(async () => {
  project = await openProject();
  await project.publish({ app });
});
afterAll(() => project.close());

const bare = (platform: string, tests: string): string => `apiVersion: distill/v1
name: bare
platforms: [${platform}]
run:
  files: {/app: {text: x, mode: 0755}, /etc/app/conf: {text: x}}
  user: "1"
  entrypoint: [/app]
${tests}`;

const elsewhere = hostPlatform() === "linux/amd64" ? "linux/arm64" : "linux/amd64";

test.each<{ summary: string; spec: string; code: number; stdout: RegExp; stderr?: RegExp }>([
  { summary: "no tests", spec: bare(hostPlatform(), ""), code: 0, stdout: /^the spec has no tests\n$/ },
  {
    summary: "tests that pass",
    spec: bare(hostPlatform(), "test: [{absent: [/bin/sh, /usr/**]}, {present: ['/etc/*/conf']}]\n"),
    code: 0,
    stdout:
      /^ok {4}absent \/bin\/sh, \/usr\/\*\* {2}\(.*\)\nok {4}present \/etc\/\*\/conf {2}\(.*\)\n2 passed, 0 failed\n$/,
  },
  {
    summary: "tests that fail, all of them, with their places",
    spec: bare(hostPlatform(), "test:\n  - absent: [/app]\n  - present: [/bin/sh]\n  - present: [/app]\n"),
    code: 1,
    stdout: /^FAIL {2}absent \/app .*\nFAIL {2}present \/bin\/sh .*\nok .*\n1 passed, 2 failed\n$/,
    stderr:
      /^distill\.yaml:9:5: error: absent \/app: \/app is in the image \[test-failed\]\n[\s\S]*^distill\.yaml:10:5: .*nothing in the image matches \/bin\/sh/m,
  },
  {
    summary: "a name that the terminal would obey",
    spec: bare(hostPlatform(), 'test: [{absent: ["/a\\u202ered"]}]\n'),
    code: 0,
    stdout: /^ok {4}absent \/a\\u\{202e\}red {2}\(/,
  },
  {
    summary: "a spec for other machines",
    spec: bare(elsewhere, "test: [{absent: [/bin/sh]}]\n"),
    code: 2,
    stdout: /^$/,
    stderr: /the spec has no platform linux\/.*, which is this machine's/,
  },
  {
    summary: "a lock that is wanted and missing",
    spec: `${specHead.replace("linux/amd64", hostPlatform())}run: {packages: [app], entrypoint: [/usr/bin/app]}\ntest: [{absent: [/x]}]\n`,
    code: 1,
    stdout: /^$/,
    stderr: /error\[lock-differs\]/,
  },
])("$summary", async ({ spec, code, stdout, stderr }) => {
  await project.write({ "distill.yaml": spec });
  const ran = await project.run(["test", "--frozen", "--quiet"]);
  expect(ran.stdout).toMatch(stdout);
  if (stderr !== undefined) expect(ran.stderr).toMatch(stderr);
  expect(ran.code).toBe(code);
});
