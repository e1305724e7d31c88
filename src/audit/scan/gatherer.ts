// Takes the contents of files one after the other, as they stream by, and has them examined: small ones gathered in slabs, large
// ones by way of a scratch file. Memory is bounded by the slabs, scratch space by `largeAtOnce` files.
import { createHash, type Hash, randomBytes } from "node:crypto";
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { finishDigest } from "../../base/digest.ts";
import { assert } from "../../base/errors.ts";
import { onDisk } from "../../base/files.ts";
import { inMemory, ofFile, type RandomAccess } from "../../formats/random-access.ts";
import type { Examined, Extent } from "./examine.ts";
import type { ExaminerPool } from "./examiner-pool.ts";
import { type Slabs, slabBytes } from "./slabs.ts";

/** What a scan works with. */
export interface ScanTools {
  readonly pool: ExaminerPool;
  readonly slabs: Slabs;
  readonly scratchFolder: string;
  readonly signal: AbortSignal;
}

/** Gets what was found, and the content as long as the call lasts. */
export type WhenExamined = (examined: Examined, content: RandomAccess) => void;

/**
 * For each file `start`, then `write` and `hole` any number of times, then `end`; in the end `finish`. Where one returns a
 * promise, it is to be awaited before anything else is called. `start` and `finish` throw what examining threw.
 */
export interface Gatherer {
  start(sizeBytes: number, whenExamined: WhenExamined): Promise<void> | undefined;
  write(bytes: Uint8Array): void;
  /** So many zeros. */
  hole(sizeBytes: number): Promise<void> | undefined;
  end(): void;
  /** Waits until everything is examined. */
  finish(): Promise<void>;
  /** In place of that, where what streams by failed: leaves nothing behind. */
  abandon(): Promise<void>;
}

/** More files are not worth a larger batch, and their results would pile up. */
const batchFilesMax = 4096;
const largeAtOnce = 2;

interface Gathering {
  readonly tools: ScanTools;
  readonly running: Set<Promise<void>>;
  failure: { readonly thrown: unknown } | undefined;
  slab: Uint8Array | undefined;
  filled: number;
  files: Extent[];
  callbacks: WhenExamined[];
  large: LargeFile | undefined;
  readonly largeRunning: Set<Promise<void>>;
}

interface LargeFile {
  readonly file: string;
  readonly fd: number;
  readonly hash: Hash;
  readonly whenExamined: WhenExamined;
  sizeBytes: number;
}

export function createGatherer(tools: ScanTools): Gatherer {
  const state: Gathering = {
    tools,
    running: new Set(),
    failure: undefined,
    slab: undefined,
    filled: 0,
    files: [],
    callbacks: [],
    large: undefined,
    largeRunning: new Set(),
  };
  return {
    start(sizeBytes, whenExamined): Promise<void> | undefined {
      throwFailure(state);
      if (sizeBytes > slabBytes) return startLarge(state, whenExamined);
      const fits = state.filled + sizeBytes <= slabBytes && state.files.length < batchFilesMax;
      if (state.slab === undefined || !fits) return startInSlab(state, sizeBytes, whenExamined);
      enter(state, sizeBytes, whenExamined);
      return undefined;
    },
    write(bytes): void {
      if (state.large !== undefined) {
        writeLarge(state.large, bytes);
        return;
      }
      assert(state.slab !== undefined, "a file was started");
      state.slab.set(bytes, state.filled);
      state.filled += bytes.length;
    },
    hole(sizeBytes): Promise<void> | undefined {
      if (state.large !== undefined) return holeInLarge(state.large, sizeBytes, tools.signal);
      assert(state.slab !== undefined, "a file was started");
      state.slab.fill(0, state.filled, state.filled + sizeBytes);
      state.filled += sizeBytes;
      return undefined;
    },
    end(): void {
      if (state.large !== undefined) endLarge(state, state.large);
    },
    async finish(): Promise<void> {
      dispatch(state);
      await Promise.all([...state.running, ...state.largeRunning]);
      throwFailure(state);
    },
    async abandon(): Promise<void> {
      if (state.large !== undefined) {
        closeSync(state.large.fd);
        await rm(state.large.file, { force: true });
      }
      if (state.slab !== undefined) tools.slabs.release(state.slab);
      await Promise.all([...state.running, ...state.largeRunning]);
    },
  };
}

