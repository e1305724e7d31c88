// The runner's mode `pack` on folders that a hostile step left.
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { startRunner, statusOfRunner } from "../../src/engines/native/runner/spawn.ts";
import { because } from "../../testing/examples.ts";
import { missingProgram, runWell } from "../../testing/programs.ts";
import { isRoot } from "../../testing/sandbox/users.ts";

const missing =
  missingProgram("python3") ?? (isRoot ? undefined : "it needs root, who has trusted attributes");

describe.skipIf(missing !== undefined)(`packing as root${because(missing)}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "distill-pack-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function packed(name: string, what: string): Promise<{ records: Buffer; error: string | undefined }> {
    const child = startRunner({ namespace: undefined }, ["pack", join(folder, name), what], "ignore", false);
    if (child.stdout === null) throw new Error("a runner without an output");
    const [records, { error }] = await Promise.all([buffer(child.stdout), statusOfRunner(child)]);
    return { records, error };
  }

  test.each([
    { attribute: "trusted.overlay.opaque", isOpaque: 1 },
    { attribute: "user.overlay.opaque", isOpaque: 0 },
  ])("$attribute is a mark: $isOpaque", async ({ attribute, isOpaque }) => {
    mkdirSync(join(folder, attribute));
    const script = "import os, sys; os.setxattr(sys.argv[1], sys.argv[2], b'y')";
    await runWell(["python3", "-c", script, join(folder, attribute), attribute]);
    const { records, error } = await packed(attribute, "index");
    expect(error).toBeUndefined();
    // The flags, and the length of the attributes, of the first record (records.h).
    expect([records.readUInt8(5) & 1, records.readUInt32LE(56)]).toEqual([isOpaque, 0]);
  });

  test.each([
    { name: "one", sizes: [limits.layerBytesMax + 1], last: "0" },
    { name: "two", sizes: [limits.layerBytesMax / 2, limits.layerBytesMax / 2 + 1], last: "1" },
  ])("holes beyond the limit, in files: $name", async ({ name, sizes, last }) => {
    mkdirSync(join(folder, name));
    for (const [index, size] of sizes.entries()) {
      writeFileSync(join(folder, name, String(index)), "");
      truncateSync(join(folder, name, String(index)), size);
    }
    const { error } = await packed(name, "index");
    expect(error).toMatch(new RegExp(`larger than a layer may be \\(layerBytesMax\\): ${last}$`));
  });

  test("holes up to the limit are told", async () => {
    mkdirSync(join(folder, "most"));
    writeFileSync(join(folder, "most/0"), "");
    truncateSync(join(folder, "most/0"), limits.layerBytesMax);
    expect((await packed("most", "index")).error).toBeUndefined();
  });
});
