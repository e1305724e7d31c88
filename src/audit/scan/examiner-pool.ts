// Examining on worker threads.
import type { Cache } from "../../base/cache.ts";
import type { Digest } from "../../base/digest.ts";
import { ToolError } from "../../base/errors.ts";
import { createWorkerPool } from "../../base/worker-pool.ts";
import type { Examined, Extent } from "./examine.ts";
import type { ExamineReply, ExamineRequest, ExaminerSetup } from "./examiner-worker.ts";

export interface Batch {
  /** Not to be changed until the batch is examined: threads share it. */
  readonly bytes: Uint8Array;
  readonly files: readonly Extent[];
}

export interface ExaminerPool {
  examine(batch: Batch): Promise<readonly Examined[]>;
  /** A file of its own with this digest. */
  examineFile(file: string, sizeBytes: number, digest: Digest): Promise<Examined>;
  /** Ends the workers. What still runs is abandoned, and fails. */
  close(): Promise<void>;
}

/** A worker's heap holds the facts of one batch; without a bound V8 lets garbage pile up. */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 1024 };

const examinerWorker = new URL("./examiner-worker.ts", import.meta.url);

/** @param width threads; `program` is what they run */
export function threadPool(
  cache: Cache,
  maker: string,
  width: number,
  program: URL = examinerWorker,
): ExaminerPool {
  const setup: ExaminerSetup = { cacheFolder: cache.folder, maker };
  const pool = createWorkerPool<ExamineRequest, ExamineReply>({
    program,
    width,
    cacheFolder: cache.folder,
    setup,
    resourceLimits,
  });
  let closed = false;
  const run = (request: ExamineRequest): Promise<ExamineReply> =>
    pool.run(request).catch((bug: unknown) => ({ kind: "bug", bug }));
  return {
    async examine(batch): Promise<readonly Examined[]> {
      const reply = await run({ kind: "batch", ...batch });
      if (reply.kind !== "batch") throw failureOf(reply, closed);
      return reply.examined;
    },
    async examineFile(file, sizeBytes, digest): Promise<Examined> {
      const reply = await run({ kind: "file", file, sizeBytes, digest });
      if (reply.kind !== "file") throw failureOf(reply, closed);
      return reply.examined;
    },
    async close(): Promise<void> {
      closed = true;
      await pool.close();
    },
  };
}

function failureOf(reply: ExamineReply, closed: boolean): Error {
  if (reply.kind === "failed") {
    const { code, hint, what, why } = reply.error;
    return new ToolError(code, hint === undefined ? { what, why } : { what, why, hint });
  }
  if (closed) return new ToolError("interrupted", { what: "examining files", why: "it was interrupted" });
  return new Error("internal error: examining files", { cause: reply.kind === "bug" ? reply.bug : reply });
}
