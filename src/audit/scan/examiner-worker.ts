// A worker thread that examines files: one message, one batch of them or one large file. It ends when the pool terminates it.
import { closeSync, openSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { Digest } from "../../base/digest.ts";
import { assert, type ErrorCode, systemCode, ToolError } from "../../base/errors.ts";
import { diskError } from "../../base/files.ts";
import { lazy } from "../../base/lazy.ts";
import type { Examined, Examiner, Extent } from "./examine.ts";

/** What a worker is started with. */
export interface ExaminerSetup {
  /** The folder of Node's compile cache, if the main thread uses one: a worker doesn't inherit it. */
  readonly compileCache: string | undefined;
  readonly cacheFolder: string;
  /** See shared-facts.ts. */
  readonly maker: string;
}

export type ExamineRequest =
  | {
      readonly kind: "batch";
      readonly bytes: Uint8Array;
      readonly files: readonly Extent[];
    }
  | { readonly kind: "file"; readonly file: string; readonly sizeBytes: number; readonly digest: Digest };

export type ExamineReply =
  | { readonly kind: "batch"; readonly examined: readonly Examined[] }
  | { readonly kind: "file"; readonly examined: Examined }
  | {
      readonly kind: "failed";
      readonly error: {
        readonly code: ErrorCode;
        readonly what: string;
        readonly why: string;
        readonly hint: string | undefined;
      };
    }
  | { readonly kind: "bug"; readonly bug: unknown };

const setup = workerData as ExaminerSetup;
if (setup.compileCache !== undefined) enableCompileCache(setup.compileCache);

// Loaded late, so that the compile cache serves it: reading TypeScript takes time and memory otherwise.
const examiner = lazy(async (): Promise<Examiner> => {
  const { createExaminer } = await import("./examine.ts");
  const { sharedFacts } = await import("./shared-facts.ts");
  return createExaminer(sharedFacts({ folder: setup.cacheFolder }, setup.maker));
});

async function reply(request: ExamineRequest): Promise<ExamineReply> {
  try {
    const ready = await examiner();
    if (request.kind === "batch") {
      return { kind: "batch", examined: await ready.examine(request.bytes, request.files) };
    }
    return { kind: "file", examined: await examineFile(ready, request) };
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) return { kind: "bug", bug: thrown };
    const { code, hint, what, why } = thrown;
    return { kind: "failed", error: { code, what, why, hint } };
  }
}

async function examineFile(
  ready: Examiner,
  request: ExamineRequest & { readonly kind: "file" },
): Promise<Examined> {
  const { digest, file, sizeBytes } = request;
  const { ofFile } = await import("../../formats/random-access.ts");
  try {
    const fd = openSync(file, "r");
    try {
      return await ready.examineSource(ofFile(fd, 0, sizeBytes), digest);
    } finally {
      closeSync(fd);
    }
  } catch (thrown) {
    if (systemCode(thrown) === undefined) throw thrown;
    throw diskError(`reading ${file}`, thrown);
  }
}

const port = parentPort;
assert(port !== null, "examiner-worker runs in a worker thread");
port.on("message", (request: ExamineRequest) => {
  void reply(request).then((message) => port.postMessage(message));
});
