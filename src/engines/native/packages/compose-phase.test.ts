import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { elfOf } from "../../../../testing/builders.ts";
import {
  app,
  executable,
  openStage,
  phaseOf,
  type Sample,
  type Samples,
  type Stage,
  staticProgram,
  writeContext,
} from "../../../../testing/phases.ts";
import type { LockedPackage } from "../../../debian/locked.ts";
import type { Addition, ImagePlan } from "../../../graph/plan.ts";
import { dumpEntry } from "../../../tree/dump.ts";
import { path } from "../../../tree/path.ts";
import { type ComposedPhase, composePhase } from "./compose-phase.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());
beforeEach(() => void stage.takeUnpacked());

async function compose(samples: Samples, plan: Partial<ImagePlan> = {}): Promise<ComposedPhase> {
  return composePhase(await phaseOf(stage, samples, plan), stage.services);
}

/** What stays of these paths: the entry, or why it doesn't. */
function kept({ closure, tree }: ComposedPhase, paths: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    paths.map((name) => {
      const entry = tree.lookup(path(name));
      const why = closure.leftOut().find((one) => one.entry.path === name)?.why;
      if (entry === undefined) return [name, "absent"];
      const line = dumpEntry(entry).replace(/ [0-9a-f]{8}$/, "");
      return [name, closure.reasons.has(path(name)) ? line : `left out: ${why ?? ""}`];
    }),
  );
}

const loader = "/lib64/ld-linux-x86-64.so.2";
const lib = "/usr/lib/x86_64-linux-gnu";
const libc: Sample = {
  requested: false,
  files: { shlibs: "libc 6 libc6\nld-linux-x86-64 2 libc6\n" },
  data: {
    [`${lib}/libc.so.6`]: elfOf({ soname: "libc.so.6" }),
    [`${lib}/ld-linux-x86-64.so.2`]: executable(elfOf({ soname: "ld-linux-x86-64.so.2" })),
    "/usr/lib64/ld-linux-x86-64.so.2": { target: "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" },
  },
};

function programFor(...needed: readonly string[]): Sample {
  const program = elfOf({ interpreter: loader, needed: [...needed, "libc.so.6"], type: "executable" });
  return { depends: ["libc6"], data: { "/usr/bin/app": executable(program) } };
}

function libraryOf(soname: string, needed: readonly string[] = []): Sample {
  const stem = soname.replace(/\.so\..*/, "");
  return {
    requested: false,
    files: { shlibs: `${stem} ${soname.replace(/.*\.so\./, "")} ${stem}\n` },
    data: { [`${lib}/${soname}`]: elfOf({ soname, needed: [...needed] }) },
  };
}

