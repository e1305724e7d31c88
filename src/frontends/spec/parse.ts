// distill.yaml: text to a `Spec`, or everything that is wrong with it. Never throws on input.
import type { Parsed } from "../../base/diagnostics.ts";
import { parseDocument } from "../../formats/document/parse.ts";
import { spec as shape } from "./fields.ts";
import { readSpec } from "./read.ts";
import { checkReferences } from "./references.ts";
import type { Spec } from "./spec.ts";

/** Reads a spec. `file` is its path as messages show it. */
export function parseSpec(text: string, file: string): Parsed<Spec> {
  const { value: root, diagnostics } = parseDocument(text, file, shape, checkReferences);
  return { value: root === undefined ? undefined : readSpec(root, file), diagnostics };
}
