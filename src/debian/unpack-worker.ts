// A worker thread that unpacks .debs: one message, one package. Everything it makes lies in the folder it was given; the
// pool renames that folder into its place. It ends when the pool terminates it.
import { parentPort } from "node:worker_threads";
import { assert, type ErrorCode, ToolError } from "../base/errors.ts";
import type { XzMemory } from "../formats/xz.ts";
import type { DebFile } from "./deb.ts";
import { unpackDeb } from "./unpack-deb.ts";

export interface UnpackRequest {
  readonly deb: DebFile;
  /** Names the package in errors. */
  readonly what: string;
  /** An absent folder, to be made. */
  readonly folder: string;
}

export type UnpackReply =
  | { readonly ok: true; readonly outputBytes: number }
  | {
      readonly ok: false;
      readonly error: {
        readonly code: ErrorCode;
        readonly what: string;
        readonly why: string;
        readonly hint: string | undefined;
      };
    }
  | { readonly ok: false; readonly bug: unknown };

const xzMemory: XzMemory = { idle: undefined };

async function reply(request: UnpackRequest): Promise<UnpackReply> {
  try {
    return { ok: true, outputBytes: await unpackDeb(request.deb, request.folder, request.what, xzMemory) };
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) return { ok: false, bug: thrown };
    const { code, what, why, hint } = thrown;
    return { ok: false, error: { code, what, why, hint } };
  }
}

const port = parentPort;
assert(port !== null, "unpack-worker runs in a worker thread");
port.on("message", (request: UnpackRequest) => {
  void reply(request).then((message) => port.postMessage(message));
});
