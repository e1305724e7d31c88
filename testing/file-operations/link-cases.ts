// Cases of COPY: links in sources and in targets.
import type { CopyCase } from "./case.ts";

const file = "file 0644 a";

export const linkCases: readonly CopyCase[] = [
  {
    summary: "a link as the source is what it leads to",
    source: { "/l": "symlink -> s/a", "/s/a": file },
    action: { source: "l", target: "/d/" },
    result: { "/d": "directory 0755", "/d/l": file },
  },
  {
    summary: "a link to a folder as the source",
    source: { "/l": "symlink -> /s", "/s/a": file },
    action: { source: "l", target: "/d" },
    result: { "/d": "directory 0755", "/d/a": file },
  },
  {
    summary: "links among the folders of the source",
    source: { "/l": "symlink -> ../../s", "/s/a": file },
    action: { source: "l/a", target: "/b" },
    result: { "/b": file },
  },
  {
    summary: "links in a folder stay links",
    source: { "/s/l": "symlink 0777 3:4 -> /etc/passwd", "/s/m": "symlink -> ../../x" },
    action: { source: "s", target: "/d" },
    result: { "/d": "directory 0755", "/d/l": "symlink 3:4 -> /etc/passwd", "/d/m": "symlink -> ../../x" },
  },
  {
    summary: "links that a pattern finds are followed",
    source: { "/l1": "symlink -> a", "/a": file },
    action: { source: "l*", target: "/d/" },
    result: { "/d": "directory 0755", "/d/l1": file },
  },
  {
    summary: "a link that leads nowhere",
    source: { "/l": "symlink -> nowhere" },
    action: { source: "l", target: "/d/" },
    refused: { here: "nowhere", buildkit: "not found" },
  },
  {
    summary: "links in a circle",
    source: { "/l": "symlink -> m", "/m": "symlink -> l" },
    action: { source: "l", target: "/d/" },
    refused: { here: "links", buildkit: "too many links" },
  },
  {
    summary: "to a link to a folder",
    base: { "/l": "symlink -> r", "/r": "directory 0755" },
    source: { "/s/a": file },
    action: { source: "s", target: "/l" },
    result: { "/l": "symlink -> r", "/r": "directory 0755", "/r/a": file },
  },
  {
    summary: "to a link that leads nowhere",
    base: { "/l": "symlink -> /r/t" },
    source: { "/s/a": file },
    action: { source: "s", target: "/l/" },
    result: { "/l": "symlink -> /r/t", "/r": "directory 0755", "/r/t": "directory 0755", "/r/t/a": file },
  },
  {
    summary: "a file to a link to a file writes there",
    base: { "/l": "symlink -> r", "/r": "file 0600 old" },
    source: { "/a": file },
    action: { source: "a", target: "/l" },
    result: { "/l": "symlink -> r", "/r": file },
  },
  {
    summary: "a file into a folder with a link of its name replaces that",
    base: { "/d/a": "symlink -> ../r", "/r": "file 0600 old" },
    source: { "/a": file },
    action: { source: "a", target: "/d/" },
    result: { "/d": "directory 0755", "/d/a": file, "/r": "file 0600 old" },
  },
  {
    summary: "a folder on a link to a folder further down",
    base: { "/d/t": "symlink -> ../r", "/r": "directory 0755" },
    source: { "/s/t/a": file },
    action: { source: "s", target: "/d" },
    refused: { here: "is a link", buildkit: "cannot copy to non-directory" },
  },
  {
    summary: "a link over a file and a file over a link",
    base: { "/d/a": "file 0644 old", "/d/b": "symlink -> a" },
    source: { "/s/a": "symlink -> b", "/s/b": file },
    action: { source: "s", target: "/d" },
    result: { "/d": "directory 0755", "/d/a": "symlink -> b", "/d/b": file },
  },
  {
    summary: "a link over a folder",
    base: { "/d/t/a": file },
    source: { "/s/t": "symlink -> x" },
    action: { source: "s", target: "/d" },
    refused: { here: "is a folder", buildkit: "cannot replace to directory" },
  },
  {
    summary: "a target above the root through links",
    base: { "/l": "symlink -> ../../../r" },
    source: { "/a": file },
    action: { source: "a", target: "/l/b" },
    result: { "/l": "symlink -> ../../../r", "/r": "directory 0755", "/r/b": file },
  },
  {
    summary: "links in a circle in the target",
    base: { "/l": "symlink -> m", "/m": "symlink -> l" },
    source: { "/a": file },
    action: { source: "a", target: "/l/b" },
    refused: { here: "links", buildkit: "too many links" },
  },
  {
    summary: "a link whose target goes up from a link",
    base: { "/x/y": "directory 0755", "/z": "symlink -> x/y", "/l": "symlink -> z/../w" },
    source: { "/a": file },
    action: { source: "a", target: "/l/b" },
    result: {
      "/l": "symlink -> z/../w",
      "/w": "directory 0755",
      "/w/b": file,
      "/x": "directory 0755",
      "/x/y": "directory 0755",
      "/z": "symlink -> x/y",
    },
  },
];
