import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMode } from "./mode.ts";

const octal = (mode: number): string => mode.toString(8).padStart(4, "0");

function changed(text: string, before: number, isFolder = false): string | undefined {
  const mode = parseMode(text);
  if (mode === undefined) return undefined;
  return octal(mode.kind === "octal" ? mode.mode : mode.apply(before, isFolder));
}

test.each<[string, string, string]>([
  ["755", "0644", "0755"],
  ["04755", "0644", "4755"],
  ["0", "0644", "0000"],
  ["u+x", "0644", "0744"],
  ["+x", "0644", "0755"],
  ["a-w", "0666", "0444"],
  ["go=", "0777", "0700"],
  ["u=rw,g=r,o=", "0777", "0640"],
  ["u=rwx,go=u-w", "0600", "0755"],
  ["u+s", "0755", "4755"],
  ["g+s", "0755", "2755"],
  ["o+s", "0755", "0755"],
  ["+t", "0755", "1755"],
  ["u=rx", "4755", "0555"],
  ["a=r", "7777", "1444"],
  ["u+rw-x", "0300", "0600"],
  ["g=o", "0604", "0644"],
  ["u-g", "0750", "0250"],
  ["o=g-x", "0750", "0754"],
  ["+X", "0644", "0644"],
  ["+X", "0744", "0755"],
  ["a-x,a+X", "0755", "0755"],
  ["-X", "0755", "0644"],
])("%s turns %s into %s", (text, before, after) => {
  expect(changed(text, Number.parseInt(before, 8))).toBe(after);
});

test("X counts for folders", () => {
  expect(changed("u=rwX,go=rX", 0o600, true)).toBe("0755");
  expect(changed("u=rwX,go=rX", 0o600, false)).toBe("0644");
});

test.each([
  "",
  "u",
  "rw",
  "u+q",
  "u+x,",
  ",u+x",
  "8",
  "777777",
  "10000",
  "0x1",
  "+",
  "u=rw;g=r",
  "-1",
  "u +x",
])("%j is no mode, or changes nothing", (text) => {
  expect([undefined, "0644"]).toContain(changed(text, 0o644));
});

describe("of any text", () => {
  test("the mode stays one", () => {
    const text = fc
      .array(fc.constantFrom(...Array.from("ugoa+-=rwxXst,0123")), { maxLength: 12 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 0o7777 }), fc.boolean(), (written, before, isFolder) => {
        const after = changed(written, before, isFolder);
        if (after !== undefined) expect(after).toMatch(/^[0-7]{4}$/);
      }),
    );
  });

  test("a change that sets all is the same whatever there was", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0o777 }),
        fc.integer({ min: 0, max: 0o7777 }),
        (wanted, before) => {
          const letters = (bits: number): string =>
            ["r", "w", "x"].filter((_, at) => (bits & (4 >> at)) !== 0).join("");
          const text = `u=${letters(wanted >> 6)},g=${letters((wanted >> 3) & 7)},o=${letters(wanted & 7)}`;
          expect(changed(text, before)).toBe(octal(wanted | (before & 0o1000)));
        },
      ),
    );
  });
});