describe("unpacking on demand", () => {
  test("what nothing needs is never unpacked; what is needed is, round by round, and each once", async () => {
    const samples: Samples = {
      app: { ...programFor("libone.so.1"), depends: ["libc6", "libone", "never"] },
      libc6: libc,
      libone: libraryOf("libone.so.1", ["libtwo.so.2"]),
      libtwo: libraryOf("libtwo.so.2"),
      never: { requested: false, data: { "/usr/bin/never": executable(elfOf({ needed: ["libx.so.1"] })) } },
    };
    const phase = await compose(samples);
    expect(phase.closure.missing).toEqual([]);
    expect([...phase.unpacked].sort()).toEqual(["app:amd64", "libc6:amd64", "libone:amd64", "libtwo:amd64"]);
    expect(stage.takeUnpacked()).toEqual(["app:amd64", "libc6:amd64", "libone:amd64", "libtwo:amd64"]);
    expect(kept(phase, [`${lib}/libtwo.so.2`, "/usr/bin/never"])).toEqual({
      [`${lib}/libtwo.so.2`]: "file 0644",
      "/usr/bin/never": "absent",
    });
  });

  test("a composition that was foreseen ends as the first one did", async () => {
    const samples: Samples = {
      app: programFor("libone.so.1"),
      libc6: libc,
      libone: libraryOf("libone.so.1"),
    };
    const first = await compose(samples);
    const second = await compose(samples);
    expect(second.unpacked).toEqual(first.unpacked);
    expect([...second.closure.reasons]).toEqual([...first.closure.reasons]);
    expect(second.verdicts).toEqual(first.verdicts);
  });

  test("an init image has everything", async () => {
    const samples = { app, extra: { requested: false, data: { "/usr/share/extra": "x" } } };
    const phase = await compose(samples, { content: "whole", phase: "init" });
    expect(stage.takeUnpacked()).toEqual(["app:amd64", "extra:amd64"]);
    expect(kept(phase, ["/usr/share/extra"])).toEqual({ "/usr/share/extra": "file 0644" });
  });

  test("a package whose script is sourced is read, and stays out of the tree", async () => {
    const samples: Samples = {
      app: {
        ...app,
        depends: ["helper"],
        scripts: { postinst: "#!/bin/sh\nset -e\n. /usr/share/helper/functions\nmake_it /srv/made\n" },
      },
      helper: {
        requested: false,
        data: {
          "/usr/bin/helper": executable(staticProgram),
          "/usr/share/helper/functions": 'make_it() { mkdir -p "$1"; }\n',
        },
      },
    };
    const phase = await compose(samples);
    expect(phase.verdicts.find((one) => one.package === "app:amd64")?.verdict).toBe("modelled");
    expect([...phase.unpacked]).toEqual(["app:amd64"]);
    expect(stage.takeUnpacked()).toContain("helper:amd64");
    expect(kept(phase, ["/srv/made", "/usr/share/helper/functions"])).toEqual({
      "/srv/made": "directory 0755",
      "/usr/share/helper/functions": "absent",
    });
  });
});

describe("what ships", () => {
  const withData: Sample = {
    data: {
      ...app.data,
      "/usr/share/app/data": "d",
      "/usr/share/doc/app/copyright": "c",
      "/usr/lib/app/x": "x",
    },
  };

  test.each<{ summary: string; plan: Partial<ImagePlan>; expected: Record<string, string> }>([
    {
      summary: "a package's data goes with it, its documentation doesn't",
      plan: {},
      expected: {
        "/usr/share/app/data": "file 0644",
        "/tmp": "directory 1777",
        "/var/run": "symlink 0777 -> /run",
      },
    },
    {
      summary: "what is dropped is left out",
      plan: { drop: [{ glob: "/usr/share/app/**" }] },
      expected: { "/usr/share/app/data": "left out: dropped by drop", "/usr/lib/app/x": "file 0644" },
    },
    {
      summary: "what is kept stays",
      plan: { keep: [{ glob: "/usr/share/doc/**" }] },
      expected: { "/usr/share/doc/app/copyright": "file 0644" },
    },
  ])("$summary", async ({ plan, expected }) => {
    const phase = await compose({ app: withData }, plan);
    expect(kept(phase, Object.keys(expected))).toEqual(expected);
  });

  test("a kept path that nothing has is missing", async () => {
    const { closure } = await compose({ app }, { keep: [{ glob: "/nothing/**" }] });
    expect(closure.missing).toMatchObject([{ what: "/nothing/**", kind: "declared-path" }]);
  });

  test("a missing library is named with who needs it", async () => {
    const { closure } = await compose({ app: programFor("libgone.so.3"), libc6: libc });
    expect(closure.missing).toMatchObject([
      { what: "libgone.so.3", kind: "library", neededBy: "/usr/bin/app", evidence: "DT_NEEDED libgone.so.3" },
    ]);
  });
});

