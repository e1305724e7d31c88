import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Diagnostic, Span } from "../base/diagnostics.ts";
import { renderDiagnostics } from "./diagnostics.ts";
import { displayWidth } from "./text.ts";

const at = (line: number, column: number, endColumn: number, endLine = line): Span => ({
  file: "a.yaml",
  line,
  column,
  endLine,
  endColumn,
});

function render(
  span: Span | undefined,
  source: string | undefined,
  more: Partial<Diagnostic> = {},
  columns?: number,
): string {
  const one: Diagnostic = {
    severity: "error",
    rule: "r",
    message: "m",
    ...(span === undefined ? {} : { span }),
    ...more,
  };
  return renderDiagnostics([one], { colour: false, columns, sourceOf: () => source });
}

describe("one diagnostic", () => {
  test.each<[string, string, string]>([
    ["without a place", render(undefined, "x"), "error: m [r]\n"],
    ["without a source", render(at(3, 2, 3), undefined), "a.yaml:3:2: error: m [r]\n"],
    ["past the end of the file", render(at(9, 1, 2), "x"), "a.yaml:9:1: error: m [r]\n"],
    ["a warning", render(undefined, "x", { severity: "warning" }), "warning: m [r]\n"],
    ["a hint", render(undefined, "x", { hint: "do it" }), "error: m [r]\nhint: do it\n"],
    ["marked", render(at(1, 3, 5), "a bc d"), "a.yaml:1:3: error: m [r]\n   1 | a bc d\n     |   ^~\n"],
    [
      "at the end of a line",
      render(at(1, 4, 5), "abc"),
      "a.yaml:1:4: error: m [r]\n   1 | abc\n     |    ^\n",
    ],
    [
      "over several lines",
      render(at(1, 2, 3, 4), "abc\nd"),
      "a.yaml:1:2: error: m [r]\n   1 | abc\n     |  ^~\n",
    ],
    ["after a tab", render(at(1, 2, 3), "\tx"), "a.yaml:1:2: error: m [r]\n   1 |  x\n     |  ^\n"],
    [
      "after wide characters",
      render(at(1, 3, 4), "日本x"),
      "a.yaml:1:3: error: m [r]\n   1 | 日本x\n     |     ^\n",
    ],
    [
      "with Windows line ends",
      render(at(2, 1, 2), "a\r\nb\r\n"),
      "a.yaml:2:1: error: m [r]\n   2 | b\n     | ^\n",
    ],
  ])("%s", (_name, rendered, expected) => {
    expect(rendered).toBe(expected);
  });

  test("a long hint is wrapped under itself", () => {
    const rendered = render(undefined, "x", { hint: "word ".repeat(30).trim() });
    const lines = rendered.trimEnd().split("\n").slice(1);
    expect(lines.length).toBe(2);
    expect(lines.every((line) => line.length <= 80)).toBe(true);
    expect(lines.slice(1).every((line) => line.startsWith("      word"))).toBe(true);
  });

  test("whatever the line is, it fits, and the mark stands below what is meant", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 300 }).map((one) => one.replaceAll(/[\r\n]/g, ""));
    fc.assert(
      fc.property(
        text,
        fc.nat(300),
        fc.nat(20),
        fc.integer({ min: 40, max: 120 }),
        (line, start, length, columns) => {
          const column = Math.min(start, line.length) + 1;
          const [, shown = "", marker = ""] = render(at(1, column, column + length), line, {}, columns).split(
            "\n",
          );
          expect(displayWidth(shown)).toBeLessThanOrEqual(columns);
          expect(displayWidth(marker)).toBeLessThanOrEqual(columns + 1);
          expect(marker).toMatch(/^ {5}\| *\^~*$/);
        },
      ),
    );
  });

  test("a mark in a long line keeps its surroundings", () => {
    const line = `${"a".repeat(200)}WRONG${"b".repeat(200)}`;
    const [, shown = "", marker = ""] = render(at(1, 201, 206), line).split("\n");
    expect(shown.slice(marker.indexOf("^"), marker.lastIndexOf("~") + 1)).toBe("WRONG");
  });

  test("nothing of a file acts on the terminal", () => {
    const rendered = render(at(1, 1, 2), "\u001b[2Jx\u0007\u202e", { message: "\u009b1m" });
    expect(rendered).toContain("\\x1b[2Jx\\x07\\u{202e}");
    expect(rendered).toContain("\\x9b1m");
  });
});

test("several are counted", () => {
  const one: Diagnostic = { severity: "error", rule: "r", message: "m" };
  const rendered = (severities: readonly Diagnostic["severity"][]): string | undefined =>
    renderDiagnostics(
      severities.map((severity) => ({ ...one, severity })),
      { colour: false },
    )
      .trimEnd()
      .split("\n")
      .at(-1);
  expect(rendered(["error", "error"])).toBe("2 errors");
  expect(rendered(["error", "warning"])).toBe("1 error, 1 warning");
  expect(rendered(["warning", "warning"])).toBe("2 warnings");
});

test("colour marks the place, the severity, the mark and the hint", () => {
  const rendered = renderDiagnostics(
    [{ severity: "error", rule: "r", message: "m", span: at(1, 1, 2), hint: "h" }],
    { colour: true, sourceOf: () => "x" },
  );
  expect(rendered).toContain("\u001b[31merror:\u001b[39m");
  expect(rendered).toContain("\u001b[36mhint:\u001b[39m");
});
