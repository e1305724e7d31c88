// What `docker load` takes (Docker image specification v1.2): manifest.json, the config, the layers. Docker 20.10 reads layers
// that are plain tars or gzip; zstd ones are decompressed on the way.
// Invariant: deterministic; no member twice, though an image may use one layer several times.
import type { Bytes } from "../base/bytes.ts";
import { digestOf, hexOf } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { writeTar } from "../formats/tar-writer.ts";
import { type ArchiveEntry, fileEntry, textEntry } from "./archive-entry.ts";
import { dockerManifestFile } from "./docker-archive-reader.ts";
import { compressionOfLayer, tarOfLayer } from "./layer-tar.ts";
import type { Image, ImageSet, Layer } from "./model.ts";

/**
 * The archive's bytes. `references` are names with tags ("registry.example/app:1"), each put on the image by `docker load`.
 * @throws ToolError "usage" for a name without a tag, "malformed" for a layer of a type that is none
 */
export function dockerArchive(image: Image, references: readonly string[]): Bytes {
  const named = references.map(splitTag);
  return writeTar(entriesOf(image, references, named));
}

/** The image to save where the archive can hold only one platform. @throws ToolError "usage" */
export function onlyImage(set: ImageSet, what: string): Image {
  const [image] = set.images;
  if (image !== undefined && set.images.length === 1) return image;
  throw new ToolError("usage", {
    what,
    why: `it can hold one platform, and the image has ${set.images.length}`,
    hint: "choose one with --platform, or write an oci-archive",
  });
}

async function* entriesOf(
  image: Image,
  references: readonly string[],
  named: readonly (readonly [name: string, tag: string])[],
): AsyncGenerator<ArchiveEntry> {
  const config = `${hexOf(digestOf(image.config))}.json`;
  const layers = image.layers.map((layer) => ({ layer, name: memberName(layer) }));
  const manifest = [{ Config: config, RepoTags: references, Layers: layers.map(({ name }) => name) }];
  yield textEntry(dockerManifestFile, JSON.stringify(manifest));
  const top = image.layers.at(-1);
  if (named.length > 0 && top !== undefined) {
    yield textEntry("repositories", repositories(named, hexOf(top.diffId)));
  }
  yield textEntry(config, image.config);
  const written = new Set<string>();
  for (const { layer, name } of layers) {
    if (written.has(name)) continue;
    written.add(name);
    yield await layerEntry(layer, name);
  }
}

async function layerEntry(layer: Layer, name: string): Promise<ArchiveEntry> {
  if (compressionOfLayer(layer) !== "zstd") return fileEntry(name, layer.descriptor.size, layer.open());
  // A tar header states the size first, so the stream is read twice: once to count.
  let sizeBytes = 0;
  for await (const chunk of tarOfLayer(layer)) sizeBytes += chunk.length;
  return fileEntry(name, sizeBytes, tarOfLayer(layer));
}

function memberName(layer: Layer): string {
  return compressionOfLayer(layer) === "gzip"
    ? `${hexOf(layer.descriptor.digest)}.tar.gz`
    : `${hexOf(layer.diffId)}.tar`;
}

/** The older index by name: {"name": {"tag": "id of the top layer"}}. */
function repositories(named: readonly (readonly [string, string])[], id: string): string {
  const names: Record<string, Record<string, string>> = {};
  for (const [name, tag] of named) names[name] = { ...names[name], [tag]: id };
  return JSON.stringify(names);
}

function splitTag(reference: string): readonly [name: string, tag: string] {
  const [, name, tag] = /^([^@]+):([\w][\w.-]{0,127})$/.exec(reference) ?? [];
  if (name !== undefined && tag !== undefined) return [name, tag];
  throw new ToolError("usage", {
    what: `naming the image ${JSON.stringify(reference)}`,
    why: "a Docker archive needs a name with a tag",
    hint: `write ${reference.replace(/@.*$/, "")}:latest`,
  });
}
