import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ran, runInMemory } from "../../../testing/cli.ts";
import { layerOf } from "../../../testing/images.ts";
import { imageOf } from "../../../testing/layouts.ts";
import { startRegistry, type TestRegistry } from "../../../testing/registry.ts";
import { testClient } from "../../../testing/registry-client.ts";
import { parseReference } from "../../oci/reference.ts";
import { pushImageSet } from "../../oci/registry/push.ts";
import { commands } from "../registry.ts";

let folder: string;
let registry: TestRegistry;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graph-"));
  registry = await startRegistry();
  const image = imageOf([layerOf("base")], {
    config: { Env: ["PATH=/bin", "BASE=yes"], WorkingDir: "/made" },
  });
  await pushImageSet({ images: [image] }, parseReference(`${registry.host}/base:1`), await testClient());
  await files({
    "built/Dockerfile": `FROM ${registry.host}/base:1 AS build
COPY . .
ARG MODE=fast
RUN --mount=type=cache,target=/c make $MODE
FROM scratch
COPY --from=build /made/app /app
USER 1000
ENTRYPOINT ["/app"]
`,
    "built/distill.yaml": "",
    "built/.dockerignore": "*.o\n",
    "plain/Dockerfile": "FROM scratch\nENV A='\u001b[2J'\n",
    "wrong/Dockerfile": "FROM scratch\nCOPPY a /a\n",
  });
});
afterAll(async () => {
  await registry.stop();
  await rm(folder, { recursive: true });
});

async function files(contents: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(contents)) {
    await mkdir(join(folder, dirname(name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

function graph(...argv: readonly string[]): Promise<Ran> {
  const env = { DISTILL_CACHE_DIR: join(folder, "cache") };
  return runInMemory(["graph", "-q", ...argv, "--platform", "linux/amd64"], commands, { cwd: folder, env });
}

const built = ["-f", "built/Dockerfile", "built"];

test("text: each step once, inputs first", async () => {
  const ran = await graph(...built);
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  const shown = ran.stdout.replaceAll(registry.host, "HOST").replaceAll(/[0-9a-f]{8,64}/g, "D");
  expect(shown).toMatch(
    /^ {2}1 {2}D {2}scratch .*\n(?: {2}\d {2}D {2}.*\n){5}\nlinux\/amd64 {2}6 {2}sha256:D\n$/,
  );
  expect(shown).toMatch(/image +\[build 1\/3\] FROM HOST\/base:1.*\n.*local .*load build context\n/);
  expect(shown).toMatch(/exec +\[build 3\/3\] RUN --mount=type=cache,target=\/c make… +<- \d\n/);
});

test("json: as its schema says, with the config of the base", async () => {
  const ran = await graph(...built, "--format", "json", "--target", "build");
  const schema = JSON.parse((await runInMemory(["schema", "graph"], commands)).stdout) as object;
  const validate = new Ajv2020({ strict: true, allErrors: true, strictRequired: false }).compile(schema);
  const value = JSON.parse(ran.stdout) as {
    targets: readonly { config: { config: { Env: readonly string[] } } }[];
    vertices: readonly { operation: { kind: string; exclude?: readonly string[] } }[];
  };
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
  expect(value.targets[0]?.config.config.Env).toEqual(["PATH=/bin", "BASE=yes"]);
  const local = value.vertices.find(({ operation }) => operation.kind === "local");
  expect(local?.operation.exclude).toEqual(["*.o"]);
});

test("dot, and what an option changes", async () => {
  const ran = await graph(...built, "--format", "dot", "--build-arg", "MODE=slow");
  expect(ran.stdout).toMatch(/^digraph build \{\n/);
  expect(ran.stdout).toContain("make slow");
});

test("a named context stands for an image", async () => {
  const { stdout } = await graph(...built, "--build-context", "build=plain");
  expect(stdout).not.toContain("base:1");
  expect(stdout).toMatch(/local +\[context build\]/);
});

describe("--ast", () => {
  test("asks no registry", async () => {
    const before = registry.requests.length;
    const ran = await graph(...built, "--ast");
    expect(ran.stdout).toContain('(copy ["--from=build"] "/made/app" "/app")\n');
    expect(registry.requests).toHaveLength(before);
  });

  test("nothing in it acts on a terminal", async () => {
    const { stdout } = await graph("plain", "--ast");
    expect(stdout).toMatch(/^\(from "scratch"\)\n\(env "A" /);
    expect(stdout).not.toContain("\u001b");
  });
});

test.each<[readonly string[], number, RegExp]>([
  [["built"], 2, /distill\.yaml is no Dockerfile.*\[no-dockerfile\]/],
  [["wrong"], 2, /wrong\/Dockerfile:2:1: error: .*COPPY[\s\S]*did you mean COPY/],
  [[...built, "--target", "biuld"], 2, /\[unknown-target\][\s\S]*did you mean build/],
  [["nowhere"], 2, /no Dockerfile/],
])("%j fails with %i", async (argv, code, says) => {
  const ran = await graph(...argv);
  expect(ran).toMatchObject({ code, stdout: "" });
  expect(ran.stderr).toMatch(says);
});
