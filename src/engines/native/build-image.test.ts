import {
  chmodSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  app,
  executable,
  openStage,
  planOf,
  type Sample,
  type Samples,
  type Stage,
  staticProgram,
  storeSamples,
  writeContext,
} from "../../../testing/phases.ts";
import { directory, file } from "../../../testing/trees.ts";
import { discardDamaged } from "../../assemble/layer.ts";
import type { Event } from "../../base/events.ts";
import type { ImagePlan } from "../../graph/plan.ts";
import { treeOfImage } from "../../oci/apply.ts";
import type { ImageConfig } from "../../oci/model.ts";
import { treeOf } from "../../tree/memory-tree.ts";
import { path } from "../../tree/path.ts";
import { type BuildRequest, type BuiltImage, buildImage } from "./build-image.ts";
import type { Stages } from "./stages.ts";

let stage: Stage;
let fetches: number;

// One cache serves all tests: the plan's name, which reaches no byte, keeps their requests apart.
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());
beforeEach(async () => {
  fetches = 0;
  await writeContext(stage.context, { greeting: "hello" });
});

const plain: Samples = { app };
const greeting: ImagePlan["additions"][number] = {
  kind: "copy",
  source: "greeting",
  target: "/srv/greeting",
};

interface Given {
  readonly samples?: Samples;
  readonly plan?: Partial<ImagePlan>;
  readonly request?: Partial<BuildRequest>;
}

async function build({ samples = plain, plan = {}, request = {} }: Given = {}): Promise<BuiltImage> {
  const { packages, debs } = await storeSamples(stage.services.cache, samples);
  const whole: BuildRequest = {
    plan: planOf({ name: expect.getState().currentTestName ?? "", additions: [greeting], ...plan }),
    packages,
    platform: "linux/amd64",
    context: stage.context,
    mtime: 1_700_000_000,
    compression: "gzip",
    layers: "auto",
    ...request,
  };
  return buildImage(whole, stage.services, () => {
    fetches += 1;
    return Promise.resolve(debs);
  });
}

function configOf({ image }: BuiltImage): ImageConfig {
  return JSON.parse(Buffer.from(image.config).toString()) as ImageConfig;
}

const layersOf = ({ image }: BuiltImage): string[] => image.layers.map(({ descriptor }) => descriptor.digest);

async function filesOf({ image }: BuiltImage): Promise<string[]> {
  const tree = await treeOfImage(image, { scratchFolder: stage.folder });
  return [...tree.walk()].flatMap(({ kind, path }) => (kind === "directory" ? [] : [path]));
}

test("an image: config, layers, figures", async () => {
  const built = await build();
  expect(built).toMatchObject({
    cached: false,
    figures: { level: "sealed", files: 7, packagesShipped: 1, packagesLocked: 1 },
  });
  expect(configOf(built)).toEqual({
    created: "2023-11-14T22:13:20Z",
    architecture: "amd64",
    os: "linux",
    config: { User: "70:70", Env: ["PATH=/usr/bin"], Entrypoint: ["/usr/bin/app"] },
    rootfs: { type: "layers", diff_ids: built.image.layers.map(({ diffId }) => diffId) },
    history: [
      { created: "2023-11-14T22:13:20Z", created_by: "distill build" },
      { created: "2023-11-14T22:13:20Z", created_by: "distill build" },
    ],
  });
  expect(await filesOf(built)).toEqual(
    expect.arrayContaining(["/usr/bin/app", "/srv/greeting", "/var/lib/dpkg/status.d/app"]),
  );
});

