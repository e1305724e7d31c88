// Images from parts: the bytes of manifest, config and index (image-spec v1.1) for layers and settings.
// Invariant: equal parts give equal bytes. Members come in the order of the specification's own Go types, maps sorted.
import { digestOf } from "../base/digest.ts";
import { assert } from "../base/errors.ts";
import {
  type Descriptor,
  type Image,
  type ImageConfig,
  type ImageSet,
  type Layer,
  mediaTypes,
  type Platform,
} from "./model.ts";
import { parseConfig } from "./validate.ts";

export interface ImageParts {
  /** Written with its unknown members; `rootfs.diff_ids` must be the layers' diff ids, in order. */
  readonly config: ImageConfig;
  readonly layers: readonly Layer[];
  /** The manifest's own. */
  readonly annotations?: Readonly<Record<string, string>>;
}

const configOrder = ["created", "author", "architecture", "variant", "os", "config", "rootfs", "history"];
const healthcheckOrder = ["Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"];
const historyOrder = ["created", "created_by", "author", "comment", "empty_layer"];
const runConfigOrder = [
  "User",
  "ExposedPorts",
  "Env",
  "Entrypoint",
  "Cmd",
  "Healthcheck",
  "Volumes",
  "WorkingDir",
  "OnBuild",
  "Labels",
  "StopSignal",
  "Shell",
];

/** One platform's image. Its descriptor carries the config's platform. */
export function makeImage(parts: ImageParts): Image {
  const { config, layers } = parts;
  const ids = config.rootfs.diff_ids;
  assert(
    ids.length === layers.length && layers.every((layer, index) => layer.diffId === ids[index]),
    "a config names the diff ids of its layers",
  );
  return imageOfConfig(configBytes(config), layers, parts.annotations);
}

/** The image with exactly these config bytes, as an archive without a manifest holds it. @throws ToolError "malformed" */
export function imageOfConfig(
  config: Uint8Array,
  layers: readonly Layer[],
  annotations?: Readonly<Record<string, string>>,
): Image {
  const manifest = documentBytes({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: digestOf(config), size: config.length },
    layers: layers.map((layer) => orderedDescriptor(layer.descriptor)),
    ...(annotations === undefined ? {} : { annotations: sorted(annotations) }),
  });
  const descriptor = {
    mediaType: mediaTypes.manifest,
    digest: digestOf(manifest),
    size: manifest.length,
    platform: platformOf(parseConfig(config, "the image's config")),
  };
  return { descriptor, manifest, config, layers };
}

/** Images under one name: an index where there are several, else the image alone. */
export function makeImageSet(
  images: readonly Image[],
  annotations?: Readonly<Record<string, string>>,
): ImageSet {
  if (images.length === 1) return { images };
  const bytes = indexBytes(
    images.map((image) => image.descriptor),
    annotations,
  );
  const descriptor = { mediaType: mediaTypes.index, digest: digestOf(bytes), size: bytes.length };
  return { images, index: { descriptor, bytes } };
}

/** What a set is known by: its index, or its only image's manifest. */
export function rootOf(set: ImageSet): Descriptor {
  const root = set.index?.descriptor ?? set.images[0]?.descriptor;
  assert(root !== undefined, "an image set holds an image");
  return root;
}

/** The bytes of an index. `schemaVersion` and the media type are added. */
export function indexBytes(
  manifests: readonly Descriptor[],
  annotations?: Readonly<Record<string, string>>,
): Uint8Array {
  return documentBytes({
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: manifests.map(orderedDescriptor),
    ...(annotations === undefined ? {} : { annotations: sorted(annotations) }),
  });
}

/** The bytes of an index that someone else wrote with one more manifest, last; all else stays as it stands in `document`. */
export function indexDocument(
  document: Readonly<Record<string, unknown>>,
  manifests: readonly unknown[],
  added: Descriptor,
): Uint8Array {
  return documentBytes({ ...document, manifests: [...manifests, orderedDescriptor(added)] });
}

/** The platform that a config states. */
export function platformOf(config: ImageConfig): Platform {
  const { os, architecture, variant } = config;
  return { os, architecture, ...(variant === undefined || variant === "" ? {} : { variant }) };
}

function configBytes(config: ImageConfig): Uint8Array {
  const run = config.config;
  const ordered = inOrder(
    { ...config, rootfs: inOrder({ ...config.rootfs }, ["type", "diff_ids"]) },
    configOrder,
  );
  if (config.history !== undefined) {
    ordered["history"] = config.history.map((entry) => inOrder({ ...entry }, historyOrder));
  }
  if (run === undefined) return documentBytes(ordered);
  const written = inOrder({ ...run }, runConfigOrder);
  for (const name of ["ExposedPorts", "Volumes", "Labels"]) {
    const map = written[name];
    if (map !== undefined) written[name] = sorted(map as Readonly<Record<string, unknown>>);
  }
  if (run.Healthcheck !== undefined)
    written["Healthcheck"] = inOrder({ ...run.Healthcheck }, healthcheckOrder);
  return documentBytes({ ...ordered, config: written });
}

function orderedDescriptor(descriptor: Descriptor): Record<string, unknown> {
  const { annotations, platform } = descriptor;
  const ordered = inOrder({ ...descriptor }, ["mediaType", "digest", "size", "annotations", "platform"]);
  if (annotations !== undefined) ordered["annotations"] = sorted(annotations);
  if (platform !== undefined)
    ordered["platform"] = inOrder({ ...platform }, ["architecture", "os", "variant"]);
  return ordered;
}

/** Known members in the given order, the rest after them sorted by name; undefined ones left out. */
function inOrder(
  value: Readonly<Record<string, unknown>>,
  order: readonly string[],
): Record<string, unknown> {
  const rest = Object.keys(value)
    .filter((name) => !order.includes(name))
    .sort();
  const members = [...order, ...rest].map((name) => [name, value[name]] as const);
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}

function sorted<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function documentBytes(document: Readonly<Record<string, unknown>>): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}
