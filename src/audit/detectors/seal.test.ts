import { expect, test } from "vitest";
import { elf, library, program } from "../../../testing/closures.ts";
import { subjectOf } from "../../../testing/subjects.ts";
import { symlink } from "../../../testing/trees.ts";
import type { LayerEntry } from "../../tree/layers.ts";
import { sealFindings } from "./seal.ts";

const loader = elf("/lib64/ld-linux-x86-64.so.2", { soname: "ld-linux-x86-64.so.2" });
const libc = library("/usr/lib/libc.so.6");

test.each<{ summary: string; entries: LayerEntry[]; found: string[] }>([
  {
    summary: "static",
    entries: [elf("/app/p", { static: true, type: "executable", program: true })],
    found: [],
  },
  {
    summary: "one loader, however many programs",
    entries: [loader, program("/app/p", { needed: ["libc.so.6"] }), libc],
    found: ["/lib64/ld-linux-x86-64.so.2: the loader of /app/p"],
  },
  {
    summary: "a loader behind a link",
    entries: [
      symlink("/lib64", "usr/lib"),
      elf("/usr/lib/ld-linux-x86-64.so.2", { soname: "ld-linux-x86-64.so.2" }),
      program("/app/p"),
    ],
    found: ["/usr/lib/ld-linux-x86-64.so.2: the loader of /app/p"],
  },
  {
    summary: "a loader that isn't there is said of the program",
    entries: [program("/app/p")],
    found: ["/app/p: the loader of /app/p"],
  },
])("$summary", ({ entries, found }) => {
  expect(sealFindings(subjectOf({ layers: [entries] })).map(({ path, what }) => `${path}: ${what}`)).toEqual(
    found,
  );
});
