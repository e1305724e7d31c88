// Manifests and indexes over the distribution-spec: "end-3" and "end-7".
import { collect } from "../../base/bytes.ts";
import { type Digest, digestOf, parseDigest } from "../../base/digest.ts";
import { ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { type Descriptor, mediaTypes } from "../model.ts";
import { isIndexType, isManifestType } from "../validate.ts";
import { type RegistryClient, send } from "./client.ts";
import { withRetries } from "./retry.ts";
import type { Repository } from "./sources.ts";

const accept = [
  mediaTypes.index,
  mediaTypes.manifest,
  mediaTypes.dockerIndex,
  mediaTypes.dockerManifest,
].join(", ");

export interface FetchedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/**
 * A manifest or index by tag or digest, verified against the digest, or the one that the registry states.
 * @throws ToolError "not-found", "digest-mismatch", "malformed" (neither kind), "limit", as for any request
 */
export async function fetchManifest(
  client: RegistryClient,
  repository: Repository,
  tagOrDigest: string,
): Promise<FetchedManifest> {
  const what = `fetching the manifest ${nameIn(repository, tagOrDigest)}`;
  const { bytes, headers } = await withRetries(client.retry, client.task.signal, async () => {
    const response = await client.attempt({
      ...repository,
      method: "GET",
      path: `/v2/${repository.repository}/manifests/${tagOrDigest}`,
      headers: { accept },
      expect: [200],
      what,
    });
    const body = await collect(response.body, limits.manifestBytesMax, "a manifest");
    return { bytes: body, headers: response.headers };
  });
  const digest = digestOf(bytes);
  const expected = parseDigest(tagOrDigest) ?? parseDigest(headers.get("docker-content-digest") ?? "");
  if (expected !== undefined && expected !== digest) {
    throw new ToolError("digest-mismatch", {
      what,
      why: `it is ${digest}, expected ${expected}`,
      hint: "the registry's copy is damaged, or something between changes it",
    });
  }
  return {
    descriptor: {
      mediaType: mediaTypeOf(bytes, headers.get("content-type"), what),
      digest,
      size: bytes.length,
    },
    bytes,
  };
}

/** The digest that a tag or digest names in the repository, or undefined: there is none (or the registry doesn't tell it). */
export async function findManifest(
  client: RegistryClient,
  repository: Repository,
  tagOrDigest: string,
): Promise<Digest | undefined> {
  const response = await send(client, {
    ...repository,
    method: "HEAD",
    path: `/v2/${repository.repository}/manifests/${tagOrDigest}`,
    headers: { accept },
    expect: [200, 404],
    what: `looking for ${nameIn(repository, tagOrDigest)}`,
  });
  response.discard();
  if (response.status !== 200) return undefined;
  return parseDigest(tagOrDigest) ?? parseDigest(response.headers.get("docker-content-digest") ?? "");
}

/** @throws ToolError "digest-mismatch" where the registry stored something else */
export async function putManifest(
  client: RegistryClient,
  repository: Repository,
  tagOrDigest: string,
  manifest: FetchedManifest,
): Promise<void> {
  const what = `pushing the manifest ${nameIn(repository, tagOrDigest)}`;
  const response = await send(client, {
    ...repository,
    method: "PUT",
    path: `/v2/${repository.repository}/manifests/${tagOrDigest}`,
    headers: { "content-type": manifest.descriptor.mediaType },
    body: {
      sizeBytes: manifest.bytes.length,
      async *open(): AsyncGenerator<Uint8Array> {
        yield manifest.bytes;
      },
    },
    expect: [201],
    what,
  });
  response.discard();
  const stored = parseDigest(response.headers.get("docker-content-digest") ?? "");
  if (stored === undefined || stored === manifest.descriptor.digest) return;
  throw new ToolError("digest-mismatch", {
    what,
    why: `the registry stored it as ${stored}, it is ${manifest.descriptor.digest}`,
    hint: "the registry rewrites manifests; use one that keeps them as they are",
  });
}

function nameIn(repository: Repository, tagOrDigest: string): string {
  const mark = tagOrDigest.includes(":") ? "@" : ":";
  return `${repository.registry}/${repository.repository}${mark}${tagOrDigest}`;
}

/** The document's own media type; where it has none, the header's. */
function mediaTypeOf(bytes: Uint8Array, header: string | undefined, what: string): string {
  let own: unknown;
  try {
    own = (JSON.parse(Buffer.from(bytes).toString("utf8")) as { mediaType?: unknown } | null)?.mediaType;
  } catch {
    throw new ToolError("malformed", { what, why: "it is not JSON" });
  }
  const mediaType = typeof own === "string" ? own : (header ?? "").split(";")[0]?.trim();
  if (mediaType !== undefined && (isIndexType(mediaType) || isManifestType(mediaType))) return mediaType;
  throw new ToolError("malformed", {
    what,
    why: `its media type ${JSON.stringify(mediaType)} is neither an image's nor an index's`,
    hint: "images in Docker's schema 1 must be pushed again by a newer client",
  });
}
