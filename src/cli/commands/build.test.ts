import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { app } from "../../../testing/phases.ts";
import { openProject, specHead, type TestProject } from "../../../testing/project.ts";
import { openImageSet } from "../../oci/open.ts";
import type { BuildMetadata } from "../../report/metadata.ts";
import { metadataSchema } from "../../report/metadata.ts";

let project: TestProject;

const spec = `${specHead}run:
  packages: [app]
  user: "70:70"
  entrypoint: [/usr/bin/app]
`;

beforeAll(async () => {
  project = await openProject();
  await project.publish({ app });
});
afterAll(() => project.close());
beforeEach(() => project.write({ "distill.yaml": spec }));

const build = (...argv: string[]): ReturnType<TestProject["run"]> => project.run(["build", ...argv]);
const at = (name: string): string => join(project.folder, name);

test("locks, builds, writes, tells; and again from the cache, without a request", async () => {
  const first = await build("-o", "oci:first");
  expect(first).toMatchObject({ code: 0 });
  expect(first.stdout).toContain("sealed");
  expect(first.stderr).toContain("wrote distill.lock");
  expect(JSON.parse(await project.read("distill.lock"))).toMatchObject({
    platforms: [{ platform: "linux/amd64", phase: "run", packages: [{ name: "app", version: "1.0-1" }] }],
  });
  project.repository.requests.length = 0;
  const second = await build("-o", "oci:second", "--frozen");
  expect(second.code).toBe(0);
  expect(project.repository.requests).toEqual([]);
  expect(readFileSync(at("second/index.json"))).toEqual(readFileSync(at("first/index.json")));
});

describe("outputs", () => {
  test.each<[string, string, string]>([
    ["an OCI layout", "oci:out/layout:v1", "out/layout/index.json"],
    ["an OCI archive", "oci-archive:out/oci.tar", "out/oci.tar"],
    ["a Docker archive", "docker-archive:out/docker.tar", "out/docker.tar"],
    ["a folder", "dir:out/root", "out/root/usr/bin/app"],
    ["a tar of the root", "tar:out/root.tar", "out/root.tar"],
  ])("%s", async (_kind, output, file) => {
    await project.write({ "out/.keep": "" });
    const ran = await build("-o", output, "-t", "app:v1");
    expect(ran).toMatchObject({ code: 0 });
    expect(existsSync(at(file))).toBe(true);
  });

  test("several at once hold the same image", async () => {
    expect(await build("-o", "oci:both", "-o", "oci-archive:both.tar")).toMatchObject({ code: 0 });
    const digests: string[] = [];
    for (const location of [
      { kind: "oci-layout", path: at("both") },
      { kind: "oci-archive", path: at("both.tar") },
    ] as const) {
      const set = await openImageSet(location, { scratchFolder: project.folder });
      digests.push(...set.images.map(({ descriptor }) => descriptor.digest));
    }
    expect(digests).toHaveLength(2);
    expect(new Set(digests).size).toBe(1);
  });
});

