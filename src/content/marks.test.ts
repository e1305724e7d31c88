import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ElfFacts } from "../formats/elf.ts";
import { inMemory } from "../formats/random-access.ts";
import { marksOf } from "./marks.ts";
import { searchLengthMin, stringSearch } from "./string-search.ts";

const program = { program: true, needed: [] as string[] } as unknown as ElfFacts;

const applets =
  "[ [[ acpid ash awk base64 basename bunzip2 bzcat cat chgrp chmod chown chroot clear cmp cp crond cut date dd df diff dirname dmesg du echo egrep env expr false fgrep find";

function marks(content: string, elf: ElfFacts = program): string[] {
  return marksOf(inMemory(Buffer.from(content, "latin1")), elf).map((one) => `${one.kind} ${one.name}`);
}

describe("marks", () => {
  test.each<[string, string, string[]]>([
    ["bash, stripped", "xx\0shell_builtins\0yy@(#)Bash version 5", ["shell bash"]],
    ["half of bash", "\0shell_builtins\0", []],
    [
      "an applet table",
      `junk\0${applets.replaceAll(" ", "\0")}\0more`,
      ["multi-call BusyBox, 32 known applets"],
    ],
    ["a short list of names", "\0cat\0chgrp\0chmod\0chown\0chroot\0cp\0", []],
    ["names out of order", `\0${applets.split(" ").reverse().join("\0")}\0`, []],
    ["curl", "curl: (%d) %s", ["tool curl"]],
  ])("%s", (_, content, expected) => {
    expect(marks(content)).toEqual(expected);
  });

  test("across the border of two chunks", () => {
    for (const shift of [-20, -5, 0, 3]) {
      const content = `${"x".repeat(4 * 1024 * 1024 + shift)}@(#)MIRBSD KSH R59${"y".repeat(100)}`;
      expect(marks(content)).toEqual(["shell mksh"]);
    }
  });

  test("libraries have none, package managers are told by what they need", () => {
    const embedded = { program: false, needed: [] as string[] } as unknown as ElfFacts;
    expect(marks("@(#)MIRBSD KSH R59", embedded)).toEqual([]);
    const apt = { program: true, needed: ["libapt-pkg.so.6.0"] } as unknown as ElfFacts;
    expect(marks("", apt)).toEqual(["package-manager libapt-pkg.so.6.0"]);
  });
});

describe("stringSearch", () => {
  test("finds what indexOf finds", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "b", "\0"),
      minLength: searchLengthMin,
      maxLength: 12,
    });
    const bytes = fc.string({ unit: fc.constantFrom("a", "b", "\0"), maxLength: 400 });
    fc.assert(
      fc.property(fc.uniqueArray(text, { minLength: 1, maxLength: 5 }), bytes, (strings, content) => {
        const found: string[] = [];
        stringSearch(strings).scan(Buffer.from(content, "latin1"), (index, at) =>
          found.push(`${index} ${at}`),
        );
        const expected = strings.flatMap((one, index) => {
          const places: string[] = [];
          for (let at = content.indexOf(one); at >= 0; at = content.indexOf(one, at + 1))
            places.push(`${index} ${at}`);
          return places;
        });
        expect(found.sort()).toEqual(expected.sort());
      }),
    );
  });
});
