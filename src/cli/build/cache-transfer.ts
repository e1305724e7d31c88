// `--cache-from` and `--cache-to`: results of steps from and to a registry or a layout (engines/native/solver/cache-artifact.ts).
import { resolve } from "node:path";
import type { Cache } from "../../base/cache.ts";
import { ToolError } from "../../base/errors.ts";
import { cacheImageOf, importedCache } from "../../engines/native/solver/cache-artifact.ts";
import type { CacheOption } from "../../engines/native/solver/cache-options.ts";
import type { ImportedCache, SolverServices } from "../../engines/native/solver/solver.ts";
import type { Vertex } from "../../graph/vertex.ts";
import type { Image, ImageSet } from "../../oci/model.ts";
import { openImageSet } from "../../oci/open.ts";
import { parsePlatform } from "../../oci/platform.ts";
import { formatReference, parseReference } from "../../oci/reference.ts";
import { openRegistryClient, type RegistryClient } from "../../oci/registry/client.ts";
import { pullImageSet } from "../../oci/registry/pull.ts";
import { pushImageSet } from "../../oci/registry/push.ts";
import { writeImageSet } from "../../oci/write.ts";
import type { Context } from "../context.ts";
import { hostPlatform } from "../host-image.ts";

export interface CacheTransfer {
  /** What can't be had is told and left out: a build needs no cache. */
  read(options: readonly CacheOption[]): Promise<readonly ImportedCache[]>;
  /** @throws ToolError as pushing and writing do */
  write(
    options: readonly CacheOption[],
    tops: readonly Vertex[],
    services: SolverServices,
    compression: "gzip" | "zstd",
  ): Promise<void>;
  close(): void;
}

interface TransferOptions {
  readonly cache: Cache;
  readonly insecureHosts: readonly string[];
}

/** A layout of caches holds one, under this tag. */
const tag = "cache";

/** A connection is made when a registry is named. */
export function openCacheTransfer(context: Context, options: TransferOptions): CacheTransfer {
  const { cache, insecureHosts } = options;
  // Layouts are read in place.
  const scratchFolder = cache.folder;
  let client: Promise<RegistryClient> | undefined;
  const connect = (): Promise<RegistryClient> => {
    client ??= openRegistryClient({ environment: context.env, task: context, insecureHosts });
    return client;
  };
  const open = async (option: CacheOption): Promise<ImageSet> => {
    if (option.type === "registry")
      return pullImageSet(parseReference(option.reference), { client: await connect(), cache });
    const path = resolve(context.cwd, pathOf(option));
    return openImageSet({ kind: "oci-layout", path, tag }, { scratchFolder, signal: context.signal });
  };
  const put = async (option: CacheOption, image: Image): Promise<void> => {
    const set = { images: [image] };
    if (option.type === "registry") {
      await pushImageSet(set, parseReference(option.reference), { client: await connect() });
      return;
    }
    const path = resolve(context.cwd, pathOf(option));
    await writeImageSet(set, { kind: "oci-layout", path, tag }, { scratchFolder, signal: context.signal });
  };
  return {
    async read(asked): Promise<readonly ImportedCache[]> {
      const found: ImportedCache[] = [];
      for (const option of asked) {
        const name = nameOf(option);
        try {
          const { images } = await open(option);
          const caches = images.map((image) => importedCache(image, name)).filter((one) => one !== undefined);
          if (caches.length === 0) tell(context, `${name} holds no results of builds`);
          found.push(...caches);
        } catch (thrown) {
          if (!(thrown instanceof ToolError) || thrown.code === "interrupted") throw thrown;
          tell(context, `results of ${name} can't be used: ${thrown.why}`);
        }
      }
      return found;
    },
    async write(asked, tops, services, compression): Promise<void> {
      for (const option of asked) {
        if (option.type === "inline") continue;
        const id = `cache-to ${nameOf(option)}`;
        context.emit({ type: "start", id, name: `writing results to ${nameOf(option)}` });
        const image = await cacheImageOf(tops, services, context.signal, {
          mode: option.mode,
          compression,
          platform: parsePlatform(hostPlatform()),
        });
        await put(option, image);
        context.emit({ type: "end", id, note: `${image.layers.length} layers` });
      }
    },
    close: () => void client?.then((opened) => opened.close()).catch(() => undefined),
  };
}

function pathOf(option: CacheOption): string {
  return option.type === "local" ? option.path : "";
}

function nameOf(option: CacheOption): string {
  if (option.type === "registry") return formatReference(parseReference(option.reference));
  return option.type === "local" ? option.path : "the image";
}

function tell({ emit }: Context, message: string): void {
  emit({ type: "log", level: "warning", message });
}
