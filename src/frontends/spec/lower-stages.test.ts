import { describe, expect, test } from "vitest";
import { requireValue } from "../../base/diagnostics.ts";
import { type Digest, digestOf } from "../../base/digest.ts";
import type { Operation } from "../../graph/operation.ts";
import { type Vertex, verticesOf } from "../../graph/vertex.ts";
import type { RunConfig } from "../../oci/model.ts";
import { lowerStages, type StageOptions } from "./lower-stages.ts";
import { parseSpec } from "./parse.ts";
import type { Spec } from "./spec.ts";
import { lowerStagePlans, neededStages, stageImages } from "./stages.ts";

const imageDigest = digestOf("image");
const packageDigest: Digest = digestOf("make");

function specOf(build: string, from: readonly string[] = ["app"]): Spec {
  const copies = from.map((name, index) => `{from: ${name}, source: /out, target: /t${index}}`).join(", ");
  const run = `run: {copy: [${copies}], entrypoint: [/t0]}\n`;
  const text = `apiVersion: distill/v1\nname: app\nrepositories: [{debian: bookworm}]\n${run}build:\n${build}`;
  return requireValue(parseSpec(text, "distill.yaml"));
}

function lower(
  spec: Spec,
  config: RunConfig = {},
  options: Partial<StageOptions> = {},
): Promise<ReadonlyMap<string, Vertex>> {
  return lowerStages(spec, {
    platform: "linux/amd64",
    folder: "/project",
    program: "test",
    packages: () => [{ name: "make", digest: packageDigest }],
    resolveImage: () =>
      Promise.resolve({
        digest: imageDigest,
        config: { architecture: "amd64", os: "linux", config, rootfs: { type: "layers", diff_ids: [] } },
      }),
    ignorePatterns: ["*.log"],
    ignoreCache: new Set(),
    ...options,
  });
}

async function operationsOf(build: string, config?: RunConfig): Promise<readonly Operation[]> {
  const app = (await lower(specOf(build), config)).get("app");
  return app === undefined ? [] : verticesOf(app).map(({ operation }) => operation);
}

describe("which stages are needed", () => {
  const build = `  base: {packages: [make]}
  tool: {packages: [make], steps: [{copy: {from: base, source: /x, target: /x}}]}
  app: {image: "golang:1.21", steps: [{copy: {from: tool, source: /x, target: /x}}]}
  other: {packages: [make]}
`;
  test("those that run copies from, and theirs, first what others copy from", () => {
    expect(neededStages(specOf(build)).map(({ name }) => name)).toEqual(["base", "tool", "app"]);
    expect(neededStages(specOf(build, ["tool"])).map(({ name }) => name)).toEqual(["base", "tool"]);
  });

  test("only these are locked and pinned", () => {
    expect(lowerStagePlans(specOf(build), "/").map(({ phase }) => phase)).toEqual([
      "build/base",
      "build/tool",
    ]);
    expect(stageImages(specOf(build)).map(({ value }) => value)).toEqual(["golang:1.21"]);
    expect(stageImages(specOf(build, ["tool"]))).toEqual([]);
  });

  test("a stage that nothing copies from is told, with its place", () => {
    const text =
      "apiVersion: distill/v1\nname: a\nbuild: {app: {packages: [make]}}\nrun: {packages: [nginx], entrypoint: [/x]}\n";
    const [warning, ...rest] = parseSpec(text, "distill.yaml").diagnostics;
    expect(rest).toEqual([]);
    expect(warning).toMatchObject({
      severity: "warning",
      rule: "unused-stage",
      span: { line: 3, column: 9 },
    });
  });
});

