import fc from "fast-check";
import { expect, test } from "vitest";
import { displayWidth, printable, printableLine, shorten, shortenMiddle, wrapAll } from "./text.ts";

test.each<[string, string, string]>([
  ["an escape sequence", "\u001b[31mred", "\\x1b[31mred"],
  ["C1 controls and DEL", "\u009b\u007f", "\\x9b\\x7f"],
  ["what reorders text", "\u202egnp\u202c", "\\u{202e}gnp\\u{202c}"],
  ["what hides", "a\u200b\u00adb\u{e0041}", "a\\u{200b}\\xadb\\u{e0041}"],
  ["line separators", "a\u2028b\u2029c", "a\\u{2028}b\\u{2029}c"],
  ["bytes that are no UTF-8", "a\udcff\udc80", "a\\xff\\x80"],
  ["other lone surrogates", "\ud800", "\\u{d800}"],
  ["text of any script", "größe שלום 日本 🎉", "größe שלום 日本 🎉"],
])("%s is made visible, and nothing else", (_, text, shown) => {
  expect(printable(text)).toBe(shown);
  expect(printableLine(text)).toBe(shown);
});

test("line feeds and tabs stay in text, and are told in a line", () => {
  expect(printable("a\nb\tc\r")).toBe("a\nb\tc\\x0d");
  expect(printableLine("a\nb\tc")).toBe("a\\nb\\tc");
});

test.each<[string, number, string]>([
  ["/usr/bin/env", 12, "/usr/bin/env"],
  ["/usr/lib/x86_64-linux-gnu/libc.so.6", 20, "/usr/l…gnu/libc.so.6"],
  ["日本語日本語", 7, "日…本語"],
])("the middle of %s in %i columns is left out", (text, columns, shown) => {
  expect(shortenMiddle(text, columns)).toBe(shown);
});

const anyText = fc.string({ unit: "binary", maxLength: 300 }).map(printableLine);

test("whatever the text, it fits", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 2, max: 100 }), (text, columns) => {
      expect(displayWidth(shorten(text, columns))).toBeLessThanOrEqual(columns);
      expect(displayWidth(shortenMiddle(text, columns))).toBeLessThanOrEqual(columns);
      for (const line of wrapAll(text, columns)) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    }),
  );
});

test("wrapping loses nothing but spaces", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 2, max: 100 }), (text, columns) => {
      expect(wrapAll(text, columns).join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
    }),
  );
});

test.each([
  ["a blank that is no blank", "a\u00a0b", "a\\xa0b"],
  ["a wide blank", "a\u3000b", "a\\u{3000}b"],
  ["a letter without a glyph", "a\u3164b", "a\\u{3164}b"],
  ["the blank itself", "a b", "a b"],
])("%s is spelt out", (_, text, shown) => {
  expect(printableLine(text)).toBe(shown);
});

test("a printable line is one line of characters that act on nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(printableLine(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    }),
  );
});
