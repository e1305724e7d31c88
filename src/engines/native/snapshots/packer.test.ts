import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { bytesOf, collect } from "../../../base/bytes.ts";
import { ToolError } from "../../../base/errors.ts";
import { type HelperTask, packerOf, type StartHelper } from "./packer.ts";
import { encodeRecord, recordOf } from "./records.ts";

const { signal } = new AbortController();
const end = encodeRecord(recordOf({ kind: "end", path: "" }));

interface Script {
  readonly args: readonly string[];
  readonly stdin: PassThrough;
  readonly stdout: PassThrough;
  readonly signal: AbortSignal;
  /** Ends it, well or with what it told. */
  readonly end: (why?: string) => void;
}

/** A helper program that does what `play` says. */
function helper(play: (script: Script) => void): { readonly start: StartHelper; readonly scripts: Script[] } {
  const scripts: Script[] = [];
  const start: StartHelper = (args, stop): HelperTask => {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    promise.catch(() => undefined);
    stdin.on("error", () => undefined);
    const finish = (why?: string): void => {
      stdout.end();
      if (why === undefined) resolve(undefined);
      else reject(new ToolError("disk", { what: "the helper", why }));
    };
    stop.addEventListener("abort", () => finish("killed"));
    const script = { args, stdin, stdout, signal: stop, end: finish };
    scripts.push(script);
    play(script);
    return { stdin, stdout, ended: promise };
  };
  return { start, scripts };
}

test("modes are called with their paths", async () => {
  const { scripts, start } = helper(({ end: finish }) => finish());
  const packer = packerOf(start);
  await packer.remove("/gone");
  await packer.move("/from", "/to");
  await packer.unpack("/folder", bytesOf(end), ["/one", "/two"], signal);
  await collect(packer.pack("/folder", signal), 100, "it");
  expect(scripts.map(({ args }) => args.join(" "))).toEqual([
    "remove /gone",
    "move /from /to",
    "unpack /folder /one /two",
    "pack /folder contents",
  ]);
});

describe("what the program tells", () => {
  const told: readonly { why: string; expected: object }[] = [
    {
      why: "writing a/b: ENOSPC",
      expected: { code: "disk", why: "the disk is full", hint: expect.stringContaining("prune") as string },
    },
    {
      why: "writing a/b: EACCES",
      expected: { code: "disk", hint: expect.stringContaining("permissions") as string },
    },
    { why: "its path is too long (pathBytesMax): a", expected: { code: "limit", why: /pathBytesMax/ } },
    { why: "it became shorter while it was read: a", expected: { code: "disk", why: /shorter/ } },
  ];
  test.each(told)("$why", async ({ expected, why }) => {
    const packer = packerOf(helper(({ end: finish }) => finish(why)).start);
    const uses = [
      packer.remove("/x"),
      collect(packer.pack("/x", signal), 100, "it"),
      packer.unpack("/x", bytesOf(end), [], signal),
      collect(packer.reader("/x").read("a"), 100, "it"),
    ];
    for (const use of uses) await expect(use).rejects.toMatchObject(expected);
  });

  test("about what it left out", async () => {
    const lines = ["note owner 3 a/b", "note device 1 dev/null", "note attribute 2 odd name"];
    const packer = packerOf(
      helper(({ end: finish, stdout }) => {
        stdout.write(`${lines.join("\n")}\n`);
        finish();
      }).start,
    );
    expect(await packer.unpack("/x", bytesOf(end), [], signal)).toEqual([
      "/a/b and 2 more: kept the caller's owner, since there are no ids for its own",
      "/dev/null: is a device, which only root can make, and was left out",
      "/odd name and 1 more: lost extended attributes that only root can set",
    ]);
  });
});

test("records that can't be made end the unpacking with their own error", async () => {
  const { start } = helper(
    ({ end: finish, stdin }) =>
      void buffer(stdin).then(
        () => finish(),
        () => finish("the records end early"),
      ),
  );
  const failing = {
    // biome-ignore lint/correctness/useYield: it fails before the first chunk
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      throw new Error("no content");
    },
  };
  await expect(packerOf(start).unpack("/x", failing, [], signal)).rejects.toThrow("no content");
});

test("a program that is no longer asked for records is ended", async () => {
  const { scripts, start } = helper(({ stdout }) => stdout.write(end));
  for await (const chunk of packerOf(start).pack("/x", signal)) {
    expect(chunk).toEqual(end);
    break;
  }
  expect(scripts[0]?.signal.aborted).toBe(true);
});

describe("a reader", () => {
  const content = "x".repeat(100_000);
  const answer = Buffer.concat([
    encodeRecord(
      recordOf({ kind: "file", path: "a", sizeBytes: content.length, content: { kind: "inline" } }),
    ),
    Buffer.from(content),
  ]);

  test("asks for one file after the other", async () => {
    const asked: string[] = [];
    const { start } = helper(({ stdin, stdout }) => {
      stdin.on("data", (chunk: Buffer) => {
        asked.push(chunk.toString("latin1"));
        stdout.write(answer);
      });
    });
    const reader = packerOf(start).reader("/x");
    for (const path of ["a", "odd\n\udcff"]) {
      expect(Buffer.from(await collect(reader.read(path), 1e6, "it")).toString()).toBe(content);
    }
    expect(asked).toEqual(["a\0", "odd\n\xff\0"]);
    await reader.close();
  });

  test("takes no folder for a file", async () => {
    const folder = encodeRecord(recordOf({ kind: "directory", path: "a" }));
    const { start } = helper(({ stdin, stdout }) => void stdin.on("data", () => stdout.write(folder)));
    const reader = packerOf(start).reader("/x");
    await expect(collect(reader.read("a"), 100, "it")).rejects.toMatchObject({
      code: "disk",
      why: /"a" is no file/,
    });
  });
});
