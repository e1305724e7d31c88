import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { elfOf } from "../../../../testing/builders.ts";
import {
  executable,
  openStage,
  phaseOf,
  planOf,
  type Sample,
  type Samples,
  type Stage,
} from "../../../../testing/phases.ts";
import { directory, file, symlink } from "../../../../testing/trees.ts";
import { InvalidInput } from "../../../base/diagnostics.ts";
import { ToolError } from "../../../base/errors.ts";
import type { Addition, ImagePlan } from "../../../graph/plan.ts";
import { dumpEntry } from "../../../tree/dump.ts";
import type { Entry } from "../../../tree/entry.ts";
import { treeOf } from "../../../tree/memory-tree.ts";
import { path } from "../../../tree/path.ts";
import { type ComposedPhase, composePhase } from "./compose-phase.ts";
import { shippedOf } from "./shipped.ts";
import { copyFromStages, librariesOf, type StageTree, type StageTrees } from "./stage-files.ts";
import { isOfLibc, pulledText } from "./stage-libraries.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const loader = "/lib64/ld-linux-x86-64.so.2";
const lib = "/usr/lib/x86_64-linux-gnu";
const span = { file: "distill.yaml", line: 7, column: 3, endLine: 7, endColumn: 9 };

const libc: Sample = {
  requested: false,
  files: { shlibs: "libc 6 libc6\nld-linux-x86-64 2 libc6\n" },
  data: {
    [`${lib}/libc.so.6`]: elfOf({ soname: "libc.so.6" }),
    [`${lib}/ld-linux-x86-64.so.2`]: executable(elfOf({ soname: "ld-linux-x86-64.so.2" })),
    "/usr/lib64/ld-linux-x86-64.so.2": { target: "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" },
  },
};

/** An executable of the stage. */
function program(needed: readonly string[], more: { readonly runpath?: string } = {}): Uint8Array {
  return elfOf({ interpreter: loader, needed: [...needed, "libc.so.6"], type: "executable", ...more });
}

const mode = { mode: 0o755 };

