// The loader's search, case by case: ld.so(8) "The dynamic linker searches ...", musl's ldso/dynlink.c.
import { describe, expect, test } from "vitest";
import { closureOf, elf, keptFiles, library, program } from "../../testing/closures.ts";
import { symlink } from "../../testing/trees.ts";
import type { Entry } from "../tree/entry.ts";
import { treeOf } from "../tree/memory-tree.ts";
import type { Tree } from "../tree/tree.ts";

const loader = elf("/lib64/ld-linux-x86-64.so.2", { soname: "ld-linux-x86-64.so.2" });
const start = { launch: { entrypoint: ["/app/bin/p"] } };

/** The libraries kept for /app/bin/p, without the loader. */
function mapped(entries: readonly Entry[], given: Parameters<typeof closureOf>[1] = start): string[] {
  const closure = closureOf([loader, ...entries], given);
  expect(closure.missing).toEqual([]);
  return keptFiles(closure).filter((one) => one !== loader.path && one !== "/app/bin/p");
}

describe("glibc's search", () => {
  test.each<{ summary: string; entries: Entry[]; kept: string[]; given?: Parameters<typeof closureOf>[1] }>([
    {
      summary: "RPATH comes before LD_LIBRARY_PATH",
      entries: [
        program("/app/bin/p", { needed: ["liba.so"], rpath: "/r" }),
        library("/r/liba.so"),
        library("/l/liba.so"),
      ],
      given: { launch: { entrypoint: ["/app/bin/p"], env: { LD_LIBRARY_PATH: "/l" } } },
      kept: ["/r/liba.so"],
    },
    {
      summary: "LD_LIBRARY_PATH comes before RUNPATH",
      entries: [
        program("/app/bin/p", { needed: ["liba.so"], runpath: "/r" }),
        library("/r/liba.so"),
        library("/l/liba.so"),
      ],
      given: { launch: { entrypoint: ["/app/bin/p"], env: { LD_LIBRARY_PATH: "/none:/l" } } },
      kept: ["/l/liba.so"],
    },
    {
      summary: "RUNPATH makes the object's own RPATH void",
      entries: [
        program("/app/bin/p", { needed: ["liba.so"], rpath: "/r", runpath: "/none" }),
        library("/r/liba.so"),
        library("/usr/lib/liba.so"),
      ],
      kept: ["/usr/lib/liba.so"],
    },
    {
      summary: "RPATH of the program serves its libraries' libraries",
      entries: [
        program("/app/bin/p", { needed: ["liba.so"], rpath: "/r" }),
        library("/r/liba.so", { needed: ["libb.so"] }),
        library("/r/libb.so"),
        library("/usr/lib/libb.so"),
      ],
      kept: ["/r/liba.so", "/r/libb.so"],
    },
    {
      summary: "RUNPATH of the program does not",
      entries: [
        program("/app/bin/p", { needed: ["liba.so"], runpath: "/r" }),
        library("/r/liba.so", { needed: ["libb.so"] }),
        library("/r/libb.so"),
        library("/usr/lib/libb.so"),
      ],
      kept: ["/r/liba.so", "/usr/lib/libb.so"],
    },
    {
      summary: "a library with a RUNPATH does not use its loaders' RPATH",
      entries: [
        program("/app/bin/p", { needed: ["liba.so"], rpath: "/r" }),
        library("/r/liba.so", { needed: ["libb.so"], runpath: "/none" }),
        library("/r/libb.so"),
        library("/usr/lib/libb.so"),
      ],
      kept: ["/r/liba.so", "/usr/lib/libb.so"],
    },
    {
      summary: "an object is loaded once: what is there already is not searched again",
      entries: [
        program("/app/bin/p", { needed: ["libb.so", "liba.so"] }),
        library("/usr/lib/liba.so", { needed: ["libb.so"], runpath: "/r" }),
        library("/r/libb.so"),
        library("/usr/lib/libb.so"),
      ],
      kept: ["/usr/lib/liba.so", "/usr/lib/libb.so"],
    },
    {
      summary: "breadth first: the program's own libraries come before a library's",
      entries: [
        program("/app/bin/p", { needed: ["liba.so", "libb.so"] }),
        library("/usr/lib/liba.so", { needed: ["libb.so"], runpath: "/r" }),
        library("/r/libb.so"),
        library("/usr/lib/libb.so"),
      ],
      kept: ["/usr/lib/liba.so", "/usr/lib/libb.so"],
    },
    {
      summary: "a soname answers for a library loaded under another name",
      entries: [
        program("/app/bin/p", { needed: ["/app/lib/plain.so", "liba.so.1"] }),
        elf("/app/lib/plain.so", { soname: "liba.so.1" }),
        library("/usr/lib/liba.so.1"),
      ],
      kept: ["/app/lib/plain.so"],
    },
    {
      summary: "$ORIGIN is the folder of the object itself, behind its links; with or without braces",
      entries: [
        symlink("/app/bin/p", "../real/bin/p"),
        program("/app/real/bin/p", {
          needed: ["liba.so", "libb.so"],
          runpath: ["$ORIGIN/../lib:$", "{ORIGIN}/x"].join(""),
        }),
        library("/app/real/lib/liba.so"),
        library("/app/real/bin/x/libb.so"),
        library("/app/lib/liba.so"),
      ],
      kept: ["/app/real/bin/p", "/app/real/bin/x/libb.so", "/app/real/lib/liba.so"],
    },
    {
      summary: "$LIB is Debian's multiarch folder where there is one, $PLATFORM the processor's name",
      entries: [
        program("/app/bin/p", { needed: ["liba.so", "libb.so"], runpath: "/opt/$LIB:/opt/$PLATFORM" }),
        library("/opt/lib/x86_64-linux-gnu/liba.so"),
        library("/opt/x86_64/libb.so"),
        library("/usr/lib/x86_64-linux-gnu/libother.so"),
      ],
      kept: ["/opt/lib/x86_64-linux-gnu/liba.so", "/opt/x86_64/libb.so"],
    },
    {
      summary: "another class or machine is passed over",
      entries: [
        program("/app/bin/p", { needed: ["liba.so"], runpath: "/a:/b:/c" }),
        library("/a/liba.so", { class: 32 }),
        library("/b/liba.so", { machine: 183 }),
        library("/c/liba.so"),
      ],
      kept: ["/c/liba.so"],
    },
    {
      summary: "ld.so.conf comes before the default folders, in its own order, through include",
      entries: [
        program("/app/bin/p", { needed: ["liba.so"] }),
        library("/opt/2/liba.so"),
        library("/opt/1/liba.so"),
        library("/usr/lib/liba.so"),
      ],
      given: {
        ...start,
        settings: {
          "/etc/ld.so.conf": "# first\ninclude ld.so.conf.d/*.conf\n/opt/1\n",
          "/etc/ld.so.conf.d/b.conf": "/none\n",
          "/etc/ld.so.conf.d/a.conf": "/opt/2 # why\n",
        },
      },
      kept: ["/opt/2/liba.so"],
    },
    {
      summary: "variants for newer processors come along",
      entries: [
        program("/app/bin/p", { needed: ["liba.so"] }),
        library("/usr/lib/liba.so"),
        library("/usr/lib/glibc-hwcaps/x86-64-v3/liba.so"),
        library("/usr/lib/glibc-hwcaps/x86-64-v3/libother.so"),
      ],
      kept: ["/usr/lib/glibc-hwcaps/x86-64-v3/liba.so", "/usr/lib/liba.so"],
    },
    {
      summary: "LD_PRELOAD is loaded",
      entries: [
        program("/app/bin/p"),
        library("/opt/pre.so", { needed: ["liba.so"] }),
        library("/usr/lib/liba.so"),
      ],
      given: { launch: { entrypoint: ["/app/bin/p"], env: { LD_PRELOAD: "/opt/pre.so" } } },
      kept: ["/opt/pre.so", "/usr/lib/liba.so"],
    },
    {
      summary: "so is what /etc/ld.so.preload names",
      entries: [program("/app/bin/p"), library("/opt/pre.so")],
      given: { ...start, settings: { "/etc/ld.so.preload": "/opt/pre.so /opt/none.so\n" } },
      kept: ["/opt/pre.so"],
    },
    {
      summary: "a module finds what its program has loaded, from wherever",
      entries: [
        program("/app/bin/p", { needed: ["libmain.so"], rpath: "/app/lib", sonameStrings: ["libmod.so.1"] }),
        library("/app/lib/libmain.so"),
        library("/usr/lib/libmod.so.1", { needed: ["libmain.so"] }),
      ],
      kept: ["/app/lib/libmain.so", "/usr/lib/libmod.so.1"],
    },
  ])("$summary", ({ entries, given, kept }) => {
    expect(mapped(entries, given)).toEqual(kept);
  });

  test("a version that the library found does not define is missing; a weak one is not", () => {
    const closure = closureOf(
      [
        loader,
        program("/app/bin/p", {
          needed: ["libc.so.6", "libplain.so"],
          versionsNeeded: [
            { file: "libc.so.6", version: "GLIBC_2.2.5", weak: false },
            { file: "libc.so.6", version: "GLIBC_2.38", weak: false },
            { file: "libc.so.6", version: "GLIBC_2.39", weak: true },
            { file: "libplain.so", version: "V1", weak: false },
          ],
        }),
        library("/usr/lib/libc.so.6", { versionsDefined: ["GLIBC_2.2.5"] }),
        library("/usr/lib/libplain.so"),
      ],
      start,
    );
    expect(closure.missing.map((one) => [one.kind, one.what])).toEqual([
      ["symbol-version", "libc.so.6(GLIBC_2.38)"],
    ]);
  });

  test("the loader itself is missing", () => {
    const closure = closureOf([program("/app/bin/p")], start);
    expect(closure.missing.map((one) => [one.kind, one.what, one.neededBy])).toEqual([
      ["interpreter", "/lib64/ld-linux-x86-64.so.2", "/app/bin/p"],
    ]);
  });
});