describe("the same request", () => {
  test("comes from the cache, without a package", async () => {
    const first = await build();
    stage.takeUnpacked();
    const second = await build();
    expect(second).toMatchObject({ cached: true, figures: first.figures });
    expect(second.image.descriptor).toEqual(first.image.descriptor);
    expect(second.image.config).toEqual(first.image.config);
    expect(second.image.manifest).toEqual(first.image.manifest);
    expect([fetches, stage.takeUnpacked()]).toEqual([1, []]);
  });

  test("gives the same bytes from an empty cache", async () => {
    const first = await build();
    const shared = stage;
    stage = await openStage();
    try {
      await writeContext(stage.context, { greeting: "hello" });
      const second = await build();
      expect(second.cached).toBe(false);
      expect(second.image.descriptor).toEqual(first.image.descriptor);
    } finally {
      await stage.close();
      stage = shared;
    }
  });

  test("is built again where a layer's blob is gone, or was cut", async () => {
    const first = await build();
    const [lower, upper] = first.image.layers.map(({ file = "" }) => file);
    rmSync(lower ?? "");
    writeFileSync(upper ?? "", readFileSync(upper ?? "").subarray(1));
    const second = await build();
    expect(second.cached).toBe(false);
    expect(second.image.descriptor).toEqual(first.image.descriptor);
  });

  test("never gives wrong bytes where a blob was changed", async () => {
    const first = await build();
    const file = first.image.layers[0]?.file ?? "";
    const bytes = readFileSync(file);
    bytes[30] = (bytes[30] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const second = await build();
    await expect(filesOf(second)).rejects.toThrow(/reading the layer sha256/);
    await discardDamaged(second.image.layers);
    expect(await filesOf(await build())).toContain("/usr/bin/app");
  });

  test("wherever its parts are declared", async () => {
    const first = await build();
    const span = { file: "distill.yaml", line: 9, column: 1, endLine: 9, endColumn: 2 };
    const second = await build({ plan: { additions: [{ ...greeting, span }] } });
    expect(second.cached).toBe(true);
    expect(second.image.descriptor).toEqual(first.image.descriptor);
  });
});

let changing = 0;

describe("another request", () => {
  const touched = async (content: string): Promise<void> =>
    writeContext(stage.context, { greeting: content });

  test("a copied file that changed changes the upper layer alone", async () => {
    const before = layersOf(await build());
    await touched("goodbye");
    const after = layersOf(await build());
    expect(after).toHaveLength(2);
    expect([after[0] === before[0], after[1] === before[1]]).toEqual([true, false]);
  });

  test.each<[string, (folder: string) => void, boolean]>([
    ["nothing", () => undefined, true],
    ["a file's execute bit", (folder) => chmodSync(join(folder, "a"), 0o755), false],
    ["bits that no image gets", (folder) => chmodSync(join(folder, "a"), 0o600), true],
    ["times", (folder) => utimesSync(join(folder, "a"), 1, 1), true],
    ["a new link", (folder) => symlinkSync("a", join(folder, "link")), false],
    ["what is outside of the copies", (folder) => writeFileSync(`${folder}-not`, "x"), true],
  ])("%s of a copied folder that changed", async (_summary, change, cached) => {
    const source = `changing-${changing++}`;
    const plan: Partial<ImagePlan> = { additions: [{ kind: "copy", source, target: "/srv" }] };
    await writeContext(stage.context, { [`${source}/a`]: "a" });
    await build({ plan });
    change(join(stage.context, source));
    expect((await build({ plan })).cached).toBe(cached);
  });

  test("a file added to a copied folder is seen, and one that vanished", async () => {
    const plan: Partial<ImagePlan> = { additions: [{ kind: "copy", source: "folder", target: "/srv" }] };
    await writeContext(stage.context, { "folder/a": "a" });
    expect(await filesOf(await build({ plan }))).toContain("/srv/a");
    await writeContext(stage.context, { "folder/b": "b" });
    expect(await filesOf(await build({ plan }))).toContain("/srv/b");
    rmSync(join(stage.context, "folder"), { recursive: true });
    await expect(build({ plan })).rejects.toMatchObject({ diagnostics: [{ rule: "copy-source-absent" }] });
  });

  test.each<[string, Given]>([
    ["a date", { request: { mtime: 1_700_000_001 } }],
    ["a platform", { request: { platform: "linux/arm64" } }],
    ["a compression", { request: { compression: "zstd" } }],
    ["a package", { samples: { app: { ...app, control: { Version: "2" } } } }],
    ["a config", { plan: { config: { User: "70:70", Labels: { a: "b" }, Entrypoint: ["/usr/bin/app"] } } }],
  ])("%s makes another image", async (_summary, given) => {
    const first = await build();
    const second = await build(given);
    expect(second.cached).toBe(false);
    expect(second.image.descriptor.digest).not.toBe(first.image.descriptor.digest);
  });
});

test("the init phase is whole; the run phase is not", async () => {
  const samples: Samples = {
    app,
    extra: { requested: false, data: { "/usr/share/extra/x": "x", "/usr/share/doc/extra/README": "r" } },
  };
  const init = await build({ samples, plan: { phase: "init", content: "whole" } });
  expect(await filesOf(init)).toEqual(
    expect.arrayContaining(["/usr/share/extra/x", "/usr/share/doc/extra/README"]),
  );
  expect(await filesOf(await build({ samples }))).not.toContain("/usr/share/extra/x");
});

describe("the user is a number", () => {
  const withUser: Sample = {
    ...app,
    scripts: { postinst: "#!/bin/sh\nadduser --system --group --home /srv daemon1\n" },
  };
  const accounts = [{ name: "app", uid: 7, gid: 8, group: "app", home: "/" }];

  test.each<[string, string | undefined]>([
    ["app", "7:8"],
    ["daemon1", "101:101"],
    ["www-data", undefined],
    ["7", "7:7"],
    ["9:app", "9:8"],
    ["9:10", "9:10"],
  ])("%s: %s", async (name, expected) => {
    const plan = { accounts, config: { User: name, Entrypoint: ["/usr/bin/app"] } };
    const building = build({ samples: { app: withUser }, plan });
    if (expected === undefined) await expect(building).rejects.toMatchObject({ code: "missing-dependency" });
    else expect(configOf(await building).config?.User).toBe(expected);
  });

  test("none stays none, and the image says that it is root's", async () => {
    const config: Omit<ImagePlan["config"], "User"> = { Entrypoint: ["/usr/bin/app"] };
    const built = await build({ plan: { config: { ...config, User: "" } } });
    expect(configOf(built).config?.User).toBe("");
    expect(built.figures).toMatchObject({
      level: "distroless",
      levelFindings: expect.arrayContaining([expect.objectContaining({ rule: "root-user" })]) as unknown,
    });
  });
});

test("a runtime that no rule is about is said aloud, where something may have been left out", async () => {
  const samples: Samples = { app: { data: { "/usr/bin/ocamlrun": executable(staticProgram) } } };
  const config: ImagePlan["config"] = { User: "70:70", Entrypoint: ["/usr/bin/ocamlrun"] };
  const events: Event[] = [];
  const quiet = stage;
  const task = { ...stage.services.task, emit: (event: Event) => void events.push(event) };
  stage = { ...stage, services: { ...stage.services, task } };
  try {
    await build({ samples, plan: { config, phase: "init", content: "whole" } });
    expect(events.filter(({ type }) => type === "log")).toEqual([]);
    await build({ samples, plan: { config } });
  } finally {
    stage = quiet;
  }
  expect(events.filter(({ type }) => type === "log")).toEqual([
    {
      type: "log",
      level: "warning",
      message: expect.stringContaining("/usr/bin/ocamlrun: it loads OCaml libraries") as string,
    },
  ]);
});

test("a package in a layer of its own", async () => {
  const samples = {
    app,
    other: { data: { "/usr/share/other/x": "x", "/usr/bin/other": { content: staticProgram, mode: 0o755 } } },
  };
  const built = await build({
    samples,
    request: { layers: "package" },
    plan: { keep: [{ glob: "/usr/bin/other" }] },
  });
  expect(built.image.layers).toHaveLength(4);
  const single = await build({ samples, request: { layers: "single" } });
  expect(single.image.layers).toHaveLength(1);
});

test("a build that fails leaves no half-written blob behind", async () => {
  const gone: ImagePlan["additions"][number] = { ...greeting, source: "gone" };
  await expect(build({ plan: { additions: [gone] } })).rejects.toMatchObject({ diagnostics: [{}] });
  expect(readdirSync(join(stage.folder, "cache/tmp"))).toEqual([]);
  expect((await build()).cached).toBe(false);
});

describe("stages", () => {
  const fromStage: ImagePlan["additions"][number] = {
    kind: "copy",
    from: "made",
    source: "/out/app",
    target: "/srv/app",
  };

  interface Asked {
    readonly stages: Stages;
    readonly solved: () => number;
  }

  /** A stage of this key, made of what has the key `read`, with one file for the image and one that it doesn't take. */
  function stagesOf(key: string | undefined, content: string, other = "", read = key ?? "redone"): Asked {
    let solved = 0;
    const tree = treeOf([
      directory("/out"),
      file("/out/app", content, { mode: 0o755 }),
      file("/out/other", other),
    ]);
    return {
      solved: () => solved,
      stages: {
        key: () => Promise.resolve(key),
        solve: () => {
          solved += 1;
          const trees = new Map([["made", { tree, ofPackages: true }]]);
          return Promise.resolve({ trees, key: read, done: 1 });
        },
      },
    };
  }

  const plan: Partial<ImagePlan> = { additions: [fromStage] };
  const made = (asked: Asked): Promise<BuiltImage> => build({ plan, request: { stages: asked.stages } });

  test("that are made of the same are not asked for a tree", async () => {
    const first = stagesOf("one", "content");
    const built = await made(first);
    expect([first.solved(), built.cached]).toEqual([1, false]);
    const second = stagesOf("one", "content");
    const again = await made(second);
    expect([second.solved(), again.cached]).toEqual([0, true]);
    expect(layersOf(again)).toEqual(layersOf(built));
  });

  test("that are made of something else, and give the same, end in the cache", async () => {
    const built = await made(stagesOf("one", "content", "x"));
    const before = fetches;
    const changed = stagesOf("two", "content", "y");
    const again = await made(changed);
    expect([changed.solved(), fetches - before]).toEqual([1, 0]);
    expect(again.image.descriptor.digest).toBe(built.image.descriptor.digest);
    // Under the new name, too.
    const third = stagesOf("two", "content", "y");
    expect((await made(third)).cached).toBe(true);
    expect(third.solved()).toBe(0);
  });

  test("that give something else make another image", async () => {
    const built = await made(stagesOf("one", "content"));
    const other = await made(stagesOf("three", "other content"));
    expect(other.image.descriptor.digest).not.toBe(built.image.descriptor.digest);
    const tree = await treeOfImage(other.image, {
      scratchFolder: stage.folder,
      signal: stage.services.task.signal,
    });
    expect(tree.lookup(path("/srv/app"))).toMatchObject({ mode: 0o755, mtime: 1_700_000_000, sizeBytes: 13 });
  });

  test("whose sources change while they are solved are known by what was read", async () => {
    await made(stagesOf("before", "content after", "", "after"));
    const before = stagesOf("before", "content before");
    expect((await made(before)).cached).toBe(false);
    const after = stagesOf("after", "content after");
    expect((await made(after)).cached).toBe(true);
    expect([before.solved(), after.solved()]).toEqual([1, 0]);
  });

  test("without a key are always solved", async () => {
    for (let round = 0; round < 2; round++) {
      const asked = stagesOf(undefined, "content");
      await made(asked);
      expect(asked.solved()).toBe(1);
    }
  });
});
