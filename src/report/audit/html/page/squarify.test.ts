import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { squarify } from "./squarify.ts";

describe("squarify", () => {
  test("the example of the paper: 6 6 4 3 2 2 1 in 6 x 4", () => {
    const placed = squarify([6, 6, 4, 3, 2, 2, 1], { x: 0, y: 0, width: 6, height: 4 });
    const rounded = placed.map(({ height, width, x, y }) =>
      [x, y, width, height].map((one) => Math.round(one * 100) / 100),
    );
    expect(rounded.slice(0, 4)).toEqual([
      [0, 0, 3, 2],
      [0, 2, 3, 2],
      [3, 0, 1.71, 2.33],
      [4.71, 0, 1.29, 2.33],
    ]);
  });

  const sides = fc.double({ min: 1, max: 2000, noNaN: true });
  const weights = fc
    .array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 60 })
    .map((list) => list.sort((a, b) => b - a));

  test("areas are as given, inside, and side by side", () => {
    fc.assert(
      fc.property(weights, sides, sides, (list, width, height) => {
        const placed = squarify(list, { x: 0, y: 0, width, height });
        const total = list.reduce((sum, one) => sum + one, 0);
        expect(placed).toHaveLength(list.length);
        const slack = 1e-6 * Math.max(width, height);
        for (const [index, one] of placed.entries()) {
          const expected = ((list[index] ?? 0) / total) * width * height;
          expect(Math.abs(one.width * one.height - expected)).toBeLessThan(1e-6 * width * height);
          expect(Math.min(one.x, one.y)).toBeGreaterThanOrEqual(-slack);
          expect(one.x + one.width).toBeLessThanOrEqual(width + slack);
          expect(one.y + one.height).toBeLessThanOrEqual(height + slack);
          for (const other of placed.slice(0, index)) {
            const across = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
            const down = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
            expect(Math.min(across, down)).toBeLessThanOrEqual(slack);
          }
        }
      }),
    );
  });

  test.each([
    [[], 10, 10],
    [[1], 0, 10],
    [[1], 10, -1],
  ])("nothing for %j in %d x %d", (list, width, height) => {
    expect(squarify(list, { x: 0, y: 0, width, height })).toEqual([]);
  });
});
