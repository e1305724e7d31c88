import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { systemCode, ToolError } from "./errors.ts";

test("systemCode tells the system's errors from this program's", () => {
  let thrown: unknown;
  try {
    readFileSync(new URL("no-such-file", import.meta.url));
  } catch (error) {
    thrown = error;
  }
  expect(systemCode(thrown)).toBe("ENOENT");
  expect(systemCode(new ToolError("malformed", { what: "a", why: "b" }))).toBeUndefined();
  expect(systemCode(new Error("x"))).toBeUndefined();
  expect(systemCode("ENOENT")).toBeUndefined();
});
