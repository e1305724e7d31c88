import { expect, test } from "vitest";
import { nameOf } from "./package.ts";

test.each([
  ["libc6:amd64", "libc6"],
  ["tzdata:all", "tzdata"],
  ["libstdc++6", "libstdc++6"],
])("the name in %s", (id, name) => {
  expect(nameOf(id)).toBe(name);
});
