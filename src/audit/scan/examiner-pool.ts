// Examining on worker threads. A worker is started when there is work and none is idle; it stays until the pool is closed.
import { getCompileCacheDir } from "node:module";
import { Worker } from "node:worker_threads";
import type { Cache } from "../../base/cache.ts";
import type { Digest } from "../../base/digest.ts";
import { ToolError } from "../../base/errors.ts";
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

interface Job {
  readonly request: ExamineRequest;
  readonly settle: (reply: ExamineReply) => void;
}

interface Lane {
  readonly worker: Worker;
  job: Job | undefined;
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
  const lanes: Lane[] = [];
  const queue: Job[] = [];
  let closed = false;
  const settle = (lane: Lane, reply: ExamineReply): void => {
    const { job } = lane;
    lane.job = undefined;
    job?.settle(reply);
    feed();
  };
  const startLane = (): Lane => {
    const setup: ExaminerSetup = { compileCache: getCompileCacheDir(), cacheFolder: cache.folder, maker };
    const worker = new Worker(program, {
      resourceLimits,
      workerData: setup,
    });
    const lane: Lane = { worker, job: undefined };
    worker.on("message", (reply: ExamineReply) => settle(lane, reply));
    // A worker that failed still has to end, and what is sent to it is lost: it gets no more work.
    const end = (bug: unknown): void => {
      const at = lanes.indexOf(lane);
      if (at >= 0) lanes.splice(at, 1);
      settle(lane, { kind: "bug", bug });
    };
    worker.on("error", end);
    worker.on("exit", () => end(new Error("the worker ended")));
    lanes.push(lane);
    return lane;
  };
  const feed = (): void => {
    while (!closed && queue.length > 0) {
      const lane =
        lanes.find((one) => one.job === undefined) ?? (lanes.length < width ? startLane() : undefined);
      if (lane === undefined) return;
      lane.job = queue.shift();
      if (lane.job === undefined) return;
      lane.worker.postMessage(lane.job.request);
    }
  };
  const run = (request: ExamineRequest): Promise<ExamineReply> =>
    new Promise((resolve) => {
      queue.push({ request, settle: resolve });
      feed();
    });
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
      for (const job of queue.splice(0)) job.settle({ kind: "bug", bug: new Error("the pool is closed") });
      await Promise.all(lanes.map((lane) => lane.worker.terminate()));
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
