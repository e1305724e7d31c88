import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";
import { describe, expect, test } from "vitest";
import { pageScript, pageStyle } from "./page-script.ts";

const folder = join(import.meta.dirname, "page");
const own = globSync("*.ts", { cwd: folder }).filter((name) => !name.endsWith(".test.ts"));
const imported = own.flatMap((name) =>
  Array.from(
    readFileSync(join(folder, name), "utf8").matchAll(/^import [^;]* from "(\.\.\/[^"]+)";$/gm),
    ([, target = ""]) => target,
  ),
);
const sources = [...new Set([...own, ...imported])];

describe("the page's script", () => {
  const { text } = pageScript();

  test("is one script of all modules, without imports, exports or types", () => {
    expect(text).not.toMatch(/^(?:import|export)\b/m);
    // Two modules with the same top-level name would be a syntax error, too.
    expect(() => new Script(`"use strict"; (() => {\n${text}\n})`)).not.toThrow();
    const withCode = sources.filter((name) => name !== "shapes.ts");
    const missing = withCode.filter((name) => {
      const [, declared = "?"] =
        /^(?:export )?(?:function|const) (\w+)/m.exec(readFileSync(join(folder, name), "utf8")) ?? [];
      return !text.includes(declared);
    });
    expect(missing).toEqual([]);
  });

  test("asks for nothing, and writes no markup", () => {
    const banned =
      /\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|eval|Function\()|innerHTML|outerHTML|insertAdjacentHTML|document\.write|https?:/;
    expect(text).not.toMatch(banned);
  });
});

test("no module of the page has a text over several lines, or with two spaces in a row", () => {
  // White space is taken out of the script line by line (page-script.ts).
  const found = sources.flatMap((name) =>
    readFileSync(join(folder, name), "utf8")
      .split("\n")
      .filter(
        (line) => /\S {2}/.test(line) || (line.split("`").length % 2 === 0 && !line.trim().startsWith("//")),
      )
      .map((line) => `${name}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
});

test("script and style together are small", () => {
  expect(pageScript().text.length + pageStyle().text.length).toBeLessThan(60_000);
});

test("the hashes are of what stands in the page", () => {
  for (const { hash, text } of [pageScript(), pageStyle()]) {
    expect(hash).toBe(`'sha256-${createHash("sha256").update(text).digest("base64")}'`);
  }
});

describe("colours", () => {
  const { text } = pageStyle();
  const value = (name: string, dark: boolean): string => {
    const [, found = ""] = new RegExp(`--${name}: ([^;]+);`).exec(text) ?? [];
    const [, light, other] = /^light-dark\((#\w+), (#\w+)\)$/.exec(found) ?? [];
    return (dark ? other : light) ?? found;
  };
  const rule = (name: string, property: string, dark: boolean): string => {
    const [, body = ""] = new RegExp(`^\\.${name} \\{([^}]*)\\}`, "m").exec(text) ?? [];
    const [, found = ""] = new RegExp(`(?:^|[ ;])${property}: ([^;]+);`).exec(body) ?? [];
    const [, variable] = /^var\(--([\w-]+)\)/.exec(found) ?? [];
    if (variable !== undefined) return value(variable, dark);
    const [, light, other] = /^light-dark\((#\w+), (#\w+)\)$/.exec(found) ?? [];
    return (dark ? other : light) ?? found;
  };
  const roles = ["entrypoint-runtime", "closure", "declared", "package-data", "unproven", "foreign"];
  const papers = ["paper", "card", "sunk"];

  test.each([
    ["light", false],
    ["dark", true],
  ])("%s: text has a contrast of 4.5 or more (WCAG 1.4.3)", (_, dark) => {
    const pairs = [
      ...["ink", "soft", "link", "loud", "calm"].flatMap((ink) =>
        papers.map((paper) => [`${ink} on ${paper}`, value(ink, dark), value(paper, dark)] as const),
      ),
      ...roles.map((role) => [role, value(`${role}-ink`, dark), value(role, dark)] as const),
      ...["critical", "high", "medium", "low", "info"].map(
        (severity) => [severity, rule(severity, "color", dark), rule(severity, "background", dark)] as const,
      ),
    ];
    const weak = pairs.filter(([, ink, paper]) => contrast(ink, paper) < 4.5);
    expect(weak).toEqual([]);
  });

  test.each([
    ["light", false],
    ["dark", true],
  ])("%s: roles differ for people who see no red, green or blue, too", (_, dark) => {
    const close: string[] = [];
    for (const [kind, matrix] of Object.entries(deficiencies)) {
      for (const [index, one] of roles.entries()) {
        for (const other of roles.slice(index + 1)) {
          const distance = difference(seen(value(one, dark), matrix), seen(value(other, dark), matrix));
          if (distance < 20) close.push(`${kind}: ${one}, ${other}: ${distance.toFixed(0)}`);
        }
      }
    }
    expect(close).toEqual([]);
  });
});

type Triple = readonly [number, number, number];

/** G. Machado, M. Oliveira, L. Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", severity 1. */
const deficiencies: Readonly<Record<string, readonly Triple[]>> = {
  none: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** Linear red, green and blue, 0..1. */
function linear(hex: string): Triple {
  if (!/^#[0-9a-f]{6}$/.test(hex)) throw new Error(`not a colour: ${hex}`);
  const part = (at: number): number => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
}

function contrast(a: string, b: string): number {
  const luminance = (hex: string): number => {
    const [red, green, blue] = linear(hex);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** A colour as seen with a deficiency, in CIE L*a*b* (D65). */
function seen(hex: string, matrix: readonly Triple[]): Triple {
  const rgb = linear(hex);
  const [red = 0, green = 0, blue = 0] = matrix.map((row) =>
    Math.min(1, Math.max(0, row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2])),
  );
  const curve = (share: number): number => (share > 0.008856 ? Math.cbrt(share) : 7.787 * share + 16 / 116);
  const x = curve((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
  const y = curve(0.2126 * red + 0.7152 * green + 0.0722 * blue);
  const z = curve((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** CIE76. */
function difference(a: Triple, b: Triple): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
