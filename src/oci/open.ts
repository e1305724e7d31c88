// Opens an image from a place on this machine, and tells what a bare path or name means.
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { systemCode, ToolError, unreachable } from "../base/errors.ts";
import { diskError } from "../base/files.ts";
import { dockerManifestFile, readDockerArchive } from "./docker-archive-reader.ts";
import { layoutMarker } from "./layout-files.ts";
import { readLayout } from "./layout-reader.ts";
import type { LocalLocation, Location } from "./locations.ts";
import type { ImageSet } from "./model.ts";
import { type FileStore, folderStore, nothingThere } from "./store.ts";
import { tarStore } from "./tar-store.ts";

export interface OpenOptions {
  /** A folder for what can't be read in place (a compressed archive). The caller removes it, after the last read of the image. */
  readonly scratchFolder: string;
  readonly signal?: AbortSignal;
}

/**
 * The images at `location`. Manifests and configs are read and verified; layers are opened when they are asked for.
 * @throws ToolError "not-found", "malformed", "digest-mismatch", "limit", "disk"; "usage" for a tree without a config
 */
export async function openImageSet(location: LocalLocation, options: OpenOptions): Promise<ImageSet> {
  switch (location.kind) {
    case "oci-layout":
    case "oci-archive":
      return readLayout(await openStore(location.path, options), location.tag);
    case "docker-archive":
      return readDockerArchive(await openStore(location.path, options), location.reference);
    case "folder":
    case "tar":
      throw new ToolError("usage", {
        what: `opening ${location.path} as an image`,
        why: "it holds files, but no image: there is no manifest and no config",
      });
    default:
      return unreachable(location);
  }
}

export interface RecogniseOptions extends OpenOptions {
  /** Where relative paths start; the process's own folder if not given. */
  readonly cwd?: string;
}

/**
 * What a bare word means. Paths (with a leading "/", "./" or "../") are told by what lies there; another word is a path
 * where a file, or a folder that holds an image, has that name, and a registry reference otherwise. Locations of another
 * kind are returned as they are.
 * @throws ToolError "not-found" for a path where nothing is; "malformed", "disk"
 */
export async function recognise(
  location: Location,
  options: RecogniseOptions,
): Promise<Exclude<Location, { readonly kind: "bare" }>> {
  if (location.kind !== "bare") return location;
  const { text } = location;
  const isPath = /^\.{0,2}\/|^\.{1,2}$/.test(text);
  const place = options.cwd === undefined ? text : resolve(options.cwd, text);
  const found = await contentOf(place, options);
  if (found === undefined) {
    if (isPath) throw await nothingThere(place, text);
    return { kind: "registry", reference: text };
  }
  if (found === "folder" && !isPath) return { kind: "registry", reference: text };
  return { kind: found, path: place };
}

async function contentOf(path: string, options: OpenOptions): Promise<LocalLocation["kind"] | undefined> {
  try {
    const status = await stat(path);
    const store = await openStore(path, options);
    if ((await store.find(layoutMarker)) !== undefined) {
      return status.isDirectory() ? "oci-layout" : "oci-archive";
    }
    if ((await store.find(dockerManifestFile)) !== undefined) return "docker-archive";
    return status.isDirectory() ? "folder" : "tar";
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw thrown;
  }
}

async function openStore(path: string, options: OpenOptions): Promise<FileStore> {
  try {
    const status = await stat(path);
    if (status.isDirectory()) return await folderStore(path);
    if (!status.isFile()) {
      throw new ToolError("malformed", { what: `opening ${path}`, why: "it is neither a file nor a folder" });
    }
    return await tarStore(path, options.scratchFolder, options.signal);
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === "ENOENT" || code === "ENOTDIR") throw await nothingThere(path);
    if (code !== undefined) throw diskError(`opening ${path}`, thrown);
    throw thrown;
  }
}
