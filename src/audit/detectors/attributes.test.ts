import { describe, expect, test } from "vitest";
import { elf } from "../../../testing/closures.ts";
import { subjectOf } from "../../../testing/subjects.ts";
import { directory, file, symlink } from "../../../testing/trees.ts";
import type { RunConfig } from "../../oci/model.ts";
import type { Entry } from "../../tree/entry.ts";
import type { LayerEntry } from "../../tree/layers.ts";
import { path } from "../../tree/path.ts";
import { attributeFindings } from "./attributes.ts";

const netBind = Buffer.from("0100000200040000000000000000000000000000", "hex");
const high = Buffer.from("0100000200000000000000000001000000000000", "hex");
const plain = { uid: 0, gid: 0, mtime: 0, origins: [] };
const device: Entry = {
  ...plain,
  kind: "character-device",
  path: path("/dev/x"),
  mode: 0o666,
  deviceMajor: 1,
  deviceMinor: 3,
};
const pipe: Entry = {
  ...plain,
  kind: "fifo",
  path: path("/run/p"),
  mode: 0o666,
  deviceMajor: 0,
  deviceMinor: 0,
};

describe("attributeFindings", () => {
  test.each<{ summary: string; entry: Entry; found: string[] }>([
    { summary: "an ordinary file", entry: file("/a"), found: [] },
    {
      summary: "setuid",
      entry: file("/a", "", { mode: 0o4755 }),
      found: ["setuid: whoever starts it gets the rights of user 0"],
    },
    {
      summary: "setgid",
      entry: file("/a", "", { mode: 0o2755, gid: 8 }),
      found: ["setuid: whoever starts it gets the rights of group 8"],
    },
    {
      summary: "setgid on a folder only hands its group down",
      entry: directory("/a", { mode: 0o2755 }),
      found: [],
    },
    { summary: "sticky folder for everybody", entry: directory("/tmp", { mode: 0o1777 }), found: [] },
    {
      summary: "folder for everybody",
      entry: directory("/a", { mode: 0o777 }),
      found: ["world-writable: a directory that anybody may write"],
    },
    {
      summary: "the root for everybody",
      entry: directory("/", { mode: 0o777 }),
      found: ["world-writable: a directory that anybody may write"],
    },
    {
      summary: "file for everybody, sticky or not",
      entry: file("/a", "", { mode: 0o1666 }),
      found: ["world-writable: a file that anybody may write"],
    },
    { summary: "a link's mode means nothing", entry: symlink("/a", "b"), found: [] },
    { summary: "pipe", entry: pipe, found: ["world-writable: a fifo that anybody may write"] },
    { summary: "device", entry: device, found: ["device: a character-device 1:3"] },
    {
      summary: "capabilities by name",
      entry: file("/a", "", { xattrs: new Map([["security.capability", netBind]]) }),
      found: ["file-capabilities: cap_net_bind_service"],
    },
    {
      summary: "capabilities of the second word",
      entry: file("/a", "", { xattrs: new Map([["security.capability", high]]) }),
      found: ["file-capabilities: cap_checkpoint_restore"],
    },
    {
      summary: "capabilities cut short",
      entry: file("/a", "", { xattrs: new Map([["security.capability", new Uint8Array(3)]]) }),
      found: ["file-capabilities: capabilities that can't be read"],
    },
    {
      summary: "an escape sequence",
      entry: file("/a\u001b[31m"),
      found: ["hostile-name: its name holds what a terminal hides or obeys"],
    },
    {
      summary: "a reordered name",
      entry: file("/a\u202ecod.exe"),
      found: ["hostile-name: its name holds what a terminal hides or obeys"],
    },
    {
      summary: "bytes that are no UTF-8",
      entry: file("/a\udcff"),
      found: ["hostile-name: its name holds what a terminal hides or obeys"],
    },
    ...["\u00ad", "\u3164", "\u{e0041}", "\u115f"].map((one) => ({
      summary: `what shows as nothing: ${one.codePointAt(0)?.toString(16)}`,
      entry: file(`/a${one}`),
      found: ["hostile-name: its name holds what a terminal hides or obeys"],
    })),
    {
      summary: "setuid and setgid",
      entry: file("/a", "", { mode: 0o6755, gid: 8 }),
      found: ["setuid: whoever starts it gets the rights of user 0 and group 8"],
    },
    { summary: "another language", entry: file("/データ/größe"), found: [] },
  ])("$summary", ({ entry, found }) => {
    const findings = [...attributeFindings(subjectOf({ layers: [[entry]] }))];
    expect(findings.map(({ rule, what }) => `${rule}: ${what}`)).toEqual(found);
  });

  test("names of one inode are one file", () => {
    const linked: LayerEntry = { kind: "hardlink", path: path("/b"), target: path("/a"), origins: [] };
    const subject = subjectOf({ layers: [[file("/a", "", { mode: 0o4755 }), linked]] });
    expect([...attributeFindings(subject)].map((one) => one.path)).toEqual(["/a"]);
  });

  test("a folder with a hostile name is told once, not again for what is in it", () => {
    const subject = subjectOf({ layers: [[directory("/d\u202e"), file("/d\u202e/a"), file("/d\u202e/b")]] });
    expect([...attributeFindings(subject)].map((one) => one.path)).toEqual(["/d\u202e"]);
  });

  test("what tells findings of one rule and path apart is no version: owner, numbers, kind", () => {
    const entries = [file("/a", "", { mode: 0o4755, uid: 1000 }), device, directory("/x", { mode: 0o777 })];
    const found = [...attributeFindings(subjectOf({ layers: [entries] }))];
    expect(found.map((one) => one.subject).sort()).toEqual([
      "character-device 1:3",
      "directory",
      "user 1000",
    ]);
  });
});