function throwFailure(state: Gathering): void {
  if (state.failure !== undefined) throw state.failure.thrown;
}

async function startInSlab(state: Gathering, sizeBytes: number, whenExamined: WhenExamined): Promise<void> {
  // What waits for a slab holds none: readers of several layers can't wait for each other.
  dispatch(state);
  state.slab = await state.tools.slabs.acquire();
  throwFailure(state);
  enter(state, sizeBytes, whenExamined);
}

function enter(state: Gathering, sizeBytes: number, whenExamined: WhenExamined): void {
  state.files.push({ offset: state.filled, sizeBytes });
  state.callbacks.push(whenExamined);
}

/** Hands the slab over, if there is anything in it. */
function dispatch(state: Gathering): void {
  const { callbacks, files, slab } = state;
  if (slab === undefined) return;
  state.slab = undefined;
  state.files = [];
  state.callbacks = [];
  state.filled = 0;
  const running = examineSlab(state, slab, files, callbacks).finally(() => state.running.delete(running));
  state.running.add(running);
}

async function examineSlab(
  state: Gathering,
  slab: Uint8Array,
  files: readonly Extent[],
  callbacks: readonly WhenExamined[],
): Promise<void> {
  const { pool, slabs } = state.tools;
  try {
    const examined = await pool.examine({ bytes: slab, files });
    for (const [index, one] of examined.entries()) {
      const { offset, sizeBytes } = files[index] ?? { offset: 0, sizeBytes: 0 };
      callbacks[index]?.(one, inMemory(slab.subarray(offset, offset + sizeBytes)));
    }
  } catch (thrown) {
    state.failure ??= { thrown };
  } finally {
    slabs.release(slab);
  }
}

async function startLarge(state: Gathering, whenExamined: WhenExamined): Promise<void> {
  while (state.largeRunning.size >= largeAtOnce) await Promise.race(state.largeRunning);
  throwFailure(state);
  const file = join(state.tools.scratchFolder, `large-${randomBytes(8).toString("hex")}`);
  const fd = onDisk(`writing ${file}`, () => openSync(file, "wx+", 0o600));
  state.large = { file, fd, hash: createHash("sha256"), whenExamined, sizeBytes: 0 };
}

function writeLarge(large: LargeFile, bytes: Uint8Array): void {
  large.hash.update(bytes);
  onDisk(`writing ${large.file}`, () => {
    for (let at = 0; at < bytes.length; )
      at += writeSync(large.fd, bytes, at, bytes.length - at, large.sizeBytes + at);
  });
  large.sizeBytes += bytes.length;
}

const zeros = new Uint8Array(1 << 20);

/** A hole in the scratch file as well. Hashing its zeros may take long: an interrupt gets through in between. */
async function holeInLarge(large: LargeFile, sizeBytes: number, signal: AbortSignal): Promise<void> {
  for (let left = sizeBytes, count = 1; left > 0; left -= zeros.length, count++) {
    large.hash.update(left >= zeros.length ? zeros : zeros.subarray(0, left));
    if (count % 64 !== 0) continue;
    await setImmediate();
    signal.throwIfAborted();
  }
  large.sizeBytes += sizeBytes;
  onDisk(`writing ${large.file}`, () => ftruncateSync(large.fd, large.sizeBytes));
}

/** Examining goes on beside what streams by next. */
function endLarge(state: Gathering, large: LargeFile): void {
  state.large = undefined;
  const { fd, file, sizeBytes, whenExamined } = large;
  const running = state.tools.pool
    .examineFile(file, sizeBytes, finishDigest(large.hash))
    .then((examined) => whenExamined(examined, ofFile(fd, 0, sizeBytes)))
    .catch((thrown: unknown) => {
      state.failure ??= { thrown };
    })
    .finally(() => {
      state.largeRunning.delete(running);
      closeSync(fd);
      return rm(file, { force: true });
    });
  state.largeRunning.add(running);
}
