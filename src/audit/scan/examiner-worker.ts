// A worker thread that examines files: one message, one batch of them or one large file. It ends when the pool terminates it.
import { closeSync, openSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { Digest } from "../../base/digest.ts";
import { assert, type ErrorCode, systemCode, ToolError } from "../../base/errors.ts";
import { diskError } from "../../base/files.ts";
import type { WorkerData } from "../../base/worker-pool.ts";
import { ofFile } from "../../formats/random-access.ts";
import { createExaminer, type Examined, type Extent } from "./examine.ts";
import { sharedFacts } from "./shared-facts.ts";

/** What a worker is started with. */
export interface ExaminerSetup {
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

const { setup } = workerData as WorkerData<ExaminerSetup>;
const examiner = createExaminer(sharedFacts({ folder: setup.cacheFolder }, setup.maker));

async function reply(request: ExamineRequest): Promise<ExamineReply> {
  try {
    if (request.kind === "batch") {
      return { kind: "batch", examined: await examiner.examine(request.bytes, request.files) };
    }
    return { kind: "file", examined: await examineFile(request) };
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) return { kind: "bug", bug: thrown };
    const { code, hint, what, why } = thrown;
    return { kind: "failed", error: { code, what, why, hint } };
  }
}

async function examineFile(request: ExamineRequest & { readonly kind: "file" }): Promise<Examined> {
  const { digest, file, sizeBytes } = request;
  try {
    const fd = openSync(file, "r");
    try {
      return await examiner.examineSource(ofFile(fd, 0, sizeBytes), digest);
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
