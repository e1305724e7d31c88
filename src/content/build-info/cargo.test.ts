import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { elfOf } from "../../../testing/builders.ts";
import { withSection } from "../../../testing/elf-sections.ts";
import { limits } from "../../base/limits.ts";
import { inMemory } from "../../formats/random-access.ts";
import { factsOf } from "../facts.ts";
import type { BuildInfo } from "../identity.ts";

const crates = (bytes: Buffer): BuildInfo["cargo"] => factsOf(inMemory(bytes)).build?.cargo;
const program = (content: Buffer, order: "little" | "big" = "little", wordClass: 32 | 64 = 64): Buffer =>
  withSection(elfOf({ interpreter: "/lib/ld.so", order, class: wordClass, machine: 8 }), ".dep-v0", content);
const packed = (value: unknown): Buffer => deflateSync(JSON.stringify(value));

const audit = {
  packages: [
    { name: "app", version: "0.1.0", source: "local", root: true },
    { name: "cc", version: "1.0.0", source: "crates.io", kind: "build" },
    { name: "libc", version: "0.2.1", source: "crates.io" },
  ],
};

describe("cargo auditable", () => {
  test("crates that are linked in", () => {
    const expected = [
      { name: "app", version: "0.1.0" },
      { name: "libc", version: "0.2.1" },
    ];
    expect(crates(program(packed(audit)))).toEqual(expected);
    expect(crates(program(packed(audit), "big", 32))).toEqual(expected);
  });

  test("the program's own crate comes first, wherever the list has it", () => {
    const packages = [
      { name: "a", version: "1" },
      { name: "tool", version: "2", root: true },
    ];
    expect(crates(program(packed({ packages })))?.map(({ name }) => name)).toEqual(["tool", "a"]);
  });

  test.each<[string, Buffer]>([
    ["no zlib stream", Buffer.from("nothing")],
    ["no JSON", deflateSync("{")],
    ["another shape", packed({ packages: 1 })],
    ["null", packed(null)],
    ["more than is unpacked", deflateSync(Buffer.alloc(limits.cargoBytesMax + 1, 0x20))],
  ])("%s is none", (_, content) => {
    expect(crates(program(content))).toBeUndefined();
  });

  test("entries of another shape are left out", () => {
    expect(
      crates(program(packed({ packages: [null, 1, { name: 1 }, { name: "a", version: "1" }] }))),
    ).toEqual([{ name: "a", version: "1" }]);
  });

  test("a section of another name is none", () => {
    expect(
      crates(withSection(elfOf({ interpreter: "/lib/ld.so" }), ".dep-v1", packed(audit))),
    ).toBeUndefined();
  });
});
