import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elfOf } from "../../../testing/builders.ts";
import { goBuildInfo, goBuildPointers, goModules, goWord } from "../../../testing/go-build-info.ts";
import { limits } from "../../base/limits.ts";
import { inMemory } from "../../formats/random-access.ts";
import { factsOf } from "../facts.ts";
import type { BuildInfo } from "../identity.ts";

const build = (bytes: Buffer): BuildInfo["go"] => factsOf(inMemory(bytes)).build?.go;
const program = (data: Buffer): Buffer => elfOf({ static: true, type: "executable", data });

const written = {
  version: "go1.22.1",
  path: "example.test/app/cmd/app",
  modules: [
    ["mod", "example.test/app", "v1.2.3", "h1:abc="],
    ["dep", "example.test/b", "v0.1.0", "h1:def="],
    ["dep", "example.test/c", "v0.2.0"],
    ["=>", "example.test/fork", "v0.2.1", "h1:ghi="],
  ],
};
const read = {
  version: "go1.22.1",
  path: "example.test/app/cmd/app",
  modules: [
    { path: "example.test/app", version: "v1.2.3" },
    { path: "example.test/b", version: "v0.1.0" },
    { path: "example.test/fork", version: "v0.2.1" },
  ],
};

describe("Go's build information", () => {
  test("inline", () => {
    expect(build(program(goBuildInfo(written)))).toEqual(read);
  });

  test.each(
    ([4, 8] as const).flatMap((size) => (["little", "big"] as const).map((order) => ({ size, order }))),
  )("behind pointers: $size bytes, $order-endian", ({ size, order }) => {
    expect(build(pointed(size, order))).toEqual(read);
  });

  test.each<[string, Buffer]>([
    ["no version", goBuildInfo({ ...written, version: "x" })],
    [
      "a length past the end",
      Buffer.concat([goBuildInfo(written).subarray(0, 32), Buffer.from([0xff, 0xff, 0x7f])]),
    ],
    ["an endless length", Buffer.concat([goBuildInfo(written).subarray(0, 32), Buffer.alloc(64, 0xff)])],
    ["pointers to nowhere", goBuildPointers(8, "little", [2 ** 40, 2 ** 50])],
  ])("%s is none", (_, blob) => {
    expect(build(program(blob))).toBeUndefined();
  });

  test("without a module list there is the version", () => {
    const blob = goBuildInfo(written);
    const version = blob.subarray(0, 32 + 1 + written.version.length);
    expect(build(program(Buffer.concat([version, Buffer.from([0])])))).toEqual({
      version: "go1.22.1",
      path: "",
      modules: [],
    });
  });

  test("a list past the limit is not read", () => {
    const modules = [["dep", "x".repeat(limits.goModulesBytesMax), "v1.0.0"]];
    expect(build(program(goBuildInfo({ ...written, modules })))?.modules).toEqual([]);
  });

  test("never throws, wherever it is cut or changed", () => {
    const whole = program(goBuildInfo(written));
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), fc.boolean(), (at, value, cut) => {
        const bytes = Buffer.from(whole);
        bytes[at] = value;
        expect(() => build(cut ? bytes.subarray(0, at) : bytes)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});

/** A program whose header points to Go strings, which lie after it. */
function pointed(size: 4 | 8, order: "little" | "big"): Buffer {
  const version = Buffer.from(written.version);
  const modules = goModules(written);
  const textsAt = 32 + 4 * size;
  const blob = (start: number): Buffer =>
    Buffer.concat([
      goBuildPointers(size, order, [start + 32, start + 32 + 2 * size]),
      ...[start + textsAt, version.length, start + textsAt + version.length, modules.length].map((word) =>
        goWord(size, order, word),
      ),
      version,
      modules,
    ]);
  const make = (data: Buffer): Buffer =>
    elfOf({ class: size === 8 ? 64 : 32, order, machine: 8, static: true, type: "executable", data });
  const draft = make(blob(0));
  // The builder maps all of a file from this address on.
  return make(blob(0x10000 + draft.indexOf("\xff Go buildinf:", 0, "latin1")));
}
