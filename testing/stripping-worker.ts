// A program of a worker pool that tells whether its thread had types to strip: whether Node.js loaded what does that.
import { parentPort } from "node:worker_threads";
import { assert } from "../src/base/errors.ts";

/** Requests that are answered when all are there: so each needs a worker of its own. */
export interface Meeting {
  readonly count: Int32Array;
  readonly expected: number;
}

const port = parentPort;
assert(port !== null, "stripping-worker runs in a worker thread");
/** Not in its type declarations: what Node.js has loaded of itself. */
const { moduleLoadList } = process as unknown as { readonly moduleLoadList: readonly string[] };
port.on("message", ({ count, expected }: Meeting) => {
  Atomics.add(count, 0, 1);
  Atomics.notify(count, 0);
  for (let here = Atomics.load(count, 0); here < expected; here = Atomics.load(count, 0))
    Atomics.wait(count, 0, here);
  port.postMessage(moduleLoadList.some((name) => name.includes("amaro")));
});
