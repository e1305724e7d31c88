import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Meeting } from "../../testing/stripping-worker.ts";
import { createWorkerPool, type WorkerPool } from "./worker-pool.ts";

const folder = mkdtempSync(join(tmpdir(), "distill-workers-"));
afterAll(() => rmSync(folder, { recursive: true }));
const resourceLimits = { maxOldGenerationSizeMb: 64 };

/** A program in JavaScript that answers with what `answer`, an expression of `request` and `setup`, gives. */
function poolOf(answer: string, width = 1, setup?: unknown): WorkerPool<unknown, unknown> {
  const source = `
    import { parentPort, threadId, workerData } from "node:worker_threads";
    const { setup } = workerData;
    parentPort.on("message", (request) => parentPort.postMessage(${answer}));
  `;
  const program = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  return createWorkerPool({ program, width, cacheFolder: folder, setup, resourceLimits });
}

describe("a pool", () => {
  test("answers each request, with what it was set up with", async () => {
    const pool = poolOf("request + setup.add", 2, { add: 10 });
    expect(await Promise.all([1, 2, 3, 4, 5].map((one) => pool.run(one)))).toEqual([11, 12, 13, 14, 15]);
    await pool.close();
  });

  test("starts as many workers as it may, and uses them again", async () => {
    // Who comes first waits for the other one, which has to be another thread.
    const meet =
      "(Atomics.add(request, 0, 1), Atomics.notify(request, 0), Atomics.wait(request, 0, 1), threadId)";
    const pool = poolOf(meet, 2);
    const meeting = (): Promise<unknown[]> => {
      const count = new Int32Array(new SharedArrayBuffer(4));
      return Promise.all([pool.run(count), pool.run(count)]);
    };
    const threads = new Set([...(await meeting()), ...(await meeting())]);
    expect(threads.size).toBe(2);
    await pool.close();
  });

  test("gives the next request to another worker where one failed", async () => {
    const pool = poolOf("request === 'bad' ? (() => { throw new Error('out of order') })() : request");
    const [bad, good] = await Promise.allSettled([pool.run("bad"), pool.run("good")]);
    expect(bad).toMatchObject({ status: "rejected", reason: { cause: { message: "out of order" } } });
    expect(good).toEqual({ status: "fulfilled", value: "good" });
    await pool.close();
  });

  test("fails what waits and what runs when it is closed, and what comes after", async () => {
    const pool = poolOf("setup.none.such");
    const running = Promise.allSettled([pool.run(1), pool.run(2)]);
    await pool.close();
    expect((await running).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(pool.run(3)).rejects.toThrow("the pool is closed");
  });

  test("fails where the program can't be loaded", async () => {
    const program = new URL("file:///none/such.mjs");
    const pool = createWorkerPool({ program, width: 1, cacheFolder: folder, resourceLimits });
    await expect(pool.run(1)).rejects.toMatchObject({ cause: { code: "ERR_MODULE_NOT_FOUND" } });
    await pool.close();
  });
});

test("one worker strips types, the others find its work", async () => {
  const cacheFolder = mkdtempSync(join(folder, "cold-"));
  // A program of many modules, as those that the pools run; which parts of Node.js it has loaded, tells.
  const program = new URL("../../testing/stripping-worker.ts", import.meta.url);
  const options = { program, width: 3, cacheFolder, resourceLimits };
  const strippers = async (): Promise<number> => {
    const pool = createWorkerPool<Meeting, boolean>(options);
    const count = new Int32Array(new SharedArrayBuffer(4));
    const stripped = await Promise.all([1, 2, 3].map(() => pool.run({ count, expected: 3 })));
    await pool.close();
    return stripped.filter(Boolean).length;
  };
  expect(await strippers()).toBe(1);
  expect(await strippers()).toBe(0);
});