describe("sticky folders for everybody", () => {
  const sticky = (name: string): Entry => directory(name, { mode: 0o1777 });
  const ordinary = directory("/usr/local");
  test.each<{ summary: string; entries: Entry[]; config?: RunConfig; found: string[] }>([
    { summary: "for temporary files", entries: [sticky("/var/tmp"), file("/var/tmp/x", "1")], found: [] },
    {
      summary: "on the PATH",
      entries: [sticky("/usr/bin")],
      found: ["/usr/bin: programs are looked for there"],
    },
    {
      summary: "on the config's PATH",
      entries: [sticky("/opt/b")],
      config: { Env: ["PATH=/opt/b"] },
      found: ["/opt/b: programs are looked for there"],
    },
    {
      summary: "on the PATH, behind a link",
      entries: [symlink("/bin", "opt/b"), sticky("/opt/b")],
      found: ["/opt/b: programs are looked for there"],
    },
    {
      summary: "above a folder of the PATH that isn't there",
      entries: [sticky("/opt"), ordinary],
      config: { Env: ["PATH=/opt/a/b"] },
      found: ["/opt: programs are looked for there"],
    },
    { summary: "for libraries", entries: [sticky("/lib")], found: ["/lib: libraries are looked for there"] },
    {
      summary: "in LD_LIBRARY_PATH",
      entries: [sticky("/opt/l")],
      config: { Env: ["LD_LIBRARY_PATH=/opt/l"] },
      found: ["/opt/l: libraries are looked for there"],
    },
    {
      summary: "with a program",
      entries: [sticky("/opt/x"), elf("/opt/x/p", { program: true })],
      found: ["/opt/x: it holds programs"],
    },
  ])("$summary", ({ config, entries, found }) => {
    // What is looked for in folders that aren't there could be made in the one above.
    const image = [...entries, directory("/usr/local/bin")];
    const subject = subjectOf({ layers: [image], ...(config === undefined ? {} : { config }) });
    const told = [...attributeFindings(subject)].map((one) => `${one.path}: ${one.what.split(", and ")[1]}`);
    expect(told).toEqual(found);
  });
});
