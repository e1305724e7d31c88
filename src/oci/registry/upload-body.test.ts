import { createHash } from "node:crypto";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { digestOf } from "../../base/digest.ts";
import { createHttp } from "../../base/http.ts";
import type { BlobSource } from "../blob.ts";
import { uploadBody } from "./upload-body.ts";

let folder: string;
let server: Server;
/** What the server got in its last request. */
let received: { sizeBytes: number; sha256: string };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "upload-body-"));
  server = createServer((request, response) => {
    const hash = createHash("sha256");
    received = { sizeBytes: 0, sha256: "" };
    request.on("data", (chunk: Buffer) => {
      hash.update(chunk);
      received.sizeBytes += chunk.length;
    });
    // What is sent meanwhile fills the buffers between, and then stays in the sender's memory.
    request.pause();
    setTimeout(() => request.resume(), 50);
    request.on("error", () => undefined);
    request.on("end", () => {
      received.sha256 = hash.digest("hex");
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

/** Bytes that differ everywhere, so that a chunk in another's place shows. */
function content(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at + 4 <= sizeBytes; at += 4) bytes.writeUInt32LE((at * 2_654_435_761) % 2 ** 32, at);
  return bytes;
}

async function blobFile(bytes: Uint8Array): Promise<BlobSource & { readonly file: string }> {
  const file = join(folder, "blob");
  await writeFile(file, bytes);
  const descriptor = { mediaType: "application/octet-stream", digest: digestOf(bytes), size: bytes.length };
  return { descriptor, file, open: () => expect.unreachable("the file is read") };
}

async function put(blob: BlobSource): Promise<void> {
  const http = createHttp();
  const { port } = server.address() as AddressInfo;
  try {
    const response = await http.request("PUT", `http://127.0.0.1:${port}/`, {
      headers: { "content-length": String(blob.descriptor.size) },
      body: uploadBody(blob),
    });
    response.discard();
  } finally {
    http.close();
  }
}

describe("a blob's file", () => {
  test.each([0, 1, 262_143, 262_144, 262_145, 786_432, 2_100_007, 20_000_000])(
    "of %i bytes arrives as it is",
    async (size) => {
      const blob = await blobFile(content(size));
      await put(blob);
      expect(received).toEqual({ sizeBytes: size, sha256: blob.descriptor.digest.slice(7) });
    },
  );

  test.each([
    { summary: "changed in its first byte", change: 0 },
    { summary: "changed in its last byte", change: 1_999_999 },
  ])("$summary is never sent to its end", async ({ change }) => {
    const bytes = content(2_000_000);
    const blob = await blobFile(bytes);
    const handle = await open(blob.file, "r+");
    await handle.write(Uint8Array.of((bytes[change] ?? 0) ^ 1), 0, 1, change);
    await handle.close();
    await expect(put(blob)).rejects.toMatchObject({ code: "digest-mismatch" });
    expect(received.sizeBytes).toBeLessThan(2_000_000);
  });

  test("cut short is never sent to its end", async () => {
    const blob = await blobFile(content(1_000_000));
    const handle = await open(blob.file, "r+");
    await handle.truncate(600_000);
    await handle.close();
    await expect(put(blob)).rejects.toMatchObject({
      code: "digest-mismatch",
      why: "it holds 600000 bytes, its descriptor says 1000000",
    });
  });

  test("that is gone is an error of the disk", async () => {
    const blob = await blobFile(content(10));
    await rm(blob.file);
    await expect(put(blob)).rejects.toMatchObject({ code: "disk" });
  });
});
