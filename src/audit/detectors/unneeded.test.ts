import { describe, expect, test } from "vitest";
import { elf, library, program, script } from "../../../testing/closures.ts";
import { subjectOf } from "../../../testing/subjects.ts";
import { file } from "../../../testing/trees.ts";
import type { RunConfig } from "../../oci/model.ts";
import type { LayerEntry } from "../../tree/layers.ts";
import { unneededFindings } from "./unneeded.ts";

const loader = elf("/lib64/ld-linux-x86-64.so.2", { soname: "ld-linux-x86-64.so.2" });
const app = [loader, program("/app/p", { needed: ["libc.so.6"] }), library("/usr/lib/libc.so.6")];

describe("unneededFindings", () => {
  test.each<{ summary: string; entries: LayerEntry[]; config?: RunConfig; found: string[] }>([
    { summary: "all of it is needed", entries: app, found: [] },
    { summary: "data needs no reason", entries: [...app, file("/etc/motd", "hello")], found: [] },
    {
      summary: "a library, whatever its name or mode",
      entries: [...app, library("/opt/notes.txt")],
      found: ["unneeded-elf /opt/notes.txt: a library that nothing needs"],
    },
    {
      summary: "a static program",
      entries: [...app, elf("/opt/x", { type: "executable", static: true, program: true })],
      found: ["unneeded-elf /opt/x: a program that nothing needs"],
    },
    {
      summary: "an object file",
      entries: [...app, elf("/opt/x.o", { type: "relocatable", static: true })],
      found: ["unneeded-elf /opt/x.o: an object file that nothing needs"],
    },
    {
      summary: "a script",
      entries: [...app, script("/opt/x", "/bin/sh -e")],
      found: ["unneeded-script /opt/x: a script that nothing needs"],
    },
    {
      summary: "names of one inode are told once",
      entries: [...app, elf("/opt/a", {}, { link: "1" }), elf("/opt/b", {}, { link: "1" })],
      found: ["unneeded-elf /opt/a: a library that nothing needs"],
    },
    {
      summary: "another name of a needed file is needed",
      entries: [loader, program("/app/p", {}, { link: "1" }), program("/opt/p", {}, { link: "1" })],
      found: [],
    },
    {
      summary: "a library that isn't there",
      entries: [loader, program("/app/p", { needed: ["libx.so.1"] })],
      found: ["missing /app/p: the library libx.so.1, needed by /app/p"],
    },
  ])("$summary", ({ entries, config, found }) => {
    const subject = subjectOf({ layers: [entries], ...(config === undefined ? {} : { config }) });
    expect(unneededFindings(subject).map(({ path, rule, what }) => `${rule} ${path}: ${what}`)).toEqual(
      found,
    );
  });

  test("what a policy declares has its reason", () => {
    const keep = [{ glob: "/opt/**", source: "policy.yaml:3" }];
    expect(unneededFindings(subjectOf({ layers: [[...app, library("/opt/x.so")]], keep }))).toEqual([]);
  });
});