describe("what is refused", () => {
  test.each<{ summary: string; argv: string[]; code: number; says: RegExp; env?: Record<string, string> }>([
    { summary: "an unknown option", argv: ["--nosuch"], code: 2, says: /--nosuch/ },
    { summary: "a second folder", argv: [".", "x"], code: 2, says: /x/ },
    {
      summary: "a folder without a spec",
      argv: ["nowhere"],
      code: 2,
      says: /there is no distill.yaml, no Dockerfile/,
    },
    {
      summary: "a registry as an output",
      argv: ["-o", "example.test/app"],
      code: 2,
      says: /is no place for an output/,
    },
    { summary: "an output without a path", argv: ["-o", "oci:"], code: 2, says: /nothing follows "oci:"/ },
    { summary: "a push without a name", argv: ["--push"], code: 2, says: /--push needs a name/ },
    { summary: "a malformed name", argv: ["-t", "UPPER CASE"], code: 2, says: /UPPER CASE/ },
    {
      summary: "a name with a digest",
      argv: ["-t", `app@sha256:${"a".repeat(64)}`],
      code: 2,
      says: /names a digest, which the build decides/,
    },
    {
      summary: "an unknown platform",
      argv: ["--platform", "linux/s390x"],
      code: 2,
      says: /no platform linux\/s390x.*\n.*it has linux\/amd64/,
    },
    { summary: "an unknown level", argv: ["--allow-level", "best"], code: 2, says: /best/ },
    { summary: "an unknown compression", argv: ["--compression", "xz"], code: 2, says: /xz/ },
    {
      summary: "a phase that the spec lacks",
      argv: ["--target", "init"],
      code: 2,
      says: /error: distill\.yaml has no init phase/,
    },
    {
      summary: "a date that is none",
      argv: [],
      env: { SOURCE_DATE_EPOCH: "yesterday" },
      code: 2,
      says: /"yesterday" is not a number of seconds/,
    },
    {
      summary: "a date past the year 9999",
      argv: [],
      env: { SOURCE_DATE_EPOCH: "99999999999999" },
      code: 2,
      says: /"99999999999999" is not a number of seconds since 1970, or too large/,
    },
    {
      summary: "an output in a folder that isn't there",
      argv: ["-o", "oci-archive:gone/x.tar"],
      code: 3,
      says: /error\[disk\]: writing .*gone\/x\.tar/,
    },
  ])("$summary", async ({ argv, code, says, env }) => {
    const ran = await project.run(["build", ...argv], env);
    expect(ran.stderr).toMatch(says);
    expect(ran).toMatchObject({ code, stdout: "" });
  });

  test("one file for two platforms", async () => {
    await project.write({ "distill.yaml": spec.replace("[linux/amd64]", "[linux/amd64, linux/arm64]") });
    const ran = await build("-o", "dir:two");
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("dir:two holds one platform, not linux/amd64 and linux/arm64");
  });

  test("every mistake of a spec at once, with its place", async () => {
    await project.write({ "distill.yaml": "apiVersion: distill/v1\nname: App\nrun:\n  packages: nginx\n" });
    const ran = await build();
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/distill\.yaml:2:7/);
    expect(ran.stderr).toMatch(/distill\.yaml:4:13/);
  });
});

describe("what a spec says and this version does not build", () => {
  test("stages that nothing is copied from are warned of", async () => {
    await project.write({ "distill.yaml": `${spec}build: {made: {packages: [app]}}\n` });
    const ran = await build();
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain("warning: distill.yaml:9:9: the stage made is not built");
  });

  test("an init phase of an image, where it is asked for", async () => {
    await project.write({ "distill.yaml": `${spec}init: {image: example.test/init}\n` });
    expect(await build()).toMatchObject({ code: 0 });
    const ran = await build("--target", "init");
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toMatch(/^distill\.yaml:9:15: error: the init phase can't start.*\[not-yet-built\]/);
  });
});

test.each<[summary: string, argv: string[], copied: string]>([
  ["the spec's folder", ["-f", "elsewhere/distill.yaml"], "beside the spec"],
  ["DIR where it is given", [".", "-f", "elsewhere/distill.yaml"], "in the current folder"],
  ["DIR, which has the spec", ["elsewhere"], "beside the spec"],
])("copies are relative to %s", async (_summary, argv, copied) => {
  await project.write({
    "elsewhere/distill.yaml": `apiVersion: distill/v1
name: copied
run:
  copy: [{from: context, source: text, target: /text, mode: 0755}]
  user: "1"
  entrypoint: [/text]
`,
    "elsewhere/text": "beside the spec",
    text: "in the current folder",
  });
  const folder = `copied-${argv.length}-${argv[0]?.length ?? 0}`;
  // A text starts nothing, so the image is no better than that.
  const ran = await build(...argv, "--allow-level", "distroless", "-o", `dir:${folder}`);
  expect(ran).toMatchObject({ code: 0 });
  expect(await project.read(`${folder}/text`)).toBe(copied);
});

describe("--frozen", () => {
  test.each<[string, string, RegExp]>([
    ["without a lock", "other.yaml", /there is no other\.lock/],
    ["with a lock of something else", "distill.yaml", /asks for other packages/],
  ])("%s", async (_summary, file, says) => {
    const wanting = spec.replace("[app]", '[app, "!nosuch"]');
    await project.write({ [file]: wanting });
    const ran = await build("--frozen", "-f", file);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/error\[lock-differs\]/);
    expect(ran.stderr).toMatch(says);
  });

  test("a lock that was changed by hand", async () => {
    expect(await build()).toMatchObject({ code: 0 });
    const lock = await project.read("distill.lock");
    await project.write({ "distill.lock": lock.replace('"name":"app"', '"name":"apq"') });
    const ran = await build("--frozen");
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/lock-altered/);
    await project.write({ "distill.lock": lock });
  });
});

