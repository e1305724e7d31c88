// Names and scripts of packages are anybody's text: whatever shows them, nothing in them may act on the terminal.
import { expect, test } from "vitest";
import { file } from "../../testing/trees.ts";
import type { Reason } from "../closure/closure.ts";
import { path } from "../tree/path.ts";
import { renderExplanation, renderLeftOut, renderMade } from "./explain.ts";
import { quietProgress } from "./progress/progress.ts";
import { renderScripts, type ScriptRow } from "./scripts.ts";

const hostile = "a\x1b[31mred";
const at = path(`/${hostile}`);
const reason: Reason = { from: at, kind: "needed", evidence: hostile, confidence: "likely" };
const source = { file: hostile, line: 1 };
const row: ScriptRow = {
  package: "a:amd64",
  verdict: "unknown",
  effects: [],
  unknown: [{ source, text: hostile, why: hostile, hint: hostile }],
  inert: [{ source, command: hostile, why: hostile }],
};

function warned(message: string): string {
  let text = "";
  const write = (more: string): void => {
    text += more;
  };
  const progress = quietProgress({ write, now: () => 0, colour: false, columns: () => 80 });
  progress.emit({ type: "log", level: "warning", message });
  return text;
}

test.each<[string, () => string]>([
  [
    "why a file is kept",
    () =>
      renderExplanation({
        kept: true,
        path: at,
        role: "closure",
        steps: [{ path: at, reason }],
        others: [reason],
      }),
  ],
  ["why a file is not", () => renderExplanation({ kept: false, path: at, role: "foreign", why: hostile })],
  ["a file that is made", () => renderMade(file(at))],
  [
    "what was left out",
    () =>
      renderLeftOut([
        { package: hostile, sizeBytes: 1, files: 1, whys: [{ why: hostile, sizeBytes: 1, files: 1 }] },
      ]),
  ],
  ["scripts", () => renderScripts([row], { verbose: true })],
  ["warnings of a quiet run", () => warned(hostile)],
])("%s", (_, render) => {
  const text = render();
  expect(text).toContain("a\\x1b[31mred");
  expect(text).not.toContain("\x1b");
});