describe("the operations", () => {
  test("packages: the locked ones, and neither mirror nor name", async () => {
    expect(await operationsOf("  app: {packages: [make]}\n")).toEqual([
      {
        kind: "packages",
        plan: { codename: "bookworm", alternatives: {}, ignoredEffects: {} },
        packages: [{ name: "make", digest: packageDigest }],
        platform: "linux/amd64",
        program: "test",
      },
    ]);
  });

  test("a command for the shell: the image's environment, folder, user and shell, and the step's own over them", async () => {
    const config = {
      Env: ["PATH=/go/bin", "A=image"],
      WorkingDir: "/w",
      User: "7:8",
      Shell: ["/bin/ash", "-eo", "pipefail", "-c"],
    };
    const build = `  app:
    image: golang:1.21
    steps:
      - run: make all
        env: {A: step}
        cache: [/cache]
        secrets: [{id: one}, {id: two, env: TWO}]
        network: none
`;
    const [image, run] = await operationsOf(build, config);
    expect(image).toEqual({
      kind: "image",
      reference: "golang:1.21",
      digest: imageDigest,
      platform: "linux/amd64",
    });
    expect(run).toEqual({
      kind: "exec",
      argv: ["/bin/ash", "-eo", "pipefail", "-c", "make all"],
      env: ["PATH=/go/bin", "A=step"],
      workingDir: "/w",
      user: "7:8",
      mounts: [
        {
          kind: "cache",
          id: "/cache",
          target: "/cache",
          sharing: "shared",
          readOnly: false,
          mode: 0o755,
          uid: 7,
          gid: 8,
        },
        expect.objectContaining({ kind: "secret", id: "one", target: "/run/secrets/one", required: true }),
        expect.objectContaining({ kind: "secret", id: "two", variable: "TWO" }),
      ],
      network: "none",
      extraHosts: [],
      ulimits: [],
      platform: "linux/amd64",
    });
  });

  test("a list runs without a shell, in the root, with the usual PATH", async () => {
    const operations = await operationsOf("  app: {packages: [make], steps: [{run: [make, -j, 2]}]}\n");
    expect(operations[1]).toMatchObject({
      argv: ["make", "-j", "2"],
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      workingDir: "/",
      user: "",
      network: "default",
    });
  });

  test("copies: one context with what all stages name of it; root's unless an owner is given", async () => {
    const build = `  lib: {packages: [make], steps: [{copy: {from: context, source: lib, target: /lib, mode: 0640}}]}
  app:
    packages: [make]
    steps:
      - copy: {from: context, source: src/app, target: /src, owner: "app:www"}
      - copy: {from: lib, source: /out, target: /in}
`;
    const operations = await operationsOf(build);
    expect(operations.filter(({ kind }) => kind === "local")).toEqual([
      { kind: "local", name: "context", exclude: ["*.log"], follow: ["lib", "src/app"] },
    ]);
    const copies = operations.flatMap((one) => (one.kind === "file" ? one.actions : []));
    expect(copies).toMatchObject([
      { source: "/src/app", target: "/src", owner: { user: "app", group: "www" } },
      { source: "/lib", target: "/lib", owner: { user: 0, group: 0 }, mode: "0640" },
      { source: "/out", target: "/in", contentsOnly: true, followLinks: true },
    ]);
  });

  test("the whole context is not narrowed", async () => {
    const build = `  app:
    packages: [make]
    steps: [{copy: {from: context, source: ., target: /a}}, {copy: {from: context, source: b, target: /b}}]
`;
    const operations = await operationsOf(build);
    expect(operations.find(({ kind }) => kind === "local")).toMatchObject({ follow: [] });
    expect(operations.flatMap((one) => (one.kind === "file" ? one.actions : []))).toMatchObject([
      { source: "/" },
      { source: "/b" },
    ]);
  });
});

describe("what people see", () => {
  const build = `  app:
    packages: [make, dash]
    steps:
      - copy: {from: context, source: ., target: /src}
      - run: |
          make
          make install
`;
  test("names and places of the steps", async () => {
    const app = (await lower(specOf(build))).get("app");
    const metas = app === undefined ? [] : verticesOf(app).map(({ meta }) => meta);
    expect(metas.map(({ name, span }) => `${span?.line ?? 0} ${name}`)).toEqual([
      "6 [app 1/3] packages make dash",
      "0 reading the context",
      "9 [app 2/3] copy . /src",
      "10 [app 3/3] run make; make install",
    ]);
  });

  test("names are no part of a digest; the stage's steps can be done anew by its name", async () => {
    const one = (await lower(specOf(build))).get("app");
    const again = (await lower(specOf(build), {}, { ignoreCache: new Set(["app"]) })).get("app");
    expect(again?.digest).toBe(one?.digest);
    expect([one?.meta.ignoreCache, again?.meta.ignoreCache]).toEqual([undefined, true]);
    const renamed = await lower(specOf(build.replace("  app:", "  web:"), ["web"]));
    expect(renamed.get("web")?.digest).toBe(one?.digest);
  });
});
