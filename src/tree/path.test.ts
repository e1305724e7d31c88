import { describe, expect, test } from "vitest";
import { isName, joinPath, path, root } from "./path.ts";

describe("joining", () => {
  test.each<[string, string, string]>([
    ["/", "etc", "/etc"],
    ["/etc", "passwd", "/etc/passwd"],
    ["/etc", "...", "/etc/..."],
    ["/", "usr/lib", "/usr/lib"],
  ])("%s and %s", (folder, name, expected) => {
    expect(joinPath(path(folder), name)).toBe(expected);
  });

  test.each(["", ".", "..", "a//b", "a/..", "../a", "./a", "a/", "/a", "a\0"])("%j is no name", (name) => {
    for (const folder of [root, path("/etc")]) expect(() => joinPath(folder, name)).toThrow("not a name");
  });
});

test.each([
  ["libc.so.6", true],
  ["..", false],
  [".", false],
  ["", false],
  ["../x", false],
  ["a/b", false],
  ["a\0b", false],
])("%j names an entry of a folder: %s", (name, is) => {
  expect(isName(name)).toBe(is);
});
