// The helper program (runner/pack.c, unpack.c, remove.c) as functions: it does with the ids of build steps what Node.js has no
// system calls for, or no right to.
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { Bytes } from "../../../base/bytes.ts";
import { ToolError } from "../../../base/errors.ts";
import { diskError } from "../../../base/files.ts";
import { encodeName } from "../../../base/names.ts";
import { createRecordReader, type TreeRecord } from "./records.ts";

/** Folders with the owners that build steps gave their files. */
export interface Packer {
  /** All of a folder as a record stream, contents inline. @throws ToolError "disk", "limit", "engine", "interrupted" */
  pack(folder: string, signal: AbortSignal): Bytes;
  /** Opens a folder for reading single files. */
  reader(folder: string): FolderReader;
  /**
   * Makes what `records` tell in `folder`, which is empty; stored contents are taken from `sources`. Gives what couldn't be
   * made, in clauses.
   * @throws ToolError "disk", "limit", "engine", "interrupted"
   */
  unpack(
    folder: string,
    records: Bytes,
    sources: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  /** Removes a file or folder, if it is there. @throws ToolError "disk" */
  remove(path: string): Promise<void>;
  /** Renames a folder that the caller may not be allowed to write. @throws ToolError "disk" */
  move(from: string, to: string): Promise<void>;
}

/** One content at a time. */
export interface FolderReader {
  /** The file at a path relative to the folder. To be read to its end before the next. */
  read(path: string): Bytes;
  close(): Promise<void>;
}

/** A reader that tells of folders as well. */
export interface LayerReader extends FolderReader {
  /** Whether a folder hides what lower layers have in it. Not while something is read. */
  isOpaque(path: string): Promise<boolean>;
}

/** The helper program at work. */
export interface HelperTask {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** @throws ToolError "disk" with what it told, "interrupted" */
  readonly ended: Promise<void>;
}

/** Starts a mode of the helper program with the ids of build steps (runner/spawn.ts); the signal ends it. */
export type StartHelper = (
  args: readonly [mode: string, ...rest: string[]],
  signal: AbortSignal,
) => HelperTask;

/** The functions for a way of starting the program. */
export function packerOf(start: StartHelper): Packer {
  const noSignal = new AbortController().signal;
  return {
    pack: (folder, signal) => packed(start, folder, signal),
    reader: (folder) => folderReader(start, folder),
    unpack: (folder, records, sources, signal) =>
      unpack(start(["unpack", folder, ...sources], signal), records, `unpacking into ${folder}`),
    remove: async (path) => {
      await toEnd(start(["remove", path], noSignal), `removing ${path}`);
    },
    move: async (from, to) => {
      await toEnd(start(["move", from, to], noSignal), `moving ${from} to ${to}`);
    },
  };
}

/** Waits for its end. Gives what it wrote, which is short. */
async function toEnd({ ended, stdin, stdout }: HelperTask, what: string): Promise<string> {
  stdin.end();
  const written = text(stdout).catch(() => "");
  try {
    await ended;
    return await written;
  } catch (thrown) {
    throw helperError(what, thrown);
  }
}

/** What it told, with what to do: it names limits and the system's errors. */
function helperError(what: string, thrown: unknown): unknown {
  if (!(thrown instanceof ToolError) || thrown.code !== "disk") return thrown;
  const { why } = thrown;
  if (/\(\w+Max\)/.test(why)) return new ToolError("limit", { what, why, cause: thrown });
  const code = /: (E[A-Z]+)$/.exec(why)?.[1];
  return diskError(
    what,
    Object.assign(new Error(why, { cause: thrown }), code === undefined ? {} : { code }),
  );
}

/** "note <kind> <count> <first path>" */
function noteOf(line: string): string {
  const [, kind = "", count = "", path = ""] = /^note (\w+) (\d+) (.*)$/.exec(line) ?? [];
  const others = Number(count) > 1 ? ` and ${Number(count) - 1} more` : "";
  const what: Readonly<Record<string, string>> = {
    owner: "kept the caller's owner, since there are no ids for its own",
    device: "is a device, which only root can make, and was left out",
    attribute: "lost extended attributes that only root can set",
  };
  return `/${path}${others}: ${what[kind] ?? kind}`;
}

function packed(start: StartHelper, folder: string, signal: AbortSignal): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      const stop = new AbortController();
      const helper = start(["pack", folder, "contents"], AbortSignal.any([signal, stop.signal]));
      helper.stdin.end();
      try {
        yield* helper.stdout as AsyncIterable<Buffer>;
        await helper.ended;
      } catch (thrown) {
        throw helperError(`reading ${folder}`, thrown);
      } finally {
        stop.abort();
      }
    },
  };
}

