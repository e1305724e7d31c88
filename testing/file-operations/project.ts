// A tree that several cases copy from.
import type { TreeLines } from "./lines.ts";

const file = "file 0644 a";

/** A small project, with folders that aren't root's alone. */
export const project: TreeLines = {
  "/src": "directory 0750 4:4",
  "/src/main.go": file,
  "/src/main_test.go": file,
  "/src/util": "directory 0711",
  "/src/util/util.go": file,
  "/src/util/README.md": file,
  "/go.mod": file,
  "/go.sum": file,
};
