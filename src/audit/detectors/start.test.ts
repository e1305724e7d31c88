import { expect, test } from "vitest";
import { elf, script } from "../../../testing/closures.ts";
import { subjectOf } from "../../../testing/subjects.ts";
import { directory, file, symlink } from "../../../testing/trees.ts";
import type { RunConfig } from "../../oci/model.ts";
import type { Entry } from "../../tree/entry.ts";
import { startFindings } from "./start.ts";

test.each<{ summary: string; entries: Entry[]; config: RunConfig; found: string[] }>([
  {
    summary: "nothing",
    entries: [],
    config: { Entrypoint: [] },
    found: ["the config has neither an entrypoint nor a command"],
  },
  {
    summary: "a program",
    entries: [elf("/p", { program: true })],
    config: { Entrypoint: ["/p"] },
    found: [],
  },
  {
    summary: "a program on the PATH",
    entries: [elf("/usr/bin/p", { program: true })],
    config: { Entrypoint: [], Cmd: ["p"] },
    found: [],
  },
  {
    summary: "a program behind a link",
    entries: [symlink("/l", "p"), elf("/p", { program: true })],
    config: { Entrypoint: ["/l"] },
    found: [],
  },
  {
    summary: "a script",
    entries: [script("/s", "/p")],
    config: { Entrypoint: ["/s"] },
    found: [],
  },
  { summary: "what isn't there is told as missing", entries: [], config: { Entrypoint: ["/p"] }, found: [] },
  {
    summary: "a text",
    entries: [file("/readme", "x", { mode: 0o755 })],
    config: { Entrypoint: ["/readme"] },
    found: [`what the image starts can't be started: "/readme" is neither an ELF file nor a script`],
  },
  {
    summary: "a folder",
    entries: [directory("/d")],
    config: { Entrypoint: ["/d"] },
    found: [`what the image starts can't be started: "/d" is a directory`],
  },
  {
    summary: "a program without the right to be one",
    entries: [elf("/p", { program: true }, { mode: 0o644 })],
    config: { Entrypoint: ["/p"] },
    found: [`what the image starts can't be started: "/p" is not executable`],
  },
  {
    summary: "an object file",
    entries: [elf("/o", { type: "relocatable" })],
    config: { Entrypoint: [], Cmd: ["/o"] },
    found: [`what the image starts can't be started: "/o" is an object file`],
  },
])("$summary", ({ config, entries, found }) => {
  const told = startFindings(subjectOf({ layers: [entries], config }));
  expect(told.map((one) => one.what)).toEqual(found);
  expect(told.every((one) => one.atMost === "distroless")).toBe(true);
});
