// Worker threads that take one request at a time. A worker is started when there is work and none is idle; it stays until the pool
// is closed.
// Invariant: at most one worker at a time has Node.js strip types. That is done by WebAssembly with imports, of which V8 shares and
// frees code between threads, and at times ends the process for it (SIGSEGV, or "Check failed" in UnregisterAllocation:
// nodejs/node#64500). So a worker begins with JavaScript that turns the compile cache on, which a worker doesn't inherit; what the
// main thread has compiled is in it by then, and the second worker is started when the first has written what was missing.
import { flushCompileCache, getCompileCacheDir } from "node:module";
import { dirname, join } from "node:path";
import { type ResourceLimits, Worker } from "node:worker_threads";
import { assert } from "./errors.ts";

export interface WorkerPool<Request, Reply> {
  /** @throws Error where the worker failed or ended, or the pool is closed; its cause is what the worker threw */
  run(request: Request): Promise<Reply>;
  /** Ends the workers. What still runs is abandoned, and fails. */
  close(): Promise<void>;
}

export interface WorkerPoolOptions {
  /** The module that workers run; it answers each message of its port with one. */
  readonly program: URL;
  /** Threads at most. */
  readonly width: number;
  /** Holds the compile cache where the main thread uses none. */
  readonly cacheFolder: string;
  /** What the program finds as `setup` in its `workerData`. */
  readonly setup?: unknown;
  readonly resourceLimits: ResourceLimits;
}

/** The `workerData` of a program. */
export interface WorkerData<Setup> {
  readonly setup: Setup;
}

interface Job<Request, Reply> {
  readonly request: Request;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (failure: Error) => void;
}

interface Lane<Request, Reply> {
  readonly worker: Worker;
  job: Job<Request, Reply> | undefined;
  isReady: boolean;
}

/** What a worker says before any reply. */
const readyMessage = "program loaded";

const bootstrap = `
  const { enableCompileCache, flushCompileCache } = require("node:module");
  const { parentPort, workerData } = require("node:worker_threads");
  enableCompileCache(workerData.compileCache);
  import(workerData.program).then(() => {
    flushCompileCache();
    parentPort.postMessage(${JSON.stringify(readyMessage)});
  });
`;

export function createWorkerPool<Request, Reply>(options: WorkerPoolOptions): WorkerPool<Request, Reply> {
  const { cacheFolder, program, resourceLimits, setup, width } = options;
  assert(width >= 1, "the pool has at least one worker");
  const lanes: Lane<Request, Reply>[] = [];
  const queue: Job<Request, Reply>[] = [];
  let closed = false;
  const take = (lane: Lane<Request, Reply>): Job<Request, Reply> | undefined => {
    const { job } = lane;
    lane.job = undefined;
    return job;
  };
  const startLane = (): Lane<Request, Reply> => {
    flushCompileCache();
    const compileCache = compileCacheFolder(cacheFolder);
    const worker = new Worker(bootstrap, {
      eval: true,
      resourceLimits,
      workerData: { compileCache, program: program.href, setup },
    });
    const lane: Lane<Request, Reply> = { worker, job: undefined, isReady: false };
    worker.on("message", (message: Reply | typeof readyMessage) => {
      if (message === readyMessage) lane.isReady = true;
      else take(lane)?.resolve(message);
      feed();
    });
    // A worker that failed still has to end, and what is sent to it is lost: it gets no more work.
    const end = (cause: unknown): void => {
      const at = lanes.indexOf(lane);
      if (at >= 0) lanes.splice(at, 1);
      take(lane)?.reject(new Error("the worker failed", { cause }));
      feed();
    };
    worker.on("error", end);
    worker.on("exit", () => end(new Error("the worker ended")));
    lanes.push(lane);
    return lane;
  };
  const freeLane = (): Lane<Request, Reply> | undefined => {
    const idle = lanes.find((lane) => lane.job === undefined);
    if (idle !== undefined) return idle;
    const mayStart = lanes.length < width && (lanes.length === 0 || lanes.some((lane) => lane.isReady));
    return mayStart ? startLane() : undefined;
  };
  const feed = (): void => {
    while (!closed && queue.length > 0) {
      const lane = freeLane();
      if (lane === undefined) return;
      lane.job = queue.shift();
      if (lane.job !== undefined) lane.worker.postMessage(lane.job.request);
    }
  };
  return {
    run: (request) =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new Error("the pool is closed"));
          return;
        }
        queue.push({ request, resolve, reject });
        feed();
      }),
    async close(): Promise<void> {
      closed = true;
      for (const job of queue.splice(0)) job.reject(new Error("the pool is closed"));
      await Promise.all(lanes.map((lane) => lane.worker.terminate()));
    },
  };
}

/** Node.js names the folder that it made in the one it was given. */
function compileCacheFolder(cacheFolder: string): string {
  const own = getCompileCacheDir();
  return own === undefined ? join(cacheFolder, "compiled") : dirname(own);
}
