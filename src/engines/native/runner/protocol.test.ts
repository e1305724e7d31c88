import { constants } from "node:os";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeSetup, type Instruction, parseStatus } from "./protocol.ts";

/** As setup.c reads it. */
function decode(bytes: Uint8Array): Buffer[][] {
  const view = Buffer.from(bytes);
  let at = 0;
  const number = (): number => {
    at += 4;
    return view.readUInt32LE(at - 4);
  };
  expect(number()).toBe(bytes.length - 4);
  const instructions = Array.from({ length: number() }, () =>
    Array.from({ length: number() }, () => {
      const length = number();
      const field = view.subarray(at, at + length);
      expect(view[at + length]).toBe(0);
      at += length + 1;
      return field;
    }),
  );
  expect(at).toBe(bytes.length);
  return instructions;
}

describe("a setup", () => {
  test("has lengths, fields and zero bytes", () => {
    const encoded = Buffer.from(
      encodeSetup([
        ["ids", 7],
        ["stdin", Uint8Array.of(0, 255)],
      ]),
    );
    expect(encoded.toString("hex")).toBe(
      "2b000000" +
        "02000000" + // 43 bytes, two instructions
        "02000000" +
        "03000000" +
        "69647300" +
        "01000000" +
        "3700" + // ids 7
        "02000000" +
        "05000000" +
        "737464696e00" +
        "02000000" +
        "00ff00", // stdin
    );
  });

  test("is read as it was written, whatever it holds", () => {
    const field = fc.oneof(fc.string(), fc.uint8Array(), fc.nat());
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), field, field)), (given) => {
        const expected = given.map((fields) =>
          fields.map((one) => (typeof one === "object" ? Buffer.from(one) : Buffer.from(String(one)))),
        );
        expect(decode(encodeSetup(given satisfies readonly Instruction[]))).toEqual(expected);
      }),
    );
  });
});

describe("a status", () => {
  test.each([
    { text: "exit 0\n", status: { exitCode: 0 } },
    { text: "exit 255\n", status: { exitCode: 255 } },
    { text: "signal 9\n", status: { signal: "SIGKILL" } },
    { text: "signal 63\n", status: { signal: "signal 63" } },
    { text: "", status: {} },
    {
      text: `error ${constants.errno.EPERM} mounting overlay\nerror 0 another \n`,
      status: { error: "mounting overlay: EPERM" },
    },
    { text: "error 0 starting: no such mode: x\n", status: { error: "starting: no such mode: x" } },
    { text: "error 999999 x\nexit 1", status: { error: "x: error 999999", exitCode: 1 } },
    { text: "exit one\nsignal\nnoise", status: {} },
  ])("$text", ({ text, status }) => expect(parseStatus(text)).toEqual(status));
});
