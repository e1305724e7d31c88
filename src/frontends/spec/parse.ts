// distill.yaml: text to a `Spec`, or everything that is wrong with it. Never throws on input.
import type { Diagnostic, Parsed, Span } from "../../base/diagnostics.ts";
import { spec as shape } from "./fields.ts";
import { collectProblems, inFileOrder } from "./problems.ts";
import { readSpec } from "./read.ts";
import { checkReferences } from "./references.ts";
import type { Spec } from "./spec.ts";
import { validate } from "./validate.ts";
import { parseYaml } from "./yaml.ts";

/** Reads a spec. `file` is its path as messages show it. */
export function parseSpec(text: string, file: string): Parsed<Spec> {
  const { root, problems: yamlProblems } = parseYaml(text, file);
  if (root === undefined) return failed(yamlProblems);
  const problems = collectProblems();
  const start: Span = { file, line: 1, column: 1, endLine: 1, endColumn: 2 };
  if (root.kind === "scalar" && root.value === null) {
    problems.error(
      "empty-spec",
      start,
      "the file holds nothing",
      "a spec begins with apiVersion: distill/v1",
    );
    return failed([...yamlProblems, ...problems.found]);
  }
  validate(root, shape, { name: "the file", span: start }, problems);
  if (root.kind === "map") checkReferences(root, problems);
  const diagnostics = inFileOrder([...yamlProblems, ...problems.found]);
  const wrong = diagnostics.some((problem) => problem.severity === "error");
  if (wrong || root.kind !== "map") return failed(diagnostics);
  return { value: readSpec(root, file), diagnostics };
}

/** The text of a spec's bytes. A spec is UTF-8. */
export function decodeSpec(bytes: Uint8Array, file: string): Parsed<string> {
  try {
    return {
      value: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
      diagnostics: [],
    };
  } catch {
    const { line, column } = firstInvalid(bytes);
    const span: Span = { file, line, column, endLine: line, endColumn: column + 1 };
    const problems = collectProblems();
    problems.error("yaml-encoding", span, "the file is not UTF-8", "save it as UTF-8");
    return failed(problems.found);
  }
}

function failed<T>(diagnostics: readonly Diagnostic[]): Parsed<T> {
  return { value: undefined, diagnostics };
}

/** Where a lenient decoder first disagrees with the bytes. */
function firstInvalid(bytes: Uint8Array): { line: number; column: number } {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let line = 1;
  let start = 0;
  for (let end = 0; end <= bytes.length; end++) {
    if (end < bytes.length && bytes[end] !== 0x0a) continue;
    const content = bytes.subarray(start, end);
    try {
      decoder.decode(content);
    } catch {
      return { line, column: firstInvalidColumn(content) };
    }
    line += 1;
    start = end + 1;
  }
  return { line: 1, column: 1 };
}

function firstInvalidColumn(line: Uint8Array): number {
  const lenient = new TextDecoder("utf-8", { ignoreBOM: true }).decode(line);
  let offset = 0;
  let column = 1;
  for (const character of lenient) {
    const bytes = Buffer.from(character, "utf8");
    if (!bytes.equals(line.subarray(offset, offset + bytes.length))) return column;
    offset += bytes.length;
    column += character.length;
  }
  return column;
}
