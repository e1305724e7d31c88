import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tarOf } from "../../testing/builders.ts";
import { limits } from "../base/limits.ts";
import { inMemory } from "../formats/random-access.ts";
import { type Facts, factsOf } from "./facts.ts";

const facts = (content: string): Facts => factsOf(inMemory(Buffer.from(content, "latin1")));

describe("factsOf", () => {
  test.each<[string, string, Facts]>([
    ["nothing", "", { magic: "empty" }],
    ["text", "hello\n\tworld\r\n", { magic: "text" }],
    ["UTF-8 text", "gr\xc3\xbc\xc3\x9fe", { magic: "text" }],
    ["data", "a\0b", { magic: "data" }],
    ["a corrupt ELF file", "\x7fELF\x02\x01", { magic: "elf" }],
    ["gzip", "\x1f\x8b\x08", { magic: "compressed" }],
    ["zstd", "\x28\xb5\x2f\xfd", { magic: "compressed" }],
    ["xz", "\xfd7zXZ\0", { magic: "compressed" }],
    ["zip", "PK\x03\x04", { magic: "archive" }],
    ["ar", "!<arch>\n", { magic: "archive" }],
    ["tar", `${"x".repeat(257)}ustar\0`, { magic: "archive" }],
    ["a class file", "\xca\xfe\xba\xbe", { magic: "java-class" }],
    [
      "a Java runtime's modules",
      `\xda\xda\xfe\xca\0\0\x01\0${"\0".repeat(4)}\x01\0\0\0\x01${"\0".repeat(19)}`,
      { magic: "data", container: "jimage" },
    ],
    ["WebAssembly", "\0asm\x01", { magic: "wasm" }],
  ])("%s", (_, content, expected) => {
    expect(facts(content)).toMatchObject(expected);
  });

  test.each<[string, Facts["script"]]>([
    ["#!/bin/sh\n", { interpreter: "/bin/sh" }],
    ["#!/bin/sh", { interpreter: "/bin/sh" }],
    ["#! \t/bin/sh  \n", { interpreter: "/bin/sh" }],
    ["#!/bin/sh -e -u  \nrest", { interpreter: "/bin/sh", argument: "-e -u" }],
    ["#!/usr/bin/env -S python3 -u\n", { interpreter: "/usr/bin/env", argument: "-S python3 -u" }],
    ["#!relative x\n", { interpreter: "relative", argument: "x" }],
    ["#!/bin/sh\r\n", { interpreter: "/bin/sh\r" }],
    ["#!\n/bin/sh", undefined],
    ["#!   \n", undefined],
  ])("%j", (content, script) => {
    expect(facts(content).script).toEqual(script);
    expect(facts(content).magic).toBe(script === undefined ? "text" : "script");
  });

  test("never throws, whatever the bytes", () => {
    const starts = fc.constantFrom(
      ...[
        "",
        "\x7fELF",
        "\x7fELF\x02\x01\x01",
        "#!",
        "\0",
        "PK\x03\x04",
        "\x1f\x8b\x08\0",
        "\xfd7zXZ\0",
        "070701",
      ],
      ...["\x28\xb5\x2f\xfd", "!<arch>\n", "#!/bin/sh\n\0PK\x05\x06"],
    );
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 600 }), (start, rest) => {
        const found = factsOf(inMemory(Buffer.concat([Buffer.from(start, "latin1"), rest])));
        expect(found.magic).toBeTypeOf("string");
      }),
      { numRuns: 1000 },
    );
  });
});

test("where not all that looks like a secret could be checked, the facts say so", () => {
  const header = `-----BEGIN ${["PRI", "VATE"].join("")} KEY-----\n`;
  expect(facts(header.repeat(8000)).hidden?.kind).toBe("limit");
  expect(facts(header).hidden).toBeUndefined();
});

test("members with cheap secrets hide none of another kind", () => {
  const key = generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const cheap = Array.from({ length: 111 }, (_, index) => ({
    name: `k${index}`,
    content: `${["AI", "za"].join("")}SyB9q2LkT7vRz4YwB8sHdF3mJ6cGa1Ue5oK\n`,
  }));
  const found = factsOf(inMemory(tarOf([...cheap, { name: "key", content: key }]))).secrets ?? [];
  expect(found).toHaveLength(limits.secretsPerKindMax + 1);
  expect(found.at(-1)?.id).toBe("private-key");
});
