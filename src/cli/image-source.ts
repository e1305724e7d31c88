// What a user names as IMAGE, opened: images of a registry, an engine, an archive or a layout; or a bare tree.
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Cache } from "../base/cache.ts";
import { systemCode, ToolError } from "../base/errors.ts";
import { statusOf } from "../base/files.ts";
import { parseLocation } from "../oci/locations.ts";
import type { Image, ImageSet, Platform } from "../oci/model.ts";
import { openImageSet, recognise } from "../oci/open.ts";
import { formatPlatform, imageFor, parsePlatform } from "../oci/platform.ts";
import { nothingThere } from "../oci/store.ts";
import type { Context } from "./context.ts";
import { hostPlatform } from "./host-image.ts";

export interface SourceOptions {
  /** Without it the image for this machine, or the only one there is. */
  readonly platform: Platform | undefined;
  readonly insecureHosts: readonly string[];
  readonly cache: Cache;
  /** The caller removes it after the last read. */
  readonly scratchFolder: string;
}

export type OpenedSource =
  | { readonly kind: "image"; readonly image: Image }
  | { readonly kind: "folder" | "tar"; readonly path: string };

export interface ImageSource {
  /** Opens the image that an argument names. */
  open(text: string): Promise<OpenedSource>;
  close(): void;
}

/** Images by name; connections are made when the first one is asked for. */
export function imageSource(context: Context, options: SourceOptions): ImageSource {
  const closers: (() => void)[] = [];
  const pull = async (name: string): Promise<Image> => {
    const [{ openRegistryClient }, { pullImageSet }, { parseReference }] = await Promise.all([
      import("../oci/registry/client.ts"),
      import("../oci/registry/pull.ts"),
      import("../oci/reference.ts"),
    ]);
    const reference = parseReference(name);
    const { insecureHosts } = options;
    const client = await openRegistryClient({ environment: context.env, task: context, insecureHosts });
    closers.push(() => client.close());
    // One manifest of an index is fetched, not all; a bare manifest is of the platform that it is of.
    const platforms = [options.platform ?? parsePlatform(hostPlatform())];
    try {
      return chosen(
        await pullImageSet(reference, { client, cache: options.cache, platforms }),
        options.platform,
      );
    } catch (thrown) {
      if (options.platform !== undefined || !(thrown instanceof ToolError) || thrown.code !== "not-found")
        throw thrown;
      return chosen(await pullImageSet(reference, { client, cache: options.cache }), undefined);
    }
  };
  return {
    async open(text): Promise<OpenedSource> {
      const { scratchFolder } = options;
      const { signal } = context;
      const location = await recognise(parseLocation(text), { scratchFolder, signal, cwd: context.cwd });
      switch (location.kind) {
        case "folder":
        case "tar":
          return { kind: location.kind, path: await existing(context.cwd, location) };
        case "registry":
          return {
            kind: "image",
            image: await pull(location.reference).catch(hintAtFolder(context.cwd, text)),
          };
        case "docker-daemon": {
          const { openDaemonImage } = await import("../oci/daemon.ts");
          const daemon = { environment: context.env, task: context };
          const set = await openDaemonImage(location.reference, scratchFolder, daemon);
          return { kind: "image", image: chosen(set, options.platform) };
        }
        default: {
          const placed = { ...location, path: resolve(context.cwd, location.path) };
          const set = await openImageSet(placed, { scratchFolder, signal });
          return { kind: "image", image: chosen(set, options.platform) };
        }
      }
    },
    close: () => {
      for (const close of closers) close();
    },
  };
}

/** A word alone means a registry, also where a folder is called so: who meant that is told how to say it. */
function hintAtFolder(cwd: string, text: string): (thrown: unknown) => Promise<never> {
  return async (thrown) => {
    if (!(thrown instanceof ToolError) || (await statusOf(resolve(cwd, text))) === undefined) throw thrown;
    const { cause, code, what, why } = thrown;
    throw new ToolError(code, { what, why, hint: `for the folder of that name write ./${text}`, cause });
  };
}

/** The place of a bare tree. @throws ToolError "not-found"; "malformed" for an archive without a single block */
async function existing(
  cwd: string,
  { kind, path }: { readonly kind: "folder" | "tar"; readonly path: string },
): Promise<string> {
  const place = resolve(cwd, path);
  const status = await statOf(place, path);
  // That is what a broken download leaves; it says nothing of any root.
  if (kind !== "tar" || status?.isFile() !== true || status.size > 0) return place;
  throw new ToolError("malformed", {
    what: `reading the archive ${place}`,
    why: "the file is empty",
    hint: "fetch or make it again",
  });
}

/** Undefined where the system doesn't tell: who reads it will say why. */
async function statOf(place: string, shown: string): Promise<Stats | undefined> {
  try {
    return await stat(place);
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === "ENOENT" || code === "ENOTDIR") throw await nothingThere(place, shown);
    return undefined;
  }
}

/** The image of the wanted platform; without a wish the only one, or this machine's. @throws ToolError "not-found" */
function chosen(set: ImageSet, platform: Platform | undefined): Image {
  const [only] = set.images;
  if (platform === undefined && only !== undefined && set.images.length === 1) return only;
  return imageFor(set, platform ?? parsePlatform(hostPlatform()));
}

/** "linux/amd64" of an image. */
export function platformOfImage({ descriptor }: Image): string {
  return descriptor.platform === undefined ? "unknown" : formatPlatform(descriptor.platform);
}
