import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { file } from "../../testing/trees.ts";
import { limits } from "../base/limits.ts";
import type { Entry, Origin } from "../tree/entry.ts";
import { path } from "../tree/path.ts";
import { type LayerStrategy, planLayers } from "./strategy.ts";

const libc: Origin = { kind: "package", package: "libc6:amd64", version: "2.36" };
const app: Origin = { kind: "declared", what: "copy app" };
const cache: Origin = { kind: "effect", effect: "ldconfig" };

function folder(name: string, ...origins: Origin[]): Entry {
  return { kind: "directory", path: path(name), mode: 0o755, uid: 0, gid: 0, mtime: 0, origins };
}

function link(name: string, origin: Origin): Entry {
  return {
    kind: "symlink",
    path: path(name),
    mode: 0o777,
    uid: 0,
    gid: 0,
    mtime: 0,
    origins: [origin],
    target: "x",
  };
}

const entries = [
  folder("/etc", libc),
  link("/etc/ld.so.cache", cache),
  folder("/tmp", app),
  folder("/usr", libc, app),
  folder("/usr/bin", app),
  link("/usr/bin/app", app),
  folder("/usr/lib", libc),
  link("/usr/lib/libc.so.6", libc),
];

test.each([
  {
    strategy: "single" as const,
    layers: ["/etc /etc/ld.so.cache /tmp /usr /usr/bin /usr/bin/app /usr/lib /usr/lib/libc.so.6"],
  },
  {
    strategy: "auto" as const,
    layers: ["/etc /etc/ld.so.cache /usr /usr/lib /usr/lib/libc.so.6", "/tmp /usr /usr/bin /usr/bin/app"],
  },
  {
    strategy: "package" as const,
    layers: ["/usr /usr/lib /usr/lib/libc.so.6", "/etc /etc/ld.so.cache", "/tmp /usr /usr/bin /usr/bin/app"],
  },
])("$strategy: folders go along with what lies in them", ({ strategy, layers }) => {
  const planned = planLayers(entries, strategy).map((layer) => layer.map((entry) => entry.path).join(" "));
  expect(planned).toEqual(layers);
});

test("nothing makes no layer", () => {
  expect(planLayers([], "auto")).toEqual([]);
});

/** Each layer as its paths. */
function pathsOf(from: readonly Entry[], strategy: LayerStrategy): string[] {
  return planLayers(from, strategy).map((layer) => layer.map((entry) => entry.path).join(" "));
}

describe("layers of packages are bounded", () => {
  const named = (index: number): string => `p${String(index).padStart(3, "0")}`;
  /** Packages of one file each, the later the smaller. */
  const packages = (count: number): Entry[] =>
    Array.from({ length: count }, (_, index): Entry => {
      const origins: Origin[] = [{ kind: "package", package: named(index), version: "1" }];
      return { ...file(`/${named(index)}`, "x".repeat(count - index)), origins };
    });
  const most = limits.packageLayersMax;

  test.each<[summary: string, count: number, shared: string]>([
    ["as many as there may be", most, `/${named(most - 1)}`],
    ["one too many: the two smallest share one", most + 1, `/${named(most - 1)} /${named(most)}`],
    [
      "many too many",
      most + 50,
      Array.from({ length: 51 }, (_, index) => `/${named(most - 1 + index)}`).join(" "),
    ],
  ])("%s", (_summary, count, shared) => {
    const planned = pathsOf([...packages(count), link("/etc", cache), link("/z", app)], "package");
    expect(planned).toHaveLength(most + 2);
    expect(planned.slice(most - 1)).toEqual([shared, "/etc", "/z"]);
    expect(planned.join(" ").split(" ")).toHaveLength(count + 2);
  });

  test("whatever the order of the entries", () => {
    const from = packages(most + 7);
    expect(pathsOf(from.toReversed(), "package")).toEqual(pathsOf(from, "package"));
  });
});

describe("the names of an inode are in one layer", () => {
  const named = (name: string, origin: Origin): Entry =>
    file(name, "x", { link: "inode", origins: [origin] });
  const addLink: Origin = { kind: "effect", effect: "postinst", package: "app:amd64" };

  test.each<{ summary: string; strategy: LayerStrategy; from: Entry[]; layers: string[] }>([
    {
      summary: "of one package",
      strategy: "package",
      from: [named("/a", libc), named("/b", libc), link("/z", app)],
      layers: ["/a /b", "/z"],
    },
    {
      summary: "of a package and an effect: where the effect's are",
      strategy: "package",
      from: [named("/a", libc), named("/b", addLink), link("/c", libc)],
      layers: ["/c", "/a /b"],
    },
    {
      summary: "of a package and an effect, with packages together",
      strategy: "auto",
      from: [named("/a", libc), named("/b", addLink), link("/c", libc)],
      layers: ["/a /b /c"],
    },
    {
      summary: "of a package and the spec",
      strategy: "auto",
      from: [named("/a", libc), named("/b", app), link("/c", libc)],
      layers: ["/c", "/a /b"],
    },
    {
      summary: "one name alone stays with its package",
      strategy: "package",
      from: [named("/a", libc), link("/c", app)],
      layers: ["/a", "/c"],
    },
  ])("$summary ($strategy)", ({ strategy, from, layers }) => {
    expect(pathsOf(from, strategy)).toEqual(layers);
  });

  test("whatever the origins are, every entry is in a layer and no inode in two", () => {
    const origins = [libc, app, cache, addLink, { ...libc, package: "zlib1g:amd64" }];
    const anyFile = fc.tuple(fc.constantFrom(...origins), fc.constantFrom("i", "j", undefined));
    fc.assert(
      fc.property(
        fc.array(anyFile, { maxLength: 12 }),
        fc.constantFrom("auto" as const, "single" as const, "package" as const),
        (drawn, strategy) => {
          const from = drawn.map(([origin, inode], index) =>
            file(`/f${index}`, "x", { origins: [origin], ...(inode === undefined ? {} : { link: inode }) }),
          );
          const planned = planLayers(from, strategy);
          expect(planned.flat().length).toBe(from.length);
          const inodes = planned.map(
            (layer) => new Set(layer.flatMap((entry) => (entry.kind === "file" ? (entry.link ?? []) : []))),
          );
          for (const inode of ["i", "j"])
            expect(inodes.filter((one) => one.has(inode)).length).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
