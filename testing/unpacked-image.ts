// Images on disk, taken apart by others' tools: tar and umoci.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runWell } from "./programs.ts";

export interface UnpackedImage {
  /** The folder that is the image's root. */
  readonly root: string;
  readonly config: {
    readonly architecture: string;
    readonly config: { readonly User?: string; readonly Entrypoint?: readonly string[] };
  };
}

interface Descriptor {
  readonly digest: string;
}

/** The only image of an oci-archive that is tagged "latest", unpacked by umoci into `folder`. */
export async function unpackArchive(archive: string, folder: string): Promise<UnpackedImage> {
  const layout = join(folder, "layout");
  await mkdir(layout, { recursive: true });
  await runWell(["tar", "-xf", archive, "-C", layout]);
  return unpackLayout(layout, "latest", join(folder, "bundle"));
}

/** A tagged image of a layout, unpacked by umoci into a new folder. */
export async function unpackLayout(layout: string, tag: string, bundle: string): Promise<UnpackedImage> {
  await runWell(["umoci", "unpack", "--image", `${layout}:${tag}`, bundle]);
  const index = await readJson<{ readonly manifests: readonly Descriptor[] }>(join(layout, "index.json"));
  const manifest = await readJson<{ readonly config: Descriptor }>(blobIn(layout, index.manifests[0]));
  const config = await readJson<UnpackedImage["config"]>(blobIn(layout, manifest.config));
  return { root: join(bundle, "rootfs"), config };
}

/** The file of a blob in a layout. */
export function blobIn(layout: string, descriptor: Descriptor | undefined): string {
  return join(layout, "blobs", ...(descriptor?.digest ?? "").split(":"));
}

export async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, "utf8")) as T;
}
