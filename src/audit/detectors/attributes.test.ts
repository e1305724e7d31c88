import { describe, expect, test } from "vitest";
import { subjectOf } from "../../../testing/subjects.ts";
import { directory, file, symlink } from "../../../testing/trees.ts";
import type { Entry } from "../../tree/entry.ts";
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
    { summary: "another language", entry: file("/データ/größe"), found: [] },
  ])("$summary", ({ entry, found }) => {
    const findings = attributeFindings(subjectOf({ layers: [[entry]] }));
    expect(findings.map(({ rule, what }) => `${rule}: ${what}`)).toEqual(found);
  });
});
