import { describe, expect, test } from "vitest";
import { joinPath, path, root } from "./path.ts";

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