describe("additions", () => {
  beforeAll(async () => {
    await writeContext(stage.context, { "conf/a": "a", "conf/sub/b": "b", tool: "#!/usr/bin/app\n" });
    writeFileSync(join(stage.context, "run.sh"), "x", { mode: 0o755 });
    symlinkSync("a", join(stage.context, "conf/link"));
    symlinkSync("/etc/hostname", join(stage.context, "outside"));
    mkdirSync(join(stage.context, "odd"));
    writeFileSync(
      Buffer.concat([Buffer.from(join(stage.context, "odd/")), Buffer.from("caf\xe9", "latin1")]),
      "o",
    );
  });

  const packaged: Sample = {
    data: {
      ...app.data,
      "/srv/data/": { mode: 0o700, uid: 5, gid: 5 },
      "/srv/data/old": "old",
      "/usr/bin/other": "x",
    },
  };
  const copy = (source: string, target: string, given: object = {}): Addition => {
    return { kind: "copy", source, target, ...given };
  };

  test.each<{ summary: string; additions: readonly Addition[]; expected: Record<string, string> }>([
    {
      summary: "files, folders and links, with owners by name and number",
      additions: [
        { kind: "directory", path: "/var/lib/app", mode: 0o750, owner: "app" },
        { kind: "file", path: "/etc/app.conf", text: "x", mode: 0o640, owner: "0:app" },
        { kind: "link", path: "/etc/link", target: "app.conf" },
      ],
      expected: {
        "/var/lib/app": "directory 0750 70:71",
        "/etc/app.conf": "file 0640 0:71",
        "/etc/link": "symlink 0777 -> app.conf",
      },
    },
    {
      summary: "a folder's content into a folder, links as they are",
      additions: [copy("conf", "/opt/conf", { owner: "app" })],
      expected: {
        "/opt/conf": "directory 0755 70:71",
        "/opt/conf/a": "file 0644 70:71",
        "/opt/conf/sub/b": "file 0644 70:71",
        "/opt/conf/link": "symlink 0777 70:71 -> a",
      },
    },
    {
      summary: "a file's execute bit goes along, unless a mode is given",
      additions: [copy("run.sh", "/opt/run"), copy("run.sh", "/opt/run2", { mode: 0o600 })],
      expected: { "/opt/run": "file 0755", "/opt/run2": "file 0600" },
    },
    {
      summary: "a name that is not UTF-8",
      additions: [copy("odd", "/opt/odd")],
      expected: { "/opt/odd/caf\udce9": "file 0644" },
    },
    {
      summary: "a copied folder leaves one that is there as it is, a declared one sets it",
      additions: [
        copy("conf", "/srv/data"),
        copy("conf", "/tmp"),
        { kind: "directory", path: "/var/tmp", mode: 0o700 },
      ],
      expected: {
        "/srv/data": "directory 0700 5:5",
        "/srv/data/a": "file 0644",
        "/tmp": "directory 1777",
        "/var/tmp": "directory 0700",
      },
    },
    {
      summary: "a declared folder keeps its attributes under what is copied into it",
      additions: [
        { kind: "directory", path: "/opt/own", mode: 0o700, owner: "app" },
        copy("conf", "/opt/own"),
        { kind: "file", path: "/opt/own/sub/c", text: "c", mode: 0o644 },
      ],
      expected: { "/opt/own": "directory 0700 70:71", "/opt/own/sub": "directory 0755" },
    },
    {
      summary: "through links to folders, which stay",
      additions: [
        { kind: "file", path: "/bin/tool", text: "x", mode: 0o755 },
        { kind: "directory", path: "/var/run/app", mode: 0o770, owner: "app" },
        copy("conf", "/lib/conf"),
      ],
      expected: {
        "/bin": "symlink 0777 -> usr/bin",
        "/usr/bin/tool": "file 0755",
        "/var/run": "symlink 0777 -> /run",
        "/run/app": "directory 0770 70:71",
        "/lib": "symlink 0777 -> usr/lib",
        "/usr/lib/conf/a": "file 0644",
      },
    },
    {
      summary: "a file in place of a package's; the last of several wins",
      additions: [
        { kind: "file", path: "/usr/bin/other", text: "y", mode: 0o700 },
        { kind: "link", path: "/srv/data/old", target: "new" },
      ],
      expected: { "/usr/bin/other": "file 0700", "/srv/data/old": "symlink 0777 -> new" },
    },
  ])("$summary", async ({ additions, expected }) => {
    const accounts = [{ name: "app", uid: 70, gid: 71, group: "app", home: "/" }];
    const phase = await compose({ app: packaged }, { additions, accounts });
    expect(kept(phase, Object.keys(expected))).toEqual(expected);
  });

  test.each<{ summary: string; additions: readonly Addition[]; rules: readonly string[]; message: RegExp }>([
    {
      summary: "sources that aren't there, all at once",
      additions: [copy("gone", "/a"), copy("conf/gone", "/b")],
      rules: ["copy-source-absent", "copy-source-absent"],
      message: /there is no "gone" in the context/,
    },
    {
      summary: "a source that leads out of the context",
      additions: [copy("outside", "/a")],
      rules: ["copy-source-outside"],
      message: /"outside" leads out of the context/,
    },
    {
      summary: "an owner that nobody is",
      additions: [{ kind: "directory", path: "/a", mode: 0o755, owner: "nosuch" }],
      rules: ["unknown-owner"],
      message: /no user or group "nosuch"/,
    },
    {
      summary: "a file in place of a folder",
      additions: [{ kind: "file", path: "/srv/data", text: "", mode: 0o644 }],
      rules: ["path-in-the-way"],
      message: /\/srv\/data can't be made: \/srv\/data is a directory in the image/,
    },
    {
      summary: "a folder below a file",
      additions: [copy("conf", "/usr/bin/other/conf")],
      rules: Array.from({ length: 5 }, () => "path-in-the-way"),
      message: /\/usr\/bin\/other\/conf can't be made: \/usr\/bin\/other is a file in the image/,
    },
  ])("$summary", async ({ additions, rules, message }) => {
    const composing = compose({ app: packaged }, { additions });
    await expect(composing).rejects.toThrow(message);
    await expect(composing).rejects.toMatchObject({ diagnostics: rules.map((rule) => ({ rule })) });
  });
});

