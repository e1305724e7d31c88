import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOf, collect } from "../base/bytes.ts";
import { ToolError } from "../base/errors.ts";
import { decodeBzip2 } from "./bzip2.ts";

const decoded = (bytes: Uint8Array): Promise<Uint8Array> =>
  collect(decodeBzip2(bytesOf(bytes), "a sample"), 1 << 24, "it");

/** Made by bzip2 1.0.8. */
const hello = Buffer.from(
  "QlpoMTFBWSZTWbEj3kMAAANZgAAQQAQQABJkwBAgADEDQNAgAaaRA6tsgoT4u5IpwoSFiR7yGA==",
  "base64",
);
const empty = Buffer.from("QlpoORdyRThQkAAAAAA=", "base64");

describe("a stream", () => {
  test.each<[string, Uint8Array, string]>([
    ["of a text", hello, "hello, bzip2\n"],
    ["of nothing", empty, ""],
    ["of several", Buffer.concat([hello, empty, hello]), "hello, bzip2\nhello, bzip2\n"],
  ])("%s", async (_, bytes, text) => {
    expect(Buffer.from(await decoded(bytes)).toString()).toBe(text);
  });

  test("may come in any pieces", async () => {
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for (const byte of hello) yield Uint8Array.of(byte);
    };
    const stream = { [Symbol.asyncIterator]: pieces };
    expect(Buffer.from(await collect(decodeBzip2(stream, "a sample"), 100, "it")).toString()).toBe(
      "hello, bzip2\n",
    );
  });
});

describe("what is malformed", () => {
  test.each<[string, Uint8Array, string]>([
    ["nothing at all of the format", Buffer.from("no bzip2"), "it is not in the bzip2 format"],
    ["a level of none", Buffer.from("BZh0aaaaaaaaaa"), "it is not in the bzip2 format"],
    ["a stream without its end", hello.subarray(0, -5), "it ends early"],
    ["a header alone", hello.subarray(0, 4), "it ends early"],
    [
      "what follows and is none",
      Buffer.concat([hello, Buffer.from("more")]),
      "it is not in the bzip2 format",
    ],
    ["a wrong check", Buffer.from(hello).fill(0, 10, 14), "a block's checksum is wrong"],
    [
      "no magic",
      Buffer.from(hello).fill(0, 4, 10),
      "there is neither a block nor an end where one should be",
    ],
  ])("%s", async (_, bytes, why) => {
    await expect(decoded(bytes)).rejects.toMatchObject({ code: "malformed", why });
  });

  test("a change of any byte is told, and never more than that", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(hello.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Buffer.from(hello);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        const thrown = await decoded(bytes).then(
          (result) => (Buffer.from(result).toString() === "hello, bzip2\n" ? undefined : "other bytes"),
          (error: unknown) => error,
        );
        // Of the level and of bits behind the end, nothing need be noticed.
        if (thrown !== undefined) expect(thrown).toBeInstanceOf(ToolError);
      }),
      { numRuns: 300 },
    );
  });
});
