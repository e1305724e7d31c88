// Preloads as ld.so(8) takes them.
import { expect, test } from "vitest";
import { closureOf, elf, keptFiles, library, loader64, program, script } from "../../testing/closures.ts";
import { symlink } from "../../testing/trees.ts";
import type { Entry } from "../tree/entry.ts";

const entries: readonly Entry[] = [
  elf(loader64),
  program("/app/dynamic"),
  elf("/app/static", { type: "executable", static: true, program: true }),
  script("/app/script", "/app/dynamic"),
  library("/usr/lib/liba.so"),
  symlink("/usr/lib/link.so", "liba.so"),
  program("/opt/program", { program: true }),
  elf("/opt/pie", { program: true, static: true }),
  program("/opt/entry.so", { soname: "entry.so" }),
  elf("/opt/object.o", { type: "relocatable" }),
];

test.each<{ entrypoint: string; preload: string; kept: string[] }>([
  { entrypoint: "/app/dynamic", preload: "/usr/lib/liba.so", kept: ["/usr/lib/liba.so"] },
  { entrypoint: "/app/dynamic", preload: "none.so:/none /usr/lib/liba.so", kept: ["/usr/lib/liba.so"] },
  {
    entrypoint: "/app/dynamic",
    preload: "/usr/lib/link.so",
    kept: ["/usr/lib/liba.so", "/usr/lib/link.so"],
  },
  { entrypoint: "/app/script", preload: "/usr/lib/liba.so", kept: ["/app/dynamic", "/usr/lib/liba.so"] },
  { entrypoint: "/app/static", preload: "/usr/lib/liba.so", kept: [] },
  { entrypoint: "/app/dynamic", preload: "/opt/program:/opt/pie:/opt/entry.so:/opt/object.o", kept: [] },
])("$entrypoint with $preload keeps $kept", ({ entrypoint, kept, preload }) => {
  const given: readonly Parameters<typeof closureOf>[1][] = [
    { launch: { entrypoint: [entrypoint], env: { LD_PRELOAD: preload } } },
    { launch: { entrypoint: [entrypoint] }, settings: { "/etc/ld.so.preload": preload } },
  ];
  for (const one of given) {
    const found = keptFiles(closureOf(entries, one));
    expect(found.filter((file) => file !== loader64 && file !== entrypoint)).toEqual(kept);
  }
});
