// Blobs to a registry: not sent where it has them, mounted from another repository ("end-11"), or sent in one piece
// ("end-4a", "end-6").
import { ToolError } from "../../base/errors.ts";
import type { BlobSource } from "../blob.ts";
import { type ApiRequest, type RegistryClient, send } from "./client.ts";
import { withProgress } from "./progress.ts";
import { withRetries } from "./retry.ts";
import type { Repository } from "./sources.ts";
import { uploadBody } from "./upload-body.ts";

export type PushedBlob = "existed" | "mounted" | "uploaded";

/** Makes sure that the repository has a blob. @throws ToolError as for any request, or what `blob.open` throws */
export async function pushBlob(
  client: RegistryClient,
  target: Repository,
  blob: BlobSource,
  mountFrom: readonly string[],
): Promise<PushedBlob> {
  const { digest } = blob.descriptor;
  const what = `pushing ${digest} to ${target.registry}/${target.repository}`;
  const head = await send(client, {
    ...target,
    method: "HEAD",
    path: `/v2/${target.repository}/blobs/${digest}`,
    expect: [200, 404],
    what,
  });
  head.discard();
  if (head.status === 200) return "existed";
  return withRetries(client.retry, client.task.signal, () =>
    mountOrUpload(client, target, blob, mountFrom, what),
  );
}

async function mountOrUpload(
  client: RegistryClient,
  target: Repository,
  blob: BlobSource,
  mountFrom: readonly string[],
  what: string,
): Promise<PushedBlob> {
  const { digest, size } = blob.descriptor;
  const start = (query: string): ApiRequest => ({
    ...target,
    method: "POST",
    path: `/v2/${target.repository}/blobs/uploads/${query}`,
    headers: { "content-length": "0" },
    expect: [201, 202],
    what,
  });
  let location: string | undefined;
  for (const from of mountFrom) {
    const response = await client.attempt(
      start(`?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`),
    );
    response.discard();
    if (response.status === 201) return "mounted";
    // Not mounted: the answer is an upload session, as for a plain start. The last one is used, others expire.
    location = response.headers.get("location");
  }
  if (location === undefined) {
    const response = await client.attempt(start(""));
    response.discard();
    location = response.headers.get("location");
  }
  if (location === undefined)
    throw new ToolError("registry", { what, why: `${target.registry} gave no upload address` });
  const answer = await client.attempt({
    ...target,
    method: "PUT",
    path: withDigest(location, digest),
    headers: { "content-type": "application/octet-stream" },
    body: {
      sizeBytes: size,
      open: () => withProgress(client.task.emit, "push", blob.descriptor, uploadBody(blob)),
    },
    expect: [201, 204],
    what,
  });
  answer.discard();
  return "uploaded";
}

function withDigest(location: string, digest: string): string {
  return `${location}${location.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`;
}
