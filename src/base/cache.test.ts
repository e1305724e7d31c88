import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { collect } from "./bytes.ts";
import { findBlob, openBlob, openCache, storeBlob } from "./cache.ts";

test("a blob that is asked for with another size is not found, and stays", async () => {
  const folder = mkdtempSync(join(tmpdir(), "distill-cache-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const cache = await openCache(folder);
  const { digest, sizeBytes } = await storeBlob(cache, Buffer.from("content"));
  expect(await findBlob(cache, digest, sizeBytes + 1)).toBeUndefined();
  expect(await findBlob(cache, digest, sizeBytes)).toMatchObject({ digest, sizeBytes });
  expect(Buffer.from(await collect(openBlob(cache, digest), 100, "a blob")).toString()).toBe("content");
});
