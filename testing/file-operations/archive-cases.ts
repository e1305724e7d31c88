// Cases of ADD with archives.
import type { CopyCase } from "./case.ts";

const file = "file 0644 a";

const packed = {
  "/p": "directory 0700 1:2",
  "/p/a": "file 4755 3:4 a",
  "/p/b": "link /p/a",
  "/p/l": "symlink -> /etc",
  "/q/c": "file 0644 c",
};

export const archiveCases: readonly CopyCase[] = [
  ...(["none", "gzip", "zstd"] as const).map(
    (archive): CopyCase => ({
      summary: `an archive: ${archive}`,
      source: { "/x": { archive, of: packed } },
      action: { source: "x", target: "/d", unpack: true },
      result: {
        "/d": "directory 0755",
        "/d/p": "directory 0700 1:2",
        "/d/p/a": "file 4755 3:4 a",
        "/d/p/b": "link /d/p/a",
        "/d/p/l": "symlink -> /etc",
        "/d/q": "directory 0755",
        "/d/q/c": "file 0644 c",
      },
    }),
  ),
  {
    summary: "an archive for another owner",
    source: { "/x.tar": { archive: "gzip", of: packed } },
    action: { source: "x.tar", target: "/d/", unpack: true, owner: { user: 8, group: 9 }, mode: "0600" },
    result: {
      "/d": "directory 0755 8:9",
      "/d/p": "directory 0700 8:9",
      "/d/p/a": "file 4755 8:9 a",
      "/d/p/b": "link /d/p/a",
      "/d/p/l": "symlink 8:9 -> /etc",
      "/d/q": "directory 0755",
      "/d/q/c": "file 0644 8:9 c",
    },
  },
  {
    summary: "an archive over what is there",
    base: { "/d/p/x": "file 0644 x", "/d/q": "file 0644 q", "/d/p/a/y": file, "/d/p/l/z": file },
    source: { "/x": { archive: "none", of: packed } },
    action: { source: "x", target: "/d", unpack: true },
    refused: { here: "is a file", buildkit: "not a directory" },
  },
  {
    summary: "an archive's files over folders",
    base: { "/d/p/x": "file 0644 x", "/d/p/a/y": file, "/d/p/l/z": file },
    source: { "/x": { archive: "none", of: packed } },
    action: { source: "x", target: "/d", unpack: true },
    result: {
      "/d": "directory 0755",
      "/d/p": "directory 0700 1:2",
      "/d/p/a": "file 4755 3:4 a",
      "/d/p/b": "link /d/p/a",
      "/d/p/l": "symlink -> /etc",
      "/d/p/x": "file 0644 x",
      "/d/q": "directory 0755",
      "/d/q/c": "file 0644 c",
    },
  },
  {
    summary: "an archive's folder over a file and over a link",
    base: { "/d/f": "file 0644 f", "/d/l": "symlink -> f" },
    source: {
      "/x": { archive: "none", of: { "/f": "directory 0711", "/l": "directory 0711", "/l/a": file } },
    },
    action: { source: "x", target: "/d", unpack: true },
    result: { "/d": "directory 0755", "/d/f": "directory 0711", "/d/l": "directory 0711", "/d/l/a": file },
  },
  {
    summary: "an archive's file below a link of the tree",
    base: { "/d/l": "symlink -> /r", "/d/r": "directory 0755", "/r": "directory 0755" },
    source: { "/x": { archive: "none", of: { "/l/a": file } } },
    action: { source: "x", target: "/d", unpack: true },
    result: {
      "/d": "directory 0755",
      "/d/l": "symlink -> /r",
      "/d/r": "directory 0755",
      "/d/r/a": file,
      "/r": "directory 0755",
    },
  },
  {
    summary: "no archive is copied",
    source: { "/x.tar": "file 0644 no tar", "/e": "file 0644" },
    action: { source: "x.tar", target: "/d/", unpack: true },
    result: { "/d": "directory 0755", "/d/x.tar": "file 0644 no tar" },
  },
  {
    summary: "an empty file is copied",
    source: { "/e": "file 0644" },
    action: { source: "e", target: "/d/", unpack: true },
    result: { "/d": "directory 0755", "/d/e": "file 0644" },
  },
  {
    summary: "archives that a pattern finds, beside others",
    source: { "/x1": { archive: "gzip", of: { "/a": file } }, "/x2": "file 0644 plain" },
    action: { source: "x*", target: "/d/", unpack: true },
    result: { "/d": "directory 0755", "/d/a": file, "/d/x2": "file 0644 plain" },
  },
  {
    summary: "an archive within a folder stays one",
    source: { "/s/t/b": file },
    action: { source: "s", target: "/d/", unpack: true },
    result: { "/d": "directory 0755", "/d/t": "directory 0755", "/d/t/b": file },
  },
  {
    summary: "an archive's entry for its root",
    base: { "/d": "directory 0700 1:1" },
    source: { "/x": { archive: "none", of: { "/": "directory 0711 5:5", "/a": file } } },
    action: { source: "x", target: "/d", unpack: true },
    result: { "/d": "directory 0700 1:1", "/d/a": file },
  },
  {
    summary: "an archive to a file",
    base: { "/d": "file 0644 d" },
    source: { "/x": { archive: "none", of: { "/a": file } } },
    action: { source: "x", target: "/d", unpack: true },
    refused: { here: "is a file", buildkit: "not a directory" },
  },
  {
    summary: "an archive with a file above its root",
    source: { "/x": { archive: "none", of: { "/a": file, "/b/c": "symlink -> ../../../../etc" } } },
    action: { source: "x", target: "/d/e", unpack: true },
    result: {
      "/d": "directory 0755",
      "/d/e": "directory 0755",
      "/d/e/a": file,
      "/d/e/b": "directory 0755",
      "/d/e/b/c": "symlink -> ../../../../etc",
    },
  },
  {
    summary: "an archive's file below its own link",
    source: { "/x": { archive: "none", of: { "/l": "symlink -> t", "/t": "directory 0755" } } },
    base: { "/d/l/old": file },
    action: { source: "x", target: "/d", unpack: true },
    result: { "/d": "directory 0755", "/d/l": "symlink -> t", "/d/t": "directory 0755" },
  },
  {
    summary: "an archive's folder below a link that leads to a folder",
    base: { "/d/l": "symlink -> /r", "/d/r": "directory 0755" },
    source: { "/x": { archive: "none", of: { "/l/m/a": file } } },
    action: { source: "x", target: "/d", unpack: true },
    result: {
      "/d": "directory 0755",
      "/d/l": "symlink -> /r",
      "/d/r": "directory 0755",
      "/d/r/m": "directory 0755",
      "/d/r/m/a": file,
    },
  },
  {
    summary: "an archive's file below a link that leads nowhere in its folder",
    base: { "/d/l": "symlink -> /r", "/r": "directory 0755" },
    source: { "/x": { archive: "none", of: { "/l/a": file } } },
    action: { source: "x", target: "/d", unpack: true },
    refused: { here: "which isn't there", buildkit: "no such file or directory" },
  },
  {
    summary: "an archive's folder below a link that leads nowhere in its folder",
    base: { "/d/l": "symlink -> /r" },
    source: { "/x": { archive: "none", of: { "/l/m/a": file } } },
    action: { source: "x", target: "/d", unpack: true },
    refused: { here: "which isn't there", buildkit: "file exists" },
  },
];