describe("musl's search", () => {
  const musl = elf("/lib/ld-musl-x86_64.so.1", { soname: "libc.musl-x86_64.so.1" });
  const p = (given: Parameters<typeof elf>[1]): Entry =>
    program("/app/bin/p", { interpreter: "/lib/ld-musl-x86_64.so.1", ...given });
  const kept = (entries: readonly Entry[], given: Parameters<typeof closureOf>[1] = start): string[] => {
    const closure = closureOf([musl, ...entries], given);
    expect(closure.missing).toEqual([]);
    return keptFiles(closure).filter((one) => one !== musl.path && one !== "/app/bin/p");
  };

  test("the loader is the C library, under all its names", () => {
    expect(kept([p({ needed: ["libc.musl-x86_64.so.1", "libpthread.so.0", "libc.so"] })])).toEqual([]);
  });

  test("RUNPATH is inherited, LD_LIBRARY_PATH comes first", () => {
    const entries = [
      p({ needed: ["liba.so"], runpath: "$ORIGIN/../lib" }),
      library("/app/lib/liba.so", { needed: ["libb.so"] }),
      library("/app/lib/libb.so"),
      library("/l/libb.so"),
    ];
    expect(kept(entries)).toEqual(["/app/lib/liba.so", "/app/lib/libb.so"]);
    const given = { launch: { entrypoint: ["/app/bin/p"], env: { LD_LIBRARY_PATH: "/l" } } };
    expect(kept(entries, given)).toEqual(["/app/lib/liba.so", "/l/libb.so"]);
  });

  test("its path file replaces the default folders; multiarch folders are none of them", () => {
    const entries = [p({ needed: ["liba.so"] }), library("/lib/liba.so"), library("/opt/liba.so")];
    expect(kept(entries)).toEqual(["/lib/liba.so"]);
    const settings = { "/etc/ld-musl-x86_64.path": "/opt\n/lib\n" };
    expect(kept(entries, { ...start, settings })).toEqual(["/opt/liba.so"]);
    const none = closureOf(
      [musl, p({ needed: ["liba.so"] }), library("/usr/lib/x86_64-linux-gnu/liba.so")],
      start,
    );
    expect(none.missing.map((one) => one.what)).toEqual(["liba.so"]);
  });
});

