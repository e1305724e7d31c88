// Cases of COPY: patterns and --exclude.
import type { CopyCase } from "./case.ts";
import { project } from "./project.ts";

const file = "file 0644 a";

export const patternCases: readonly CopyCase[] = [
  {
    summary: "a pattern of files",
    source: project,
    action: { source: "go.*", target: "/d/" },
    result: { "/d": "directory 0755", "/d/go.mod": file, "/d/go.sum": file },
  },
  {
    summary: "a pattern of folders gives their contents",
    source: { "/d1/a": file, "/d2/b": file, "/e/c": file },
    action: { source: "d?", target: "/d/" },
    result: { "/d": "directory 0755", "/d/a": file, "/d/b": file },
  },
  {
    summary: "a pattern over several folders",
    source: project,
    action: { source: "*/*/*.go", target: "/d/" },
    result: { "/d": "directory 0755", "/d/util.go": file },
  },
  {
    summary: "a star doesn't cross folders, two neither",
    source: project,
    action: { source: "**/*.go", target: "/d/" },
    result: { "/d": "directory 0755", "/d/main.go": file, "/d/main_test.go": file },
  },
  {
    summary: "a pattern with a class",
    source: { "/a1": file, "/a2": file, "/a3": file },
    action: { source: "a[12]", target: "/d/" },
    result: { "/d": "directory 0755", "/d/a1": file, "/d/a2": file },
  },
  {
    summary: "a pattern that finds nothing",
    source: { "/a": file },
    action: { source: "*.txt", target: "/d/" },
    result: {},
  },
  {
    summary: "a pattern in a folder that isn't there",
    source: { "/a": file },
    action: { source: "x/*.txt", target: "/d/" },
    refused: { here: "no such", buildkit: "no such file or directory" },
  },
  {
    summary: "a pattern below a link",
    source: { "/l": "symlink -> s", "/s/a.txt": file },
    action: { source: "l/*.txt", target: "/d/" },
    result: { "/d": "directory 0755", "/d/a.txt": file },
  },
  {
    summary: "a pattern that finds one file, to a name",
    source: { "/a.txt": file },
    action: { source: "*.txt", target: "/b" },
    result: { "/b": file },
  },
  {
    summary: "a malformed pattern",
    source: { "/a": file },
    action: { source: "a[", target: "/d/" },
    refused: { here: "not a pattern", buildkit: "syntax error in pattern" },
  },
  {
    summary: "a pattern of files and folders to a folder",
    source: { "/s/a": file, "/s/t/b": file },
    action: { source: "s/*", target: "/d/" },
    result: { "/d": "directory 0755", "/d/a": file, "/d/b": file },
  },
  {
    summary: "a star for all of a tree",
    source: project,
    action: { source: "*", target: "/d/" },
    result: {
      "/d": "directory 0755",
      "/d/go.mod": file,
      "/d/go.sum": file,
      "/d/main.go": file,
      "/d/main_test.go": file,
      "/d/util": "directory 0711",
      "/d/util/README.md": file,
      "/d/util/util.go": file,
    },
  },
  {
    summary: "a pattern with an escaped star",
    source: { "/a*": file, "/ab": file },
    action: { source: "a\\*?", target: "/d/" },
    result: {},
  },
  {
    summary: "a class holding a star",
    source: { "/a*": file, "/ab": file },
    action: { source: "a[*]", target: "/d/" },
    result: { "/d": "directory 0755", "/d/a*": file },
  },
  {
    summary: "a backslash without a wildcard",
    source: { "/a*": file, "/a\\*": "file 0644 b" },
    action: { source: "a\\*", target: "/d/" },
    result: { "/d": "directory 0755", "/d/a\\*": "file 0644 b" },
  },
  {
    summary: "a dangling link that a pattern finds",
    source: { "/l1": "symlink -> nowhere", "/l2": file },
    action: { source: "l*", target: "/d/" },
    refused: { here: "nowhere", buildkit: "not found" },
  },
  {
    summary: "a pattern of two folders with one file of both",
    source: { "/d1/a": file, "/d2/a": "file 0600 b" },
    action: { source: "d*", target: "/d/" },
    result: { "/d": "directory 0755", "/d/a": "file 0600 b" },
  },
  {
    summary: "a file to the root",
    source: { "/a": file },
    action: { source: "a", target: "/" },
    result: { "/a": file },
  },
  {
    summary: "an excluded folder of a pattern's folder with an exception",
    source: { "/d1/x/a": file, "/d1/x/b": file, "/d1/y": file },
    action: { source: "d*", target: "/d/", exclude: ["x", "!x/a"] },
    result: { "/d": "directory 0755", "/d/x": "directory 0755", "/d/x/a": file, "/d/y": file },
  },
];

export const excludeCases: readonly CopyCase[] = [
  {
    summary: "exclude by name and below",
    source: project,
    action: { source: "src", target: "/d/", exclude: ["*_test.go", "**/*.md"] },
    result: {
      "/d": "directory 0755",
      "/d/main.go": file,
      "/d/util": "directory 0711",
      "/d/util/util.go": file,
    },
  },
  {
    summary: "exclude a folder but a file of it",
    source: project,
    action: { source: "src", target: "/d/", exclude: ["util", "!util/util.go"] },
    result: {
      "/d": "directory 0755",
      "/d/main.go": file,
      "/d/main_test.go": file,
      "/d/util": "directory 0711",
      "/d/util/util.go": file,
    },
  },
  {
    summary: "exclude everything",
    source: project,
    action: { source: "src", target: "/d/", exclude: ["*"] },
    result: { "/d": "directory 0755" },
  },
  {
    summary: "exclude what is named itself",
    source: { "/a": file },
    action: { source: "a", target: "/d/", exclude: ["a"] },
    result: { "/d": "directory 0755", "/d/a": file },
  },
  {
    summary: "exclude of what a pattern finds",
    source: { "/a.md": file, "/a.txt": file },
    action: { source: "a.*", target: "/d/", exclude: ["*.md"] },
    result: { "/d": "directory 0755", "/d/a.md": file, "/d/a.txt": file },
  },
];
