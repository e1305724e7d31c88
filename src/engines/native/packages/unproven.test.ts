import { expect, test } from "vitest";
import type { Unproven } from "../../../closure/closure.ts";
import { path } from "../../../tree/path.ts";
import { unprovenWarning } from "./unproven.ts";

const named = (name: string, kind: Unproven["kind"] = "no-rule"): Unproven => ({
  path: path(name),
  kind,
  why: `it loads ${kind}`,
});

test("only what no rule is about is said aloud", () => {
  const others = (["unread", "unloadable", "unnamed"] as const).map((kind) => named(`/${kind}`, kind));
  expect(unprovenWarning([])).toBeUndefined();
  expect(unprovenWarning(others)).toBeUndefined();
  expect(
    unprovenWarning([...others, named("/usr/bin/lua")])
      ?.split("\n")
      .slice(1),
  ).toEqual(["  /usr/bin/lua: it loads no-rule"]);
});

test("five lines, then how many more", () => {
  const all = ["/1", "/2", "/3", "/4", "/5", "/6", "/7"].map((name) => named(name));
  expect(unprovenWarning(all)?.split("\n").slice(5)).toEqual(["  /5: it loads no-rule", "  and 2 more"]);
  expect(unprovenWarning(all.slice(0, 5))?.split("\n")).toHaveLength(6);
});
