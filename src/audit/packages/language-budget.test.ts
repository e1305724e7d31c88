import { expect, test } from "vitest";
import { attributionOf } from "../../../testing/attribution.ts";
import { file } from "../../../testing/trees.ts";
import { limits } from "../../base/limits.ts";

const described = (index: number): string => `/site/p${index}-1.dist-info`;

test("lists of files that are too much together end the reading, told once", async () => {
  const fitting = Math.floor(limits.languagePackagesBytesMax / limits.packageListBytesMax);
  const entries = Array.from({ length: fitting + 3 }, (_, index) => [
    file(`${described(index)}/METADATA`, `Name: p${index}\nVersion: 1\n`),
    { ...file(`${described(index)}/RECORD`, "x.py,,\n"), sizeBytes: limits.packageListBytesMax },
  ]);
  const { packages, unreadable } = await attributionOf(entries.flat());
  const why = `it exceeds languagePackagesBytesMax (${limits.languagePackagesBytesMax})`;
  // One is too much with its description.
  expect(packages).toHaveLength(fitting - 1);
  expect(Object.values(unreadable)).toEqual([why, why]);
  expect(Object.keys(unreadable)).toContain("/");
});
