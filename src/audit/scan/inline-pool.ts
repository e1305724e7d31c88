// Examining on this thread, where there is too little for threads to pay. Nothing can interrupt a thread that is at work: so it turns
// to its signal between any two files, and what may take long, a container that can hold far more than its size, goes to a worker.

import { closeSync, openSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { bufferOf } from "../../base/bytes.ts";
import type { Cache } from "../../base/cache.ts";
import { containerOf, unreadFormat } from "../../content/nested/signatures.ts";
import { endSignature, zipTailBytesMax } from "../../content/nested/zip.ts";
import { inMemory, ofFile, type RandomAccess } from "../../formats/random-access.ts";
import { createExaminer, type Examined } from "./examine.ts";
import { type ExaminerPool, threadPool } from "./examiner-pool.ts";
import { sharedFacts } from "./shared-facts.ts";

/** `counted` is told of each content that is examined here. @throws the signal's reason, from what the pool returns */
export function inlinePool(
  cache: Cache,
  maker: string,
  signal: AbortSignal,
  counted?: () => void,
): ExaminerPool {
  const examiner = createExaminer(sharedFacts(cache, maker), counted);
  let worker: ExaminerPool | undefined;
  const elsewhere = (): ExaminerPool => (worker ??= threadPool(cache, maker, 1));
  return {
    async examine({ bytes, files }): Promise<readonly Examined[]> {
      const examined: Examined[] = [];
      for (const file of files) {
        await turn();
        signal.throwIfAborted();
        const content = bytes.subarray(file.offset, file.offset + file.sizeBytes);
        const isLong = mayTakeLong(inMemory(content));
        const one = { bytes, files: [file] };
        examined.push(...(await (isLong ? elsewhere().examine(one) : examiner.examine(bytes, [file]))));
      }
      return examined;
    },
    async examineFile(file, sizeBytes, digest): Promise<Examined> {
      await turn();
      signal.throwIfAborted();
      const fd = openSync(file, "r");
      try {
        const source = ofFile(fd, 0, sizeBytes);
        if (mayTakeLong(source)) return await elsewhere().examineFile(file, sizeBytes, digest);
        return await examiner.examineSource(source, digest);
      } finally {
        closeSync(fd);
      }
    },
    close: async () => worker?.close(),
  };
}

const headBytes = 512;

/** Whether a file begins or ends as a container. */
function mayTakeLong(source: RandomAccess): boolean {
  const head = bufferOf(source.read(0, headBytes));
  if (containerOf(head, source.sizeBytes) !== undefined || unreadFormat(head) !== undefined) return true;
  const tailAt = Math.max(0, source.sizeBytes - zipTailBytesMax);
  return bufferOf(source.read(tailAt, zipTailBytesMax)).lastIndexOf(endSignature) >= 0;
}
