import { describe, expect, test } from "vitest";
import { type Format, type FormatName, formats } from "./text-formats.ts";

const all = Object.entries(formats) as [FormatName, Format][];

test.each(all)("%s: its example is one, and its pattern is anchored", (_name, { example, pattern }) => {
  expect(pattern.test(example)).toBe(true);
  expect(pattern.source).toMatch(/^\^[\s\S]*\$$/);
  expect(pattern.flags).toBe("");
});

test.each(all)("%s: no text takes long to check", (_name, { pattern, advise }) => {
  const parts = [
    "a",
    "/",
    "/a",
    "a/",
    "a.",
    "a-",
    "a_",
    "..",
    "../",
    "*",
    "**/",
    "1",
    "1s",
    "a:",
    "@",
    "=",
    "!",
    " ",
    "a\n",
  ];
  for (const part of parts) {
    for (const end of ["", "\u0000", "a", "/"]) {
      const text = part.repeat(20_000) + end;
      pattern.test(text);
      advise?.(text);
    }
  }
  // Reaching this is the point: a pattern that backtracks would run into the test's time limit.
  expect(parts.length).toBeGreaterThan(0);
});

describe.each<[FormatName, string[], string[]]>([
  [
    "absolute path",
    ["/a", "/a/b.c", "/...", "/.a", "/a b"],
    ["", "/", "a", "/a/", "//a", "/a//b", "/.", "/a/..", "/a/./b", "/a\nb"],
  ],
  ["absolute path", ["/a".repeat(256), `/${"a".repeat(4095)}`], ["/a".repeat(257), `/${"a".repeat(4096)}`]],
  ["glob", ["/*".repeat(256), `/${"a".repeat(4095)}`], ["/*".repeat(257), `/${"*a".repeat(2048)}`]],
  [
    "source",
    ["/a".repeat(256), `a${"/a".repeat(255)}`, "a".repeat(4096)],
    ["/a".repeat(257), `a${"/a".repeat(256)}`, "a".repeat(4097)],
  ],
  ["relative path", [`a${"/a".repeat(255)}`], [`a${"/a".repeat(256)}`, "a".repeat(4097)]],
  [
    "user",
    ["2147483647", "2147483647:999999999", "2100000000", "10", "19:1999999999"],
    ["2147483648", "9999999999", "3000000000", "1:2147483650", "4294967294"],
  ],
  ["glob", ["/a", "/a/*", "/**", "/a/**/b", "/a*b?"], ["*", "/a**", "/**a", "/***", "/a/", "/../a"]],
  ["source", [".", "a", "a/b", "/", "/a", "..a", "a..b"], ["", "..", "../a", "a/..", "a/../b", "/a/../b"]],
  ["script", ["make", "a\nb\n", "\n a"], ["", " ", "\n", "a\0"]],
  ["mode", ["0644", "0o644", "01777"], ["644", "0888", "064", "0o64", "00644x", "0x1ff"]],
  [
    "port",
    ["1", "65535", "53/udp", "80/sctp"],
    ["0", "65536", "080", "80/", "80/icmp", "80-90", "-1", "1.5"],
  ],
  ["duration", ["0s", "500ms", "1m30s", "2h"], ["", "30", "1.5s", "s", "1 s", "-1s", "1d"]],
  ["user", ["root", "0", "70:70", "app:www-data", "_apt"], ["", ":", "a:", ":a", "A", "a b", "01", "1:2:3"]],
  [
    "package",
    ["libstdc++6", "0ad", "!perl", "nginx=1.22*", "a1=1:2.3~rc1-4+b1"],
    ["", "a", "A1", "a:b", "!a1=2", "a1=", "a1 b1", "-a1"],
  ],
  [
    "image",
    ["a", "a/b:c", "h.example:5000/a/b", `a@sha256:${"0".repeat(64)}`],
    ["", "A/B", "a:", "a@sha256:0", "a b", "a//"],
  ],
  [
    "mirror address",
    ["http://a", "https://a.example/b/"],
    ["ftp://a", "https://u:p@a", "https://a?b", "a.example", "https://"],
  ],
  ["stage name", ["a", "app-2"], ["context", "A", "2a", "a_b", ""]],
  ["secret", ["a", "a/b.c"], ["", "/a", "a/", "a/b/c", "a b"]],
  ["variable name", ["A", "_a1"], ["", "1A", "A-B", "A=b", "A.B"]],
])("%s", (name, good, bad) => {
  test.each(good)("takes %j", (text) => {
    expect(formats[name].pattern.test(text)).toBe(true);
  });
  test.each(bad)("refuses %j", (text) => {
    expect(formats[name].pattern.test(text)).toBe(false);
  });
});
