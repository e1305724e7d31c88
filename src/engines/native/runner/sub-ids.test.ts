import { describe, expect, test } from "vitest";
import { idMapOf, parseSubIds } from "./sub-ids.ts";

const user = { name: "alice", id: 1000 };

describe("sub-ids of a user", () => {
  test.each([
    { summary: "by name", text: "bob:1:2\nalice:100000:65536\n", ranges: [[100_000, 65_536]] },
    { summary: "by number", text: "1000:100000:65536", ranges: [[100_000, 65_536]] },
    {
      summary: "several",
      text: "alice:10:2\nalice:20:3",
      ranges: [
        [10, 2],
        [20, 3],
      ],
    },
    { summary: "nobody's", text: "bob:100000:65536\n:5:5\n", ranges: [] },
    { summary: "an empty file", text: "", ranges: [] },
    {
      summary: "lines that are none",
      text: "alice\nalice:1\nalice:1:2:3\nalice:-1:5\nalice:x:5\nalice:1:0x5\nalice:5:0\nalice:0:5\n# alice:1:2",
      ranges: [],
    },
    { summary: "beyond all ids", text: "alice:4294967290:100\nalice:99999999999:1", ranges: [] },
  ])("$summary", ({ text, ranges }) => {
    expect(parseSubIds(text, user).map(({ start, count }) => [start, count])).toEqual(ranges);
  });

  test("a user without a name is none of a line without one", () => {
    expect(parseSubIds(":100000:65536", { name: "", id: 5 })).toEqual([]);
  });
});

describe("an id map", () => {
  test("has root for the user, and the ranges one after the other", () => {
    const map = idMapOf(1000, [
      { start: 100_000, count: 10 },
      { start: 500, count: 5 },
    ]);
    expect(map).toEqual({ ranges: [0, 1000, 1, 1, 100_000, 10, 11, 500, 5], count: 16 });
  });

  test("has the user alone where there are none", () => {
    expect(idMapOf(7, [])).toEqual({ ranges: [0, 7, 1], count: 1 });
  });

  test("holds no more ids than there are", () => {
    const huge = { start: 1, count: 4_294_967_000 };
    expect(idMapOf(7, [huge, huge, huge]).count).toBe(4_294_967_295);
  });
});
