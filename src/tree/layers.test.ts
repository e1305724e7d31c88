import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { directory, file, fromLayer, symlink } from "../../testing/trees.ts";
import { ToolError } from "../base/errors.ts";
import { dumpTree } from "./dump.ts";
import type { Entry } from "./entry.ts";
import { applyLayer, type LayerEntry, whiteoutOf } from "./layers.ts";
import { finishTree, treeBuilder } from "./memory-tree.ts";
import { path } from "./path.ts";
import type { Tree } from "./tree.ts";

function layered(...layers: readonly (readonly LayerEntry[])[]): Tree {
  const builder = treeBuilder();
  for (const [index, layer] of layers.entries()) applyLayer(builder, layer, index);
  return finishTree(builder);
}

describe("layers", () => {
  test.each<{ summary: string; layers: LayerEntry[][]; paths: string[] }>([
    {
      summary: "a whiteout hides a file of a lower layer",
      layers: [[file("/a/x"), file("/a/y")], [file("/a/.wh.x")]],
      paths: ["/a", "/a/y"],
    },
    {
      summary: "a whiteout hides a folder with all it holds",
      layers: [[file("/a/b/c"), file("/d")], [file("/.wh.a")]],
      paths: ["/d"],
    },
    {
      summary: "a whiteout does not hide what its own layer holds, in either order",
      layers: [
        [file("/a", "old"), file("/b", "old")],
        [file("/a", "new"), file("/.wh.a"), file("/.wh.b"), file("/b", "new")],
      ],
      paths: ["/a", "/b"],
    },
    {
      summary: "an opaque folder hides what is below it in lower layers only",
      layers: [
        [file("/a/old"), file("/a/b/old")],
        [directory("/a"), file("/a/new"), file("/a/.wh..wh..opq")],
      ],
      paths: ["/a", "/a/new"],
    },
    {
      summary: "an opaque root empties the tree",
      layers: [[file("/a/x")], [file("/.wh..wh..opq"), file("/y")]],
      paths: ["/y"],
    },
    {
      summary: "a file called which is no whiteout",
      layers: [[file("/usr/bin/which"), file("/usr/bin/.whale")], [file("/usr/bin/which", "2")]],
      paths: ["/usr", "/usr/bin", "/usr/bin/.whale", "/usr/bin/which"],
    },
    {
      summary: "AUFS bookkeeping is ignored",
      layers: [[file("/a")], [directory("/.wh..wh.plnk"), file("/.wh..wh.aufs")]],
      paths: ["/a"],
    },
    {
      summary: "a whiteout goes through a link among its parents",
      layers: [
        [file("/usr/lib/x"), symlink("/lib", "usr/lib")],
        [file("/lib/.wh.x"), file("/lib/y")],
      ],
      paths: ["/lib", "/usr", "/usr/lib", "/usr/lib/y"],
    },
    {
      summary: "an opaque folder reached through a link",
      layers: [[file("/usr/lib/x"), symlink("/lib", "usr/lib")], [file("/lib/.wh..wh..opq")]],
      paths: ["/lib", "/usr", "/usr/lib"],
    },
    {
      summary: "a file replaces a folder with its content; a folder replaces a link",
      layers: [
        [file("/a/x"), symlink("/l", "a")],
        [file("/a"), directory("/l")],
      ],
      paths: ["/a", "/l"],
    },
    {
      summary: "a link that climbs stays inside",
      layers: [[symlink("/up", "../../..")], [file("/up/x")]],
      paths: ["/up", "/x"],
    },
  ])("$summary", ({ layers, paths }) => {
    expect(Object.keys(dumpTree(layered(...layers)))).toEqual(paths);
  });

  test("a folder lists the layers that touch it; the last one decides its attributes", () => {
    const tree = layered(
      [directory("/a", { mode: 0o755, ...fromLayer(0) })],
      [directory("/a", { mode: 0o700, ...fromLayer(1) })],
    );
    const entry = tree.lookup(path("/a"));
    expect(entry?.mode).toBe(0o700);
    expect(entry?.origins.map((one) => (one.kind === "layer" ? one.index : -1))).toEqual([0, 1]);
  });

  test("hard links share an id, also across layers", () => {
    const tree = layered(
      [file("/bin/[", "busybox")],
      [{ kind: "hardlink", path: path("/bin/sh"), target: path("/bin/["), origins: [] }],
    );
    const names = [tree.lookup(path("/bin/[")), tree.lookup(path("/bin/sh"))] as Entry[];
    expect(new Set(names.map((one) => (one.kind === "file" ? (one.link ?? "none") : "no file"))).size).toBe(
      1,
    );
    expect(names.map((one) => (one.kind === "file" ? one.digest : ""))[0]).toBe(
      names.map((one) => (one.kind === "file" ? one.digest : ""))[1],
    );
  });

  const hardlink = (name: string, target: string): LayerEntry => ({
    kind: "hardlink",
    path: path(name),
    target: path(target),
    origins: [],
  });
  test.each<[string, LayerEntry[][]]>([
    [
      "in the next layer",
      [
        [file("/a", "old"), hardlink("/b", "/a")],
        [file("/a", "new"), hardlink("/c", "/a")],
      ],
    ],
    [
      "in the same layer",
      [[file("/a", "old"), hardlink("/b", "/a"), file("/a", "new"), hardlink("/c", "/a")]],
    ],
    [
      "in the next layer, with links in layers of their own",
      [[file("/a", "old")], [hardlink("/b", "/a")], [file("/a", "new")], [hardlink("/c", "/a")]],
    ],
    [
      "in the next layer, named through a link",
      [
        [file("/a", "old"), symlink("/here", "."), hardlink("/b", "/here/a")],
        [file("/a", "new"), hardlink("/c", "/here/a")],
      ],
    ],
  ])("a file replaced %s shares no id with what its other name keeps", (_, layers) => {
    const tree = layered(...layers);
    const fileAt = (name: string): Entry & { readonly kind: "file" } => {
      const entry = tree.lookup(path(name));
      if (entry?.kind !== "file") throw new Error(`${name} is no file`);
      return entry;
    };
    const [a, b, c] = [fileAt("/a"), fileAt("/b"), fileAt("/c")];
    expect([a.digest === c.digest, a.link === c.link, a.link]).toEqual([true, true, expect.any(String)]);
    expect([b.digest === a.digest, b.link === a.link]).toEqual([false, false]);
  });

  test.each<[string, LayerEntry[]]>([
    ["a whiteout of nothing", [file("/a/.wh.")]],
    ["a whiteout of the parent", [file("/a/.wh...")]],
    ["a hard link to nothing", [{ kind: "hardlink", path: path("/a"), target: path("/b"), origins: [] }]],
    ["links in a circle", [symlink("/a", "b"), symlink("/b", "a"), file("/a/x")]],
  ])("%s is malformed", (_, layer) => {
    expect(() => layered(layer)).toThrow(ToolError);
    expect(() => layered(layer)).toThrow(/applying a layer|placing/);
  });

  test("equals a model that walks nested folders", () => {
    fc.assert(
      fc.property(fc.array(fc.array(layerEntry, { maxLength: 8 }), { maxLength: 4 }), (layers) => {
        const expected = modelOf(layers);
        const made = outcome(() => dumpTree(layered(...layers)));
        expect(made).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });
});

// The model: nested maps and recursion, sharing nothing with the implementation but the entries.

type Node = { entry?: Entry; folder?: Map<string, Node> };

const name = fc.constantFrom("a", "b", "c", "which");
const anyPath = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join("/")}`);
const layerEntry: fc.Arbitrary<Entry> = fc.oneof(
  fc.tuple(anyPath, fc.constantFrom("1", "2")).map(([at, text]) => file(at, text)),
  anyPath.map((at) => directory(at, { mode: 0o700 })),
  fc.tuple(anyPath, fc.constantFrom("a", "/b", "../c", "b/c", "..", "/")).map(([at, to]) => symlink(at, to)),
  anyPath.map((at) => file(at.replace(/[^/]+$/, ".wh.$&"))),
  anyPath.map((at) => file(`${at}/.wh..wh..opq`)),
);

function outcome(make: () => Record<string, string>): Record<string, string> | "malformed" {
  try {
    return make();
  } catch (thrown) {
    if (thrown instanceof ToolError && thrown.code === "malformed") return "malformed";
    throw thrown;
  }
}

function modelOf(layers: readonly (readonly Entry[])[]): Record<string, string> | "malformed" {
  return outcome(() => {
    const top: Node = { folder: new Map() };
    for (const layer of layers) {
      const hidden = layer.filter((one) => whiteoutOf(one.path) !== undefined);
      for (const one of hidden) hide(top, one.path.split("/").slice(1));
      for (const one of layer) if (!hidden.includes(one)) put(top, one);
    }
    const lines: Record<string, string> = {};
    dumpNode(top, "", lines);
    return lines;
  });
}

/** The chain of names that leads to the folder without links. */
function real(top: Node, parts: readonly string[], hops = { left: 40 }): string[] {
  let chain: string[] = [];
  for (const [index, part] of parts.entries()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      chain.pop();
      continue;
    }
    const node = nodeAt(top, [...chain, part]);
    if (node?.entry?.kind !== "symlink") {
      chain = [...chain, part];
      continue;
    }
    if (hops.left-- === 0) throw new ToolError("malformed", { what: "model", why: "circle" });
    const { target } = node.entry;
    return real(
      top,
      [...(target.startsWith("/") ? [] : chain), ...target.split("/"), ...parts.slice(index + 1)],
      hops,
    );
  }
  return chain;
}

function nodeAt(top: Node, chain: readonly string[]): Node | undefined {
  let node: Node | undefined = top;
  for (const part of chain) node = node?.folder?.get(part);
  return node;
}

function hide(top: Node, parts: readonly string[]): void {
  const last = parts[parts.length - 1] ?? "";
  const folder = nodeAt(top, real(top, parts.slice(0, -1)))?.folder;
  if (last === ".wh..wh..opq") folder?.clear();
  else folder?.delete(last.slice(4));
}

function put(top: Node, entry: Entry): void {
  const parts = entry.path.split("/").slice(1);
  const last = parts.pop() ?? "";
  let node = top;
  for (const part of real(top, parts)) {
    node.folder ??= new Map();
    let next = node.folder.get(part);
    if (next?.folder === undefined) {
      next = { folder: new Map() };
      node.folder.set(part, next);
    }
    node = next;
  }
  const present = node.folder?.get(last);
  const folder = entry.kind === "directory" ? (present?.folder ?? new Map<string, Node>()) : undefined;
  node.folder?.set(last, folder === undefined ? { entry } : { entry, folder });
}

function dumpNode(node: Node, at: string, lines: Record<string, string>): void {
  for (const child of [...(node.folder?.keys() ?? [])].sort()) {
    const found = node.folder?.get(child);
    if (found === undefined) continue;
    const here = `${at}/${child}`;
    const one = found.entry ?? directory(here);
    const text = one.kind === "file" ? `file 0644 ${one.digest.slice(7, 15)}` : "";
    lines[here] =
      one.kind === "directory"
        ? `directory ${one.mode.toString(8).padStart(4, "0")}`
        : one.kind === "symlink"
          ? `symlink 0777 -> ${one.target}`
          : text;
    if (one.kind === "file" && one.sizeBytes === 0) lines[here] = "file 0644 empty";
    dumpNode(found, here, lines);
  }
}
