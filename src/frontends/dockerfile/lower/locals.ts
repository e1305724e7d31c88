// Folders of the user. Only what instructions name of one has to be read, which is known when all are lowered: a first pass
// records it, a second one makes the vertices.
import { type Vertex, vertexOf } from "../../../graph/vertex.ts";
import { joined } from "./paths.ts";

export interface Locals {
  /** The folder's vertex. */
  vertex(name: string): Vertex;
  /** Something reads `path` of the folder; "/" is all of it. */
  uses(name: string, path: string): void;
}

/** Paths by the names of folders. */
export type UsedPaths = Map<string, Set<string>>;

/** `used` is what an earlier pass recorded; what this one records goes to `record`. */
export function localsOf(
  ignore: ReadonlyMap<string, readonly string[]>,
  used: UsedPaths,
  record: UsedPaths,
): Locals {
  return {
    vertex: (name) =>
      vertexOf(
        { kind: "local", name, exclude: ignore.get(name) ?? [], follow: followed(used.get(name)) },
        [],
        { name: name === "context" ? "[internal] load build context" : `[context ${name}] load from client` },
      ),
    uses: (name, path) => {
      const paths = record.get(name) ?? new Set();
      paths.add(joined(path));
      record.set(name, paths);
    },
  };
}

/** Empty where all of the folder is read. */
function followed(paths: ReadonlySet<string> | undefined): readonly string[] {
  if (paths === undefined || paths.has("/")) return [];
  return [...paths].map((path) => path.slice(1)).sort();
}