describe("choices of alternatives", () => {
  const awk: Sample = {
    data: { ...app.data, "/usr/bin/mawk": executable(staticProgram) },
    scripts: { postinst: "#!/bin/sh\nupdate-alternatives --install /usr/bin/awk awk /usr/bin/mawk 5\n" },
  };

  test.each<[string, Record<string, string>, string]>([
    ["a name that no package has", { akw: "/usr/bin/mawk" }, "no package has an alternative of that name"],
    ["a path that no package offers", { awk: "/usr/bin/gawk" }, "no package offers it"],
  ])("%s", async (_summary, alternatives, why) => {
    await expect(compose({ app: awk }, { alternatives })).rejects.toMatchObject({
      code: "invalid-input",
      why,
    });
    await compose({ app: awk }, { alternatives, phase: "init", content: "whole" });
  });

  test("one that is offered", async () => {
    const phase = await compose(
      { app: awk },
      { alternatives: { awk: "/usr/bin/mawk" }, keep: [{ glob: "/usr/bin/awk" }] },
    );
    expect(kept(phase, ["/usr/bin/awk", "/etc/alternatives/awk"])).toEqual({
      "/usr/bin/awk": "symlink 0777 -> /etc/alternatives/awk",
      "/etc/alternatives/awk": "symlink 0777 -> /usr/bin/mawk",
    });
  });
});

test.each<[string, Sample["control"], Partial<LockedPackage>, string]>([
  ["another name", { Package: "a/../../etc/x" }, {}, "a/../../etc/x:amd64 1.0-1"],
  ["another version", {}, { version: "1.0-2" }, "app:amd64 1.0-1"],
  ["another architecture", {}, { architecture: "all" }, "app:amd64 1.0-1"],
])("a package that says of itself %s than the lock is refused", async (_, control, locked, found) => {
  const input = await phaseOf(stage, { app: { ...app, ...(control === undefined ? {} : { control }) } });
  const packages = input.packages.map((one) => ({ ...one, ...locked }));
  await expect(composePhase({ ...input, packages }, stage.services)).rejects.toMatchObject({
    code: "malformed",
    why: `its control file says that it is ${found}`,
  });
});