describe("levels", () => {
  const asRoot = spec.replace('user: "70:70"', 'user: "0"');

  test("an image below the level is refused, and nothing is written", async () => {
    await project.write({ "distill.yaml": asRoot });
    const ran = await build("-o", "oci:below");
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/its level is distroless, below truly-distroless/);
    expect(ran.stderr).toMatch(/runs as root/);
    expect(existsSync(at("below"))).toBe(false);
  });

  test("unless it is allowed", async () => {
    await project.write({ "distill.yaml": asRoot });
    expect(await build("--allow-level", "distroless", "-o", "oci:allowed")).toMatchObject({ code: 0 });
  });
});

describe("--metadata", () => {
  const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(
    metadataSchema() as object,
  );

  test("says what was made, as its schema says", async () => {
    expect(await build("-o", "oci:told", "--metadata", "build.json")).toMatchObject({ code: 0 });
    const told = JSON.parse(await project.read("build.json")) as BuildMetadata;
    validate(told);
    expect(validate.errors ?? []).toEqual([]);
    const index = JSON.parse(await project.read("told/index.json")) as { manifests: { digest: string }[] };
    expect(told.digest).toBe(index.manifests[0]?.digest);
    expect(told).toMatchObject({
      schemaVersion: 1,
      places: ["oci:told"],
      images: [
        { platform: "linux/amd64", level: "sealed", packages: { shipped: 1, locked: 1 }, cached: true },
      ],
    });
    const [image] = told.images;
    expect(image?.compressedBytes).toBe(image?.layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  });

  test("the schema refuses what is no metadata", () => {
    expect(validate({ schemaVersion: 2, images: [] })).toBe(false);
  });
});

test.each<[string, Record<string, string>, string]>([
  ["the lock's", {}, "2026-03-01T10:00:00Z"],
  ["SOURCE_DATE_EPOCH's", { SOURCE_DATE_EPOCH: "86400" }, "1970-01-02T00:00:00Z"],
])("the image's date is %s", async (name, env, created) => {
  const folder = `dated-${name.length}`;
  expect(await project.run(["build", "-o", `oci:${folder}`], env)).toMatchObject({ code: 0 });
  const location = { kind: "oci-layout", path: at(folder) } as const;
  const { images } = await openImageSet(location, { scratchFolder: project.folder });
  expect(JSON.parse(Buffer.from(images[0]?.config ?? []).toString())).toMatchObject({ created });
});

test("a damaged blob of the cache is told once, and made again", async () => {
  expect(await build("-o", "oci:whole", "--metadata", "whole.json")).toMatchObject({ code: 0 });
  const told = JSON.parse(await project.read("whole.json")) as BuildMetadata;
  const blob = join(project.folder, ".cache/blobs", told.images[0]?.layers[0]?.digest.slice(7) ?? "");
  const bytes = readFileSync(blob);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await project.write({ [blob.slice(project.folder.length + 1)]: bytes });
  expect(await build("-o", "docker-archive:broken.tar")).toMatchObject({ code: 3, stdout: "" });
  expect(existsSync(at("broken.tar"))).toBe(false);
  expect(await build("-o", "docker-archive:mended.tar")).toMatchObject({ code: 0 });
});

test("an image without packages, for two platforms, needs neither lock nor mirror", async () => {
  await project.write({
    "bare/distill.yaml": `apiVersion: distill/v1
name: bare
platforms: [linux/amd64, linux/arm64]
run:
  files: {/app: {text: x, mode: 0755}}
  user: "1"
  entrypoint: [/app]
`,
  });
  // A text starts nothing, so the image is no better than that.
  const level = ["--allow-level", "distroless"];
  const argv = ["build", "bare", "-o", "oci:bare-out", ...level];
  const ran = await project.run(argv, { DISTILL_DEBIAN_MIRROR: "" });
  expect(ran).toMatchObject({ code: 0 });
  expect(existsSync(at("bare/distill.lock"))).toBe(false);
  const set = await openImageSet(
    { kind: "oci-layout", path: at("bare-out") },
    { scratchFolder: project.folder },
  );
  expect(set.images.map(({ descriptor }) => descriptor.platform)).toEqual([
    { architecture: "amd64", os: "linux" },
    { architecture: "arm64", os: "linux" },
  ]);
  const twice = await build("bare", "-o", "dir:one", "--platform", "linux/amd64,linux/amd64", ...level);
  expect(twice).toMatchObject({ code: 0 });
});
