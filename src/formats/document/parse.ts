// A YAML file of a known shape: text to a tree without mistakes, or everything that is wrong with it. Never throws on input.
import type { Parsed, Span } from "../../base/diagnostics.ts";
import { collectProblems, type Problems, toldProblems } from "./problems.ts";
import type { DocumentRule } from "./rules.ts";
import type { ObjectShape } from "./shape.ts";
import { validate } from "./validate.ts";
import { parseYaml } from "./yaml.ts";
import type { MapNode } from "./yaml-nodes.ts";

/**
 * Reads a document. `file` is its path as messages show it; `check` reports what takes more than one place to judge, on a tree
 * that may have mistakes of shape as well.
 */
export function parseDocument<Rule extends string>(
  text: string,
  file: string,
  shape: ObjectShape,
  check: (root: MapNode, problems: Problems<Rule | DocumentRule>) => void,
): Parsed<MapNode> {
  const { root, problems: yamlProblems } = parseYaml(text, file);
  if (root === undefined) return { value: undefined, diagnostics: toldProblems(yamlProblems) };
  const problems = collectProblems<Rule | DocumentRule>();
  const start: Span = { file, line: 1, column: 1, endLine: 1, endColumn: 2 };
  if (root.kind === "scalar" && root.value === null) {
    const hint = "it begins with apiVersion: distill/v1";
    problems.error("empty-file", start, "the file holds nothing", hint);
  } else {
    validate(root, shape, { name: "the file", span: start }, problems);
    if (root.kind === "map") check(root, problems);
  }
  const diagnostics = toldProblems([...yamlProblems, ...problems.found]);
  const wrong = diagnostics.some((problem) => problem.severity === "error");
  return { value: wrong || root.kind !== "map" ? undefined : root, diagnostics };
}
