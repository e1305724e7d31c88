// Layers with all that a layer can say, in few names, so that they hit each other.
import fc from "fast-check";
import type { LayerEntry } from "../../src/tree/layers.ts";
import { path } from "../../src/tree/path.ts";
import { directory, file, symlink } from "../trees.ts";

const names = fc.constantFrom("a", "b", "c");
const paths = fc.array(names, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join("/")}`);
const attributes = fc.record({
  mode: fc.constantFrom(0o755, 0o644, 0o4711, 0o1777),
  uid: fc.constantFrom(0, 7),
  gid: fc.constantFrom(0, 8),
  mtime: fc.constantFrom(0, 1_700_000_000),
});

/** Links lead to folders and files of these names, up and down, or nowhere. */
const targets = fc.constantFrom("a", "/b", "../c", "c/a", "/", "..", "nowhere");

const entry: fc.Arbitrary<LayerEntry> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(paths, attributes).map(([at, options]) => directory(at, options)) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(paths, fc.constantFrom("", "one", "another"), attributes)
      .map(([at, text, options]) => file(at, text, options)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(paths, targets, attributes)
      .map(([at, target, { uid }]) => symlink(at, target, { uid })),
  },
  { weight: 2, arbitrary: paths.map((at) => file(at.replace(/([^/]*)$/, ".wh.$1"))) },
  { weight: 1, arbitrary: paths.map((at) => file(`${at}/.wh..wh..opq`)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(paths, paths)
      .map(
        ([at, target]) => ({ kind: "hardlink", path: path(at), target: path(target), origins: [] }) as const,
      ),
  },
);

/** One layer. It may be malformed: a hard link to nothing, links in a circle. */
export const randomLayer: fc.Arbitrary<LayerEntry[]> = fc.array(entry, { maxLength: 12 });
