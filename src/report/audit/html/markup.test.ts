import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostileNames } from "../../../../testing/hostile-report.ts";
import { embeddedJson, html } from "./markup.ts";

describe("html", () => {
  test.each([
    ["<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"],
    ["a\nb\tc", "a\\x0ab\\x09c"],
    ["\u001b[31m\u009b", "\\x1b[31m\\x9b"],
    ["\u202egnp.exe", "\\u{202e}gnp.exe"],
    ["bytes\udcff", "bytes\\xff"],
    ["lone \ud800", "lone \\u{d800}"],
    ["ümläut 日本 😀", "ümläut 日本 😀"],
  ])("%j becomes %j", (text, markup) => {
    expect(html`<p title="${text}">${text}</p>`.markup).toBe(`<p title="${markup}">${markup}</p>`);
  });

  test("markup, numbers, lists and nothing", () => {
    const inner = html`<i>${1}</i>`;
    expect(html`${[inner, "<", undefined, [2]]}${undefined}`.markup).toBe("<i>1</i>&lt;2");
  });

  test("no text ends an element, an attribute or a comment", () => {
    const anything = fc.oneof(fc.constantFrom(...hostileNames), fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(anything, (text) => {
        const [, inner = ""] = /^<p title="([\s\S]*)">$/.exec(html`<p title="${text}">`.markup) ?? [];
        expect(inner).not.toMatch(/[<>"'\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
    );
  });
});

test("embedded JSON can't end its script, and reads as what it was", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.json(), fc.constantFrom(...hostileNames, "</script>", "<!--", "\u2028", "\u{e0041}")),
      (text) => {
        const { markup } = embeddedJson([text]);
        expect(/[<>&\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.exec(markup)).toBeNull();
        expect(JSON.parse(markup)).toEqual([text]);
      },
    ),
  );
});
