// What a scan works with: threads, and the memory between them and who reads.
import { availableParallelism } from "node:os";
import { ruleSetVersion } from "../rules.ts";
import { threadPool } from "./examiner-pool.ts";
import type { ScanTools } from "./gatherer.ts";
import { inlinePool } from "./inline-pool.ts";
import { makerOf } from "./layer-records.ts";
import type { ScanServices } from "./scan.ts";
import { createSlabs } from "./slabs.ts";

/** Reading is bound by the disk past this many. */
const widthMax = 8;
/** Compressed bytes of layers for which starting threads takes longer than the work. */
const threadsBytesMin = 8 << 20;

/**
 * Runs `work` with what examines files: threads where there is enough for them, and half as many as there are cores. To decompress,
 * to hash and to split layers takes as much, and each thread costs 30 MB and compiles what others have compiled.
 */
export async function withTools<T>(
  services: ScanServices,
  sizeBytes: number,
  work: (tools: ScanTools, width: number) => Promise<T>,
): Promise<T> {
  const { cache, counted, program = "", scratchFolder, task } = services;
  const { signal } = task;
  const width = Math.min(services.width ?? availableParallelism(), widthMax);
  const maker = makerOf(ruleSetVersion, program);
  const threaded = sizeBytes >= threadsBytesMin;
  const examiners = Math.ceil(width / 2);
  const pool = threaded ? threadPool(cache, maker, examiners) : inlinePool(cache, maker, signal, counted);
  const slabs = createSlabs(threaded ? width + 2 : width);
  const abort = (): void => void pool.close();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await work({ pool, slabs, scratchFolder, signal }, width);
  } catch (thrown) {
    signal.throwIfAborted();
    throw thrown;
  } finally {
    signal.removeEventListener("abort", abort);
    await pool.close();
  }
}
