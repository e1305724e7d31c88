import { expect, test } from "vitest";
import { formatSize, formatTime } from "./units.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [1234, "1.2 kB"],
  [99_900, "99.9 kB"],
  [99_960, "100 kB"],
  [999_499, "999 kB"],
  [999_600, "1.0 MB"],
  [122_000_000, "122 MB"],
  [1e15, "1000 TB"],
])("%d bytes are %s", (bytes, expected) => {
  expect(formatSize(bytes)).toBe(expected);
});

test.each([
  [-1, "0.00 s"],
  [40, "0.04 s"],
  [994, "0.99 s"],
  [996, "1.0 s"],
  [9949, "9.9 s"],
  [9960, "10 s"],
  [59_400, "59 s"],
  [59_700, "1 min 0 s"],
  [185_000, "3 min 5 s"],
])("%d ms are %s", (timeMs, expected) => {
  expect(formatTime(timeMs)).toBe(expected);
});
