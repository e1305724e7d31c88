// What the closure keeps as needed libraries is what the loader itself loads: its own trace, with the image as its root, for
// every program and every library of the examples' images.
import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, test } from "vitest";
import type { Closure } from "../../src/closure/closure.ts";
import type { ComposedPhase } from "../../src/engines/native/packages/compose-phase.ts";
import type { TreePath } from "../../src/tree/path.ts";
import { composedExample } from "../../testing/composed-example.ts";
import { because, distillWell, exampleIn, mirrorMissing } from "../../testing/examples.ts";
import { missingProgram, runProgram } from "../../testing/programs.ts";
import { pathInRoot } from "../../testing/root-path.ts";
import { unpackArchive } from "../../testing/unpacked-image.ts";

const loader = "/lib64/ld-linux-x86-64.so.2";
const folder = inject("e2eFolder");
const missing =
  mirrorMissing ??
  missingProgram("umoci", "chroot", "make", "g++") ??
  (process.getuid?.() === 0 ? undefined : "chroot needs root") ??
  (process.arch === "x64" ? undefined : "the images are for amd64");

describe.skipIf(missing !== undefined).each([
  ["cc-app", ["/usr/local/bin/app"]],
  ["redis", ["/usr/bin/redis-check-rdb"]],
  ["nginx", ["/usr/sbin/nginx"]],
  ["python-app", ["/usr/bin/python3.11"]],
  ["postgres", ["/usr/lib/postgresql/15/bin/postgres", "/usr/lib/postgresql/15/lib/plpgsql.so"]],
  ["postgres-17", ["/usr/lib/postgresql/17/bin/postgres", "/usr/lib/postgresql/17/lib/plpgsql.so"]],
])(`%s${because(missing)}`, (name, among) => {
  let root: string;
  let phase: ComposedPhase;
  const traces = new Map<string, ReadonlySet<string>>();

  beforeAll(async () => {
    const cache = join(folder, "cache");
    const project = await exampleIn(folder, name, cache);
    const archive = join(folder, `${name}.oci.tar`);
    if (!existsSync(archive)) {
      await distillWell(["build", project, "--frozen", "--cache-dir", cache, "-o", `oci-archive:${archive}`]);
    }
    ({ root } = await unpackArchive(archive, await mkdtemp(join(folder, "loader-"))));
    phase = await composedExample(project, cache);
    for (const path of elfFiles(phase)) traces.set(path, await trace(root, path));
  });

  test("the traces tell of libraries", () => {
    for (const path of among) expect(traces.get(path)?.size, path).toBeGreaterThan(1);
  });

  test("every file needs what the loader loads for it: none more, none fewer", () => {
    const edges = edgesOf(phase.closure);
    const wrong = [...traces].flatMap(([path, loaded]) => {
      const needed = neededBy(path, edges, phase);
      const more = [...needed].filter((one) => !loaded.has(one));
      const fewer = [...loaded].filter((one) => !needed.has(one));
      return more.length + fewer.length === 0 ? [] : [{ path, more, fewer }];
    });
    expect(wrong).toEqual([]);
  });

  test("no library is there that nothing loads, unless another reason is told", () => {
    const loaded = new Set([...traces.values()].flatMap((one) => [...one]));
    const idle = [...traces.keys()].filter(
      (path) => !loaded.has(path) && [...kindsOf(path, phase.closure)].every((kind) => kind === "needed"),
    );
    expect(idle).toEqual([]);
  });
});

/** Dynamic ELF files that ship. */
function elfFiles({ closure, tree, facts }: ComposedPhase): string[] {
  return [...closure.reasons.keys()].filter((path) => {
    const entry = tree.lookup(path);
    const elf = entry?.kind === "file" ? facts(entry).elf : undefined;
    return elf !== undefined && !elf.static && elf.needed.length > 0;
  });
}

/** The real paths of what the loader of the image would load for a file. */
async function trace(root: string, path: string): Promise<ReadonlySet<string>> {
  const { code, stdout, stderr } = await runProgram(["chroot", root, loader, "--list", path], {
    env: { LD_LIBRARY_PATH: undefined, LD_PRELOAD: undefined },
  });
  expect({ path, code, stderr }).toEqual({ path, code: 0, stderr: "" });
  const found = new Set<string>();
  for (const line of stdout.trim().split("\n")) {
    const [, name = ""] = /^\s*(?:\S+ => )?(\S+|not found)(?: \(0x[0-9a-f]+\))?$/.exec(line) ?? [];
    if (/^linux-(vdso|gate)\.so/.test(name)) continue;
    const real = name.startsWith("/") ? pathInRoot(root, name) : undefined;
    expect(real, `${path}: ${line}`).toBeDefined();
    if (real !== undefined) found.add(real);
  }
  return found;
}

/** The kinds of reasons for which a path is kept, those of links to it included. */
function kindsOf(path: string, closure: Closure): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (const { kind, from } of closure.reasons.get(path as TreePath) ?? []) {
    if (kind !== "link") kinds.add(kind);
    else for (const one of kindsOf(from, closure)) kinds.add(one);
  }
  return kinds;
}

type Edges = ReadonlyMap<string, readonly { readonly to: TreePath; readonly kind: string }[]>;

function edgesOf(closure: Closure): Edges {
  const edges = new Map<string, { readonly to: TreePath; readonly kind: string }[]>();
  for (const [to, reasons] of closure.reasons) {
    for (const { from, kind } of reasons) edges.set(from, [...(edges.get(from) ?? []), { to, kind }]);
  }
  return edges;
}

/** The files that the closure's "needed" edges lead to, through links. */
function neededBy(path: string, edges: Edges, { tree }: ComposedPhase): ReadonlySet<string> {
  const found = new Set<string>();
  const pending = [path];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const isLink = tree.lookup(at as TreePath)?.kind === "symlink";
    for (const { to, kind } of edges.get(at) ?? []) {
      if (kind !== (isLink ? "link" : "needed")) continue;
      if (tree.lookup(to)?.kind === "file") {
        if (found.has(to)) continue;
        found.add(to);
      }
      pending.push(to);
    }
  }
  return found;
}
