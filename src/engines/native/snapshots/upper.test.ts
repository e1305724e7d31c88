import { chmodSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withFolder } from "../../../../testing/layouts.ts";
import type { StartHelper } from "./packer.ts";
import { makeUpper } from "./upper.ts";

const { signal } = new AbortController();
const noHelper: StartHelper = () => {
  throw new Error("it isn't needed");
};

/** The mode of an upper folder over folders of these modes. */
async function modeOver(...modes: readonly number[]): Promise<number> {
  let mode = 0;
  await withFolder(async (folder) => {
    const lower = modes.map((one, index) => {
      const place = join(folder, String(index));
      mkdirSync(place);
      chmodSync(place, one);
      return place;
    });
    await makeUpper(join(folder, "upper"), lower, noHelper, signal);
    mode = statSync(join(folder, "upper")).mode & 0o7777;
  });
  return mode;
}

test.each<[number, number[]]>([
  [0o755, []],
  [0o711, [0o711]],
  [0o1777, [0o700, 0o1777]],
])("has the mode %o over folders of %j, whatever the umask", async (expected, modes) => {
  const umask = process.umask(0o077);
  try {
    expect(await modeOver(...modes)).toBe(expected);
  } finally {
    process.umask(umask);
  }
});

test("is an error where it can't be made", async () => {
  await expect(makeUpper("/proc/nothing", [], noHelper, signal)).rejects.toMatchObject({ code: "disk" });
});
