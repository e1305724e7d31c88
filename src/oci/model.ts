// The OCI image as this program sees it (image-spec v1.1: descriptor.md, manifest.md, config.md, image-index.md).
// `Image` is what every transport opens and what every transport accepts.
import type { Bytes } from "../base/bytes.ts";
import type { Digest } from "../base/digest.ts";

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** A layer blob, as stored. `open` gives the stored (compressed) bytes, verified against descriptor.digest as they stream. */
export interface Layer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
  /** Path of a local file that holds exactly the blob, where there is one: transports may link or send it without a copy. */
  readonly file?: string;
  /** Path of a local file that holds the blob among others, found in it by its digest: an archive. */
  readonly within?: string;
  /** A store that names content by its digest alone has it (a registry): who knows what the digest stands for need not read it. */
  readonly addressed?: boolean;
  open(): Bytes;
}

/** One platform's image. `manifest` and `config` are the exact bytes behind their digests. */
export interface Image {
  readonly descriptor: Descriptor;
  readonly manifest: Uint8Array;
  readonly config: Uint8Array;
  readonly layers: readonly Layer[];
}

/** What a reference names: images by platform, under one index where there is more than one (or where the source had one). */
export interface ImageSet {
  readonly images: readonly Image[];
  /** The index's exact bytes and descriptor; undefined for a bare manifest. */
  readonly index?: { readonly descriptor: Descriptor; readonly bytes: Uint8Array };
  /** What the index names beside images (attestations, nested indexes), carried along so that a copy is whole. */
  readonly attachments?: readonly Attachment[];
}

/** A manifest or nested index that is no image, with the blobs that it names. */
export interface Attachment {
  readonly descriptor: Descriptor;
  readonly manifest: Uint8Array;
  readonly blobs: readonly { readonly descriptor: Descriptor; readonly file?: string; open(): Bytes }[];
}

/** config.md, the part that matters here; unknown members are preserved by whoever rewrites a config. */
export interface ImageConfig {
  readonly created?: string;
  readonly author?: string;
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly config?: RunConfig;
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly HistoryEntry[];
}

export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

export interface RunConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Volumes?: Readonly<Record<string, Record<string, never>>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  /** Deprecated; BuildKit sets it with every CMD. */
  readonly ArgsEscaped?: boolean;
  /** Docker's extension: durations in nanoseconds. */
  readonly Healthcheck?: {
    readonly Test: readonly string[];
    readonly Interval?: number;
    readonly Timeout?: number;
    readonly StartPeriod?: number;
    readonly StartInterval?: number;
    readonly Retries?: number;
  };
  /** Docker's extensions: instructions for builds on top of this image, and the words before a command in shell form. */
  readonly OnBuild?: readonly string[];
  readonly Shell?: readonly string[];
}

export const mediaTypes = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layerTar: "application/vnd.oci.image.layer.v1.tar",
  layerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  layerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;