/** A stage with Debian's merged folders, a C library, and what is given. */
function stageWith(entries: readonly Entry[], given: Partial<StageTree> = {}): StageTree {
  const folders = ["/usr", "/usr/lib", "/usr/lib64", lib, "/usr/local", "/usr/local/lib", "/usr/local/bin"];
  return {
    ofPackages: true,
    tree: treeOf([
      ...[...folders, "/out", "/out/bin", "/out/lib", "/etc", "/opt"].map((name) => directory(name)),
      symlink("/lib", "usr/lib"),
      symlink("/lib64", "usr/lib64"),
      file("/etc/ld.so.conf", "/usr/local/lib\n"),
      file(`${lib}/libc.so.6`, elfOf({ soname: "libc.so.6" })),
      file(`${lib}/ld-linux-x86-64.so.2`, elfOf({ soname: "ld-linux-x86-64.so.2" }), mode),
      symlink("/usr/lib64/ld-linux-x86-64.so.2", "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
      ...entries,
    ]),
    ...given,
  };
}

function copy(
  source: string,
  target: string,
  more: Partial<Extract<Addition, { kind: "copy" }>> = {},
): Addition {
  return { kind: "copy", from: "app", source, target, span, ...more };
}

interface Given {
  readonly samples?: Samples;
  readonly app: StageTree;
  readonly additions?: readonly Addition[];
  readonly plan?: Partial<ImagePlan>;
}

async function compose({ additions, app, plan, samples = { libc6: libc } }: Given): Promise<ComposedPhase> {
  const stages: StageTrees = new Map([["app", app]]);
  const all = additions ?? [copy("/out/bin/app", "/usr/bin/app")];
  const input = await phaseOf(stage, samples, { ...plan, additions: all });
  const settings = { stages, cache: stage.services.cache, mtime: input.mtime };
  const copies = new Map([...input.copies, ...copyFromStages(all, settings)]);
  return composePhase({ ...input, copies, stages }, stage.services);
}

/** What was taken, as people are told. */
async function taken(given: Given): Promise<readonly string[]> {
  const { closure, pulled } = await compose(given);
  return [
    ...pulled.map((one) => `${pulledText(one)} -> ${one.path}`),
    ...closure.missing.map(({ what }) => `missing ${what}`),
  ];
}

const foo = elfOf({ soname: "libfoo.so.1" });

describe("copies from a stage", () => {
  test("a folder's content: modes of the stage, root's, dated as the build, links as they are", async () => {
    const app = stageWith([
      directory("/out/app", { mode: 0o750 }),
      file("/out/app/a", "a", { mode: 0o4711, uid: 7, gid: 8, mtime: 99 }),
      symlink("/out/app/b", "/nowhere"),
    ]);
    const { tree } = await compose({
      app,
      additions: [copy("/out/app", "/srv/app", { owner: "5:6" })],
      plan: { config: { Entrypoint: ["/srv/app/a"] } },
    });
    const lines = ["/srv/app", "/srv/app/a", "/srv/app/b"].map((name) => {
      const entry = tree.lookup(path(name));
      return entry && `${dumpEntry(entry)} ${entry.uid}:${entry.gid} ${entry.mtime}`;
    });
    expect(lines).toEqual([
      "directory 0750 5:6 5:6 1000",
      expect.stringMatching(/^file 4711 .*5:6 1000$/),
      expect.stringMatching(/nowhere.* 5:6 1000$/),
    ]);
    expect(tree.lookup(path("/srv/app/a"))?.origins).toEqual([{ kind: "stage", stage: "app", span }]);
  });

  test("a source that is a link is what it leads to, inside the stage; a mode that is given counts for files", async () => {
    const app = stageWith([
      symlink("/out/bin/app", "../../../../opt/real"),
      file("/opt/real", "#!/x\n", { mode: 0o600 }),
    ]);
    const { tree } = await compose({
      app,
      additions: [copy("/out/bin/app", "/usr/bin/app", { mode: 0o755 })],
    });
    expect(tree.lookup(path("/usr/bin/app"))).toMatchObject({ kind: "file", mode: 0o755 });
  });

  test.each([
    ["/out/bin/ap", 'there is no "/out/bin/ap" in the stage app', "did you mean /out/bin/app?"],
    ["/nowhere/at/all", 'there is no "/nowhere/at/all" in the stage app', undefined],
  ])("%s is a mistake with its place and a near name", async (source, message, hint) => {
    const app = stageWith([file("/out/bin/app", program([]), mode)]);
    const failure = await compose({ app, additions: [copy(source, "/usr/bin/app")] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(failure).toBeInstanceOf(InvalidInput);
    expect(failure instanceof InvalidInput ? failure.diagnostics[0] : {}).toMatchObject({
      rule: "copy-source-absent",
      message,
      span,
    });
    expect(failure instanceof InvalidInput ? failure.diagnostics[0]?.hint : "").toBe(hint);
  });
});

describe("libraries that only the stage has", () => {
  test("come with what they need in turn, each told; the C library is the image's", async () => {
    const app = stageWith([
      file("/out/bin/app", program(["libfoo.so.1"]), mode),
      file(`${lib}/libfoo.so.1.0`, elfOf({ soname: "libfoo.so.1", needed: ["libbar.so.2", "libc.so.6"] })),
      symlink(`${lib}/libfoo.so.1`, "libfoo.so.1.0"),
      file(`${lib}/libbar.so.2`, elfOf({ soname: "libbar.so.2" })),
    ]);
    const phase = await compose({ app });
    expect(phase.closure.missing).toEqual([]);
    expect(phase.pulled.map(pulledText)).toEqual([
      "libfoo.so.1 from the stage app: no package of run has it",
      "libbar.so.2 from the stage app: no package of run has it",
    ]);
    const found = phase.tree.lookup(path(`${lib}/libfoo.so.1`));
    expect(found).toMatchObject({ kind: "file", uid: 0, mtime: 1000 });
    expect(found?.origins).toEqual([{ kind: "stage", stage: "app", found: true }]);
    expect(phase.closure.reasons.get(path(`${lib}/libbar.so.2`))?.[0]).toMatchObject({ kind: "needed" });
    const { tree } = await shippedOf(phase, {
      architecture: "amd64",
      mtime: 1000,
      plan: planOf(),
    });
    expect(tree.lookup(path(`${lib}/libbar.so.2`))).toBeDefined();
  });

  test("not where a locked package has it, though that is not unpacked yet", async () => {
    const samples: Samples = {
      libc6: libc,
      libfoo1: {
        requested: false,
        files: { shlibs: "libfoo 1 libfoo1\n" },
        data: { [`${lib}/libfoo.so.1`]: foo },
      },
    };
    const app = stageWith([
      file("/out/bin/app", program(["libfoo.so.1"]), mode),
      file(`${lib}/libfoo.so.1`, elfOf({ soname: "libfoo.so.1", needed: ["libevil.so.1"] })),
    ]);
    const phase = await compose({ app, samples });
    expect([phase.pulled, phase.closure.missing]).toEqual([[], []]);
    expect(phase.tree.lookup(path(`${lib}/libfoo.so.1`))?.origins[0]).toMatchObject({ kind: "package" });
  });

  test.each<[summary: string, entries: readonly Entry[], target: string, expected: string]>([
    [
      "a folder of the stage's ld.so.conf goes where every loader looks",
      [file("/out/bin/app", program(["libfoo.so.1"]), mode), file("/usr/local/lib/libfoo.so.1", foo)],
      "/usr/bin/app",
      `${lib}/libfoo.so.1`,
    ],
    [
      "a run path is one in the image, too",
      [
        file("/out/bin/app", program(["libfoo.so.1"], { runpath: "/opt" }), mode),
        file("/opt/libfoo.so.1", foo),
      ],
      "/usr/bin/app",
      "/opt/libfoo.so.1",
    ],
    [
      "beside the program as in the stage, wherever that goes",
      [
        file("/out/bin/app", program(["libfoo.so.1"], { runpath: "$ORIGIN/../lib" }), mode),
        file("/out/lib/libfoo.so.1", foo),
      ],
      "/srv/app/bin/app",
      "/srv/app/lib/libfoo.so.1",
    ],
  ])("%s", async (_, entries, target, expected) => {
    const plan = { config: { Entrypoint: [target] } };
    const told = await taken({ app: stageWith(entries), additions: [copy("/out/bin/app", target)], plan });
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(new RegExp(`^libfoo.so.1 from the stage app.* -> ${expected}$`));
  });

  test("neither of another machine, nor where the loader wouldn't look, nor for files of the context", async () => {
    const app = stageWith([
      file("/out/bin/app", program(["libfoo.so.1"]), mode),
      file("/out/lib/libfoo.so.1", foo),
      file(`${lib}/libfoo.so.1`, elfOf({ soname: "libfoo.so.1", machine: 183 })),
    ]);
    expect(await taken({ app })).toEqual(["missing libfoo.so.1"]);
    const samples: Samples = {
      libc6: libc,
      app: { data: { "/usr/bin/app": executable(program(["libfoo.so.1"])) } },
    };
    const has = stageWith([file(`${lib}/libfoo.so.1`, foo), file("/out/x", "x")]);
    expect(await taken({ app: has, samples, additions: [copy("/out/x", "/x")] })).toEqual([
      "missing libfoo.so.1",
    ]);
  });

  test("a module of a copied folder gets its own", async () => {
    const app = stageWith([
      directory("/out/modules"),
      file("/out/modules/ext.so", elfOf({ soname: "ext.so", needed: ["libfoo.so.1"] })),
      file("/out/bin/app", program([]), mode),
      file(`${lib}/libfoo.so.1`, foo),
    ]);
    const additions = [copy("/out/bin/app", "/usr/bin/app"), copy("/out/modules", "/usr/lib/modules")];
    expect(await taken({ app, additions })).toEqual([
      `libfoo.so.1 from the stage app: no package of run has it -> ${lib}/libfoo.so.1`,
    ]);
  });
});

describe("the C library", () => {
  const entries = [file("/out/bin/app", program([]), mode)];

  test("is the stage's where the image has no packages at all", async () => {
    const phase = await compose({ app: stageWith(entries, { ofPackages: false }), samples: {} });
    expect(phase.closure.missing).toEqual([]);
    expect(phase.pulled.map(({ what }) => what).sort()).toEqual([loader, "libc.so.6"].sort());
  });

  test("is never that of an image beside packages: an error that says why", async () => {
    const samples = { data: { data: { "/usr/share/x": "x" } } };
    const phase = await compose({ app: stageWith(entries, { ofPackages: false }), samples });
    expect(phase.pulled).toEqual([]);
    const failure = await shippedOf(phase, {
      architecture: "amd64",
      mtime: 0,
      plan: planOf(),
    }).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(ToolError);
    expect(failure).toMatchObject({
      code: "missing-dependency",
      hint: expect.stringContaining("of one release throughout") as string,
    });
  });

  test("of another release than the stage's is an error that says so", async () => {
    const app = stageWith([
      file(
        "/out/bin/app",
        elfOf({
          interpreter: loader,
          needed: ["libc.so.6"],
          type: "executable",
          versionsNeeded: [{ file: "libc.so.6", version: "GLIBC_2.38" }],
        }),
        mode,
      ),
    ]);
    const libc6: Sample = {
      ...libc,
      data: {
        ...libc.data,
        [`${lib}/libc.so.6`]: elfOf({ soname: "libc.so.6", versionsDefined: ["GLIBC_2.36"] }),
      },
    };
    const phase = await compose({ app, samples: { libc6 } });
    const failure = await shippedOf(phase, {
      architecture: "amd64",
      mtime: 0,
      plan: planOf(),
    }).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({
      code: "missing-dependency",
      why: expect.stringContaining("GLIBC_2.38") as string,
      hint: expect.stringContaining("the stage app has another release of the library than run") as string,
    });
  });

  test.each([
    ["libc.so.6", true],
    ["libm.so.6", true],
    ["/lib64/ld-linux-x86-64.so.2", true],
    ["/lib/ld-musl-x86_64.so.1", true],
    ["libc.musl-x86_64.so.1", true],
    ["libcrypt.so.1", false],
    ["libmagic.so.1", false],
    ["libld.so.1", false],
  ])("%s: %s", (what, expected) => {
    expect(isOfLibc(what)).toBe(expected);
  });
});

test("what an image may take from a stage names it, and nothing else does", () => {
  const of = (...entries: readonly Entry[]): unknown => librariesOf(new Map([["app", stageWith(entries)]]));
  expect(of(file("/out/x", "1", { mtime: 1 }))).toEqual(of(file("/out/x", "2")));
  expect(of(file("/out/lib/x.so.1", "1", { mtime: 1 }))).toEqual(of(file("/out/lib/x.so.1", "1")));
  expect(of(file("/out/lib/x.so.1", "1"))).not.toEqual(of(file("/out/lib/x.so.1", "2")));
});
