import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { digestOf } from "../../base/digest.ts";
import { threadPool } from "./examiner-pool.ts";
import { inlinePool } from "./inline-pool.ts";

const folder = mkdtempSync(join(tmpdir(), "distill-pool-"));
afterAll(() => rmSync(folder, { recursive: true }));
const cache = { folder };

/** Fails on its own, outside of any message, for one name. */
const program = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from "node:worker_threads";
    parentPort.on("message", ({ file, digest }) => {
      if (file === "bad") throw new Error("out of order");
      parentPort.postMessage({ kind: "file", examined: { digest, facts: "{}" } });
    });
  `)}`,
);

test("after a worker's failure the next file goes to another one", async () => {
  const digest = digestOf(Buffer.from("x"));
  const pool = threadPool(cache, "test", 1, program);
  try {
    const [bad, good] = await Promise.allSettled([
      pool.examineFile("bad", 1, digest),
      pool.examineFile("good", 1, digest),
    ]);
    expect(bad.status).toBe("rejected");
    expect(good).toEqual({ status: "fulfilled", value: { digest, facts: "{}" } });
  } finally {
    await pool.close();
  }
});

test("without threads the signal ends the work between two files", async () => {
  const abort = new AbortController();
  let counted = 0;
  const pool = inlinePool(cache, "test", abort.signal, () => {
    counted += 1;
    abort.abort();
  });
  const files = [0, 1, 2].map((offset) => ({ offset, sizeBytes: 1 }));
  await expect(pool.examine({ bytes: Buffer.from("abc"), files })).rejects.toThrow("aborted");
  expect(counted).toBe(1);
  await pool.close();
});

test("what may hold far more than its size is examined on a thread, with the same result", async () => {
  let counted = 0;
  const pool = inlinePool(cache, "test", new AbortController().signal, () => {
    counted += 1;
  });
  try {
    const packed = gzipSync("hello");
    const bytes = Buffer.concat([Buffer.from("text"), packed]);
    const files = [
      { offset: 0, sizeBytes: 4 },
      { offset: 4, sizeBytes: packed.length },
    ];
    const examined = await pool.examine({ bytes, files });
    expect(examined.map((one) => (JSON.parse(one.facts) as { magic: string }).magic)).toEqual([
      "text",
      "compressed",
    ]);
    expect(counted).toBe(1);
  } finally {
    await pool.close();
  }
});
