import { expect, test } from "vitest";
import { rowAfter } from "./grid-view.ts";

test.each([
  ["ArrowDown", -1, 0],
  ["ArrowDown", 3, 4],
  ["ArrowDown", 99, 99],
  ["ArrowUp", 0, 0],
  ["ArrowUp", -1, 0],
  ["PageDown", 3, 13],
  ["PageUp", 3, 0],
  ["Home", 50, 0],
  ["End", 0, 99],
  ["a", 0, undefined],
])("%s from row %d of 100 leads to %s", (key, at, to) => {
  expect(rowAfter(key, at, 100, 10)).toBe(to);
});

test("no key leads anywhere in an empty table", () => {
  expect(rowAfter("End", -1, 0, 10)).toBeUndefined();
});