async function unpack(helper: HelperTask, records: Bytes, what: string): Promise<readonly string[]> {
  const notes = text(helper.stdout).catch(() => "");
  try {
    await pipeline(records, helper.stdin);
  } catch (thrown) {
    // Where it ended early, it tells why; else whoever makes the records does. Its input ended, so it ends.
    const told = await helper.ended.catch((own: unknown) => own);
    if (!isBrokenPipe(thrown)) throw thrown;
    // Past the last record it reads no further: that its input was closed then is no failure.
    if (told !== undefined) throw helperError(what, told);
  }
  try {
    await helper.ended;
  } catch (thrown) {
    throw helperError(what, thrown);
  }
  return (await notes)
    .split("\n")
    .filter((line) => line !== "")
    .map(noteOf);
}

function isBrokenPipe(thrown: unknown): boolean {
  const codes = ["EPIPE", "ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED"];
  return thrown instanceof Error && "code" in thrown && codes.includes(String(thrown.code));
}

function noAnswer(): Answer {
  return { kind: undefined, isOpaque: false, pieces: [], isWhole: false };
}

/** Opens a layer's folder; it is closed by who opened it. */
export function folderReader(start: StartHelper, folder: string): LayerReader {
  const stop = new AbortController();
  const helper = start(["pack", folder, "paths"], stop.signal);
  const chunks = (helper.stdout as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const what = `reading ${folder}`;
  let answer: Answer = noAnswer();
  const records = createRecordReader(
    {
      record: ({ content, kind, opaque }) => {
        answer.kind = kind;
        answer.isOpaque = opaque;
        answer.isWhole = content.kind !== "inline";
      },
      data: (chunk) => answer.pieces.push(chunk),
      contentEnd: () => {
        answer.isWhole = true;
      },
    },
    what,
  );
  const nextChunk = async (): Promise<Buffer> => {
    const next = await chunks.next();
    if (next.done !== true) return next.value;
    await helper.ended.catch((thrown: unknown) => {
      throw helperError(what, thrown);
    });
    throw new ToolError("disk", { what, why: "the helper program ended early" });
  };
  const ask = (path: string): void => {
    answer = noAnswer();
    helper.stdin.write(Buffer.concat([encodeName(path), Buffer.from([0])]));
  };
  return {
    isOpaque: async (path) => {
      ask(path);
      while (!answer.isWhole) records.write(await nextChunk());
      return answer.isOpaque;
    },
    read: (path) => ({
      async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
        ask(path);
        while (!answer.isWhole) {
          records.write(await nextChunk());
          yield* answer.pieces.splice(0);
        }
        if (answer.kind !== "file") {
          throw new ToolError("disk", { what, why: `${JSON.stringify(path)} is no file` });
        }
      },
    }),
    close: async () => {
      stop.abort();
      helper.stdout.destroy();
      await helper.ended.catch(() => undefined);
    },
  };
}

/** What came of the file that was asked for. */
interface Answer {
  isOpaque: boolean;
  kind: TreeRecord["kind"] | undefined;
  pieces: Uint8Array[];
  isWhole: boolean;
}
