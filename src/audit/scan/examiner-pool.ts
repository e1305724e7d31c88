// Examining on worker threads, or, where there is too little for threads to pay, on this one. A worker is started when there is
// work and none is idle; it stays until the pool is closed.
import { closeSync, openSync } from "node:fs";
import { getCompileCacheDir } from "node:module";
import { Worker } from "node:worker_threads";
import type { Cache } from "../../base/cache.ts";
import type { Digest } from "../../base/digest.ts";
import { ToolError } from "../../base/errors.ts";
import { ofFile } from "../../formats/random-access.ts";
import { createExaminer, type Examined, type Extent } from "./examine.ts";
import type { ExamineReply, ExamineRequest, ExaminerSetup } from "./examiner-worker.ts";
import { sharedFacts } from "./shared-facts.ts";

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

/** Examining here, between reading one chunk and the next. */
export function inlinePool(cache: Cache, maker: string, counted?: () => void): ExaminerPool {
  const examiner = createExaminer(sharedFacts(cache, maker), counted);
  return {
    examine: ({ bytes, files }) => examiner.examine(bytes, files),
    async examineFile(file, sizeBytes, digest): Promise<Examined> {
      const fd = openSync(file, "r");
      try {
        return await examiner.examineSource(ofFile(fd, 0, sizeBytes), digest);
      } finally {
        closeSync(fd);
      }
    },
    close: () => Promise.resolve(),
  };
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

/** @param width threads */
export function threadPool(cache: Cache, maker: string, width: number): ExaminerPool {
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
    const worker = new Worker(new URL("./examiner-worker.ts", import.meta.url), {
      resourceLimits,
      workerData: setup,
    });
    const lane: Lane = { worker, job: undefined };
    worker.on("message", (reply: ExamineReply) => settle(lane, reply));
    worker.on("error", (thrown) => settle(lane, { kind: "bug", bug: thrown }));
    worker.on("exit", () => {
      lanes.splice(lanes.indexOf(lane), 1);
      settle(lane, { kind: "bug", bug: new Error("the worker ended") });
    });
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
