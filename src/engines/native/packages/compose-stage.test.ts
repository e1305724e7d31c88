import { afterAll, beforeAll, expect, test } from "vitest";
import { elfOf } from "../../../../testing/builders.ts";
import {
  executable,
  openStage,
  type Sample,
  type Samples,
  type Stage,
  storeSamples,
} from "../../../../testing/phases.ts";
import { collect } from "../../../base/bytes.ts";
import { path, type TreePath } from "../../../tree/path.ts";
import { type ComposedStage, composeStage } from "./compose-stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const lib = "/usr/lib/x86_64-linux-gnu";
const libc: Sample = {
  control: { Version: "2.36-9" },
  files: { shlibs: "libc 6 libc6\n" },
  data: { [`${lib}/libc.so.6`]: elfOf({ soname: "libc.so.6" }) },
};

async function compose(
  samples: Samples,
  ignoredEffects: Readonly<Record<string, string>> = {},
): Promise<ComposedStage> {
  const { debs, packages } = await storeSamples(stage.services.cache, samples);
  const plan = { alternatives: {}, ignoredEffects };
  return composeStage({ plan, codename: "bookworm", architecture: "amd64", packages, debs }, stage.services);
}

async function textOf({ tree }: ComposedStage, name: string): Promise<string | undefined> {
  const entry = tree.lookup(path(name));
  if (entry?.kind !== "file") return undefined;
  return Buffer.from(await collect(entry.content, 1 << 20, name)).toString("latin1");
}

const names: readonly TreePath[] = [
  "/bin",
  "/tmp",
  "/usr/bin/make",
  "/usr/include/x.h",
  "/usr/share/doc/make/copyright",
  "/etc/passwd",
  "/etc/ld.so.cache",
  "/var/lib/dpkg/status.d/make",
].map(path);

test("everything of every package, with accounts, the loader's cache and the package database", async () => {
  const made = await compose({
    libc6: libc,
    make: {
      data: {
        "/usr/bin/make": executable("#!/bin/sh\n"),
        "/usr/include/x.h": "",
        "/usr/share/doc/make/copyright": "",
      },
      scripts: { postinst: "#!/bin/sh\nadduser --system --group builder\n" },
    },
  });
  expect(names.filter((name) => made.tree.lookup(name) === undefined)).toEqual([]);
  expect(made.tree.lookup("/tmp" as TreePath)?.mode).toBe(0o1777);
  expect(await textOf(made, "/etc/passwd")).toMatch(/^builder:/m);
  expect(await textOf(made, "/etc/ld.so.cache")).toContain("libc.so.6");
  expect(made.warning).toBeUndefined();
});

test("is the same whenever it is made", async () => {
  const dated = (made: ComposedStage): readonly string[] =>
    [...made.tree.walk()].map((entry) => `${entry.path} ${entry.mtime}`);
  expect(dated(await compose({ libc6: libc }))).toEqual(dated(await compose({ libc6: libc })));
});

const strange: Sample = {
  data: { "/usr/bin/strange": "x" },
  scripts: { postinst: "#!/bin/sh\nfrobnicate --all\n" },
};

test("a script that is not understood is told, and stops nothing", async () => {
  const { tree, warning } = await compose({ strange });
  expect(tree.lookup("/usr/bin/strange" as TreePath)).toBeDefined();
  expect(warning).toBe(
    "not done in this stage, as scripts of packages are never run and these are not modelled:\n" +
      "  postinst of strange:amd64:2: frobnicate --all",
  );
});

test("what nobody makes is told; what is declared unneeded is not", async () => {
  const schemas: Sample = {
    data: { "/usr/share/x": "x" },
    files: { triggers: "interest /usr/share/glib-2.0/schemas\n" },
  };
  expect((await compose({ schemas })).warning).toContain(
    "\n  glib-schemas: the compiled settings schemas of GLib",
  );
  expect((await compose({ schemas, strange }, { schemas: "none", strange: "none" })).warning).toBeUndefined();
});
