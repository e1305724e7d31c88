import { join } from "node:path";
import { expect, test } from "vitest";
import { specMistakes } from "../../../testing/spec-mistakes.ts";
import { documentRules } from "../../formats/document/rules.ts";
import { renderDiagnostics } from "../../report/diagnostics.ts";
import { parseSpec } from "./parse.ts";
import { specRules } from "./rules.ts";

const golden = join(import.meta.dirname, "../../../test/golden/spec-diagnostics.txt");

test("what people are told of their mistakes", async () => {
  const blocks = specMistakes.map(({ summary, text }) => {
    const { value, diagnostics } = parseSpec(text, "distill.yaml");
    expect(value, summary).toBeUndefined();
    return `# ${summary}\n${renderDiagnostics(diagnostics, { colour: false, sourceOf: () => text })}`;
  });
  await expect(blocks.join("\n")).toMatchFileSnapshot(golden);
});

test("every rule of a spec is broken by one of them", () => {
  const broken = new Set(
    specMistakes.flatMap(({ text }) => parseSpec(text, "x").diagnostics.map((one) => one.rule)),
  );
  const elsewhere = ["yaml-encoding", "yaml-limit", "more-problems", "not-yet-built", "unused-stage"];
  expect(
    Object.keys({ ...documentRules, ...specRules }).filter(
      (rule) => !broken.has(rule) && !elsewhere.includes(rule),
    ),
  ).toEqual([]);
});
