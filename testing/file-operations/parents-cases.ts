// Cases of COPY --parents.
import type { CopyCase } from "./case.ts";
import { project } from "./project.ts";

const file = "file 0644 a";

export const parentsCases: readonly CopyCase[] = [
  {
    summary: "parents of a file",
    source: project,
    action: { source: "src/util/util.go", target: "/d/", parents: true },
    result: {
      "/d": "directory 0755",
      "/d/src": "directory 0750 4:4",
      "/d/src/util": "directory 0711",
      "/d/src/util/util.go": file,
    },
  },
  {
    summary: "parents from a pivot on",
    source: project,
    action: { source: "src/./util/util.go", target: "/d/", parents: true },
    result: { "/d": "directory 0755", "/d/util": "directory 0711", "/d/util/util.go": file },
  },
  {
    summary: "parents of a pattern",
    source: project,
    action: { source: "**/*.go", target: "/d/", parents: true },
    result: {
      "/d": "directory 0755",
      "/d/src": "directory 0750 4:4",
      "/d/src/main.go": file,
      "/d/src/main_test.go": file,
      "/d/src/util": "directory 0711",
      "/d/src/util/util.go": file,
    },
  },
  {
    summary: "parents of a folder",
    source: project,
    action: { source: "/src/util", target: "/d/", parents: true },
    result: {
      "/d": "directory 0755",
      "/d/src": "directory 0750 4:4",
      "/d/src/util": "directory 0711",
      "/d/src/util/README.md": file,
      "/d/src/util/util.go": file,
    },
  },
  {
    summary: "parents of a pattern that finds nothing",
    source: project,
    action: { source: "*/*.txt", target: "/d/", parents: true },
    result: { "/d": "directory 0755" },
  },
  {
    summary: "parents of what isn't there",
    source: project,
    action: { source: "src/main.og", target: "/d/", parents: true },
    refused: { here: "main.go", buildkit: "not found" },
  },
  {
    summary: "parents with a pattern before the pivot",
    source: { "/p1/x/a": file, "/p2/x/b": file, "/q/x/c": file },
    action: { source: "p*/./x/*", target: "/d/", parents: true },
    result: { "/d": "directory 0755", "/d/x": "directory 0755", "/d/x/a": file, "/d/x/b": file },
  },
  {
    summary: "parents below a link",
    source: { "/l": "symlink -> s", "/s/a": file },
    action: { source: "l/a", target: "/d/", parents: true },
    refused: { here: "/l is a link", buildkit: "not found" },
  },
  {
    summary: "parents and exclude",
    source: project,
    action: { source: "src", target: "/d/", parents: true, exclude: ["src/util"] },
    result: {
      "/d": "directory 0755",
      "/d/src": "directory 0750 4:4",
      "/d/src/main.go": file,
      "/d/src/main_test.go": file,
    },
  },
  {
    summary: "parents that are there get the source's mode, not its owner",
    base: { "/d/src": "directory 0700 1:1" },
    source: project,
    action: { source: "src/main.go", target: "/d/", parents: true },
    result: { "/d": "directory 0755", "/d/src": "directory 0750 1:1", "/d/src/main.go": file },
  },
  {
    summary: "parents with chown and chmod",
    source: project,
    action: { source: "src/main.go", target: "/d/", parents: true, owner: { user: 9 }, mode: "0700" },
    result: {
      "/d": "directory 0700 9:9",
      "/d/src": "directory 0700 9:9",
      "/d/src/main.go": "file 0700 9:9 a",
    },
  },
  {
    summary: "parents of a pattern that leads through a link",
    source: { "/l": "symlink -> s", "/s/a": file },
    action: { source: "*/a", target: "/d/", parents: true },
    result: { "/d": "directory 0755", "/d/s": "directory 0755", "/d/s/a": file },
  },
  {
    summary: "parents of a link",
    source: { "/x/l": "symlink -> a", "/x/a": file },
    action: { source: "x/l", target: "/d/", parents: true },
    result: { "/d": "directory 0755", "/d/x": "directory 0755", "/d/x/l": "symlink -> a" },
  },
  {
    summary: "parents with a pivot that is a link",
    source: { "/l": "symlink -> s", "/s/t/a": file },
    action: { source: "l/./t/a", target: "/d/", parents: true },
    refused: { here: "/l is a link", buildkit: "not found" },
  },
  {
    summary: "parents with a pivot at the start",
    source: { "/s/a": file },
    action: { source: "./s/a", target: "/d/", parents: true },
    result: { "/d": "directory 0755", "/d/s": "directory 0755", "/d/s/a": file },
  },
  {
    summary: "parents over a file",
    base: { "/d/s": "file 0644 s" },
    source: { "/s/a": file },
    action: { source: "s/a", target: "/d/", parents: true },
    refused: { here: "is a file", buildkit: "not a directory" },
  },
];
