// What a header of a layer's tar says, as an entry of a tree (image-spec layer.md).
import type { Bytes } from "../base/bytes.ts";
import type { Digest } from "../base/digest.ts";
import type { TarHeader } from "../formats/tar-reader.ts";
import type { Origin } from "../tree/entry.ts";
import type { LayerEntry } from "../tree/layers.ts";
import { type TreePath, treePath } from "../tree/path.ts";
import { malformed } from "./json.ts";

/** A regular file's bytes, as far as an entry holds them. */
export interface FileContent {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly content: Bytes;
}

/**
 * The entry of a header; `content` where it is a regular file. `what` names the layer.
 * @throws ToolError "malformed" for a name that is no path inside an image
 */
export function layerEntryOf(
  header: TarHeader,
  content: FileContent | undefined,
  origin: Origin,
  what: string,
): LayerEntry {
  const { gid, mode, mtime, uid, xattrs } = header;
  const path = layerPathOf(header.name, what);
  const origins = [origin];
  const common = { path, origins, mode, uid, gid, mtime, ...(xattrs === undefined ? {} : { xattrs }) };
  switch (header.kind) {
    case "directory":
      return { ...common, kind: "directory" };
    case "symlink":
      return { ...common, kind: "symlink", target: header.linkName };
    case "hardlink":
      return { kind: "hardlink", path, target: layerPathOf(header.linkName, what), origins };
    case "file":
      if (content === undefined) throw malformed(what, `${header.name} has no content`);
      return { ...common, kind: "file", ...content };
    default: {
      const { deviceMajor, deviceMinor } = header;
      return { ...common, kind: header.kind, deviceMajor, deviceMinor };
    }
  }
}

/** @throws ToolError "malformed" for a name that goes up: no builder writes one, and what it means differs between readers */
export function layerPathOf(name: string, what: string): TreePath {
  const path = treePath(name);
  if (path === undefined || name.split("/").includes("..")) {
    throw malformed(what, `the name ${JSON.stringify(name)} is no path inside an image`);
  }
  return path;
}