describe("the work grows with the tree, and no faster", () => {
  /** How often the tree is asked for a path. */
  function lookups(entries: readonly Entry[], given: Parameters<typeof closureOf>[1]): number {
    let count = 0;
    const tree = treeOf(entries);
    const counting: Tree = {
      ...tree,
      lookup: (at) => {
        count += 1;
        return tree.lookup(at);
      },
    };
    closureOf([], { ...given, tree: counting });
    return count;
  }

  test.each<{ summary: string; name: (index: number) => string }>([
    // In path order the first needs all others; turned round, each needs those before it.
    { summary: "a chain of modules", name: (index) => `m${1000 + index}` },
    { summary: "a chain in the other order", name: (index) => `m${2000 - index}` },
  ])("$summary", ({ name }) => {
    const chain = (count: number): number => {
      const modules = Array.from({ length: count }, (_, index) =>
        library(`/usr/lib/${name(index)}`, index + 1 < count ? { needed: [name(index + 1)] } : {}),
      );
      const keep = [{ glob: "/usr/lib/m*", source: "distill.yaml:1" }];
      return lookups([loader, program("/app/bin/p"), ...modules], { ...start, keep });
    };
    const [some, more] = [chain(100), chain(200)];
    expect(more / some).toBeLessThan(2.5);
  });
});

test("configuration that includes itself comes to an end", () => {
  const names = Array.from({ length: 30 }, (_, index) => `/etc/ld.so.conf.d/${10 + index}.conf`);
  const text = "include /etc/ld.so.conf.d/*.conf\ninclude ld.so.conf\n";
  const settings = Object.fromEntries(names.map((name, index) => [name, `${text.repeat(20)}/c${index}\n`]));
  const entries = [program("/app/bin/p", { needed: ["liba.so"] }), library("/c29/liba.so")];
  const given = { ...start, settings: { ...settings, "/etc/ld.so.conf": text } };
  expect(mapped(entries, given)).toEqual(["/c29/liba.so"]);
});
