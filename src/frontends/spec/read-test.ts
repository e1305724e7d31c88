// The items of `test`, from validated YAML to values.
import { asInteger, asMap, asText, field, optional, textsOf } from "../../formats/document/nodes.ts";
import type { MapNode, YamlNode } from "../../formats/document/yaml-nodes.ts";
import { readDuration, readTexts } from "./read-run.ts";
import type { OutputMatch, TestSpec } from "./spec.ts";

const timeoutMsDefault = 30_000;

export function readTest(map: MapNode): TestSpec {
  const { span } = map;
  if (field(map, "absent") !== undefined) return { kind: "absent", globs: textsOf(map, "absent"), span };
  if (field(map, "present") !== undefined) return { kind: "present", globs: textsOf(map, "present"), span };
  const exitCode = field(map, "exit-code");
  const timeout = field(map, "timeout");
  return {
    kind: "run",
    argv: textsOf(map, "run"),
    env: readTexts(map, "env"),
    ...optional("stdin", field(map, "stdin"), asText),
    exitCode: exitCode === undefined ? 0 : asInteger(exitCode),
    ...optional("stdout", field(map, "stdout"), readMatch),
    ...optional("stderr", field(map, "stderr"), readMatch),
    timeoutMs: timeout === undefined ? timeoutMsDefault : readDuration(timeout),
    ...optional("user", field(map, "user"), asText),
    span,
  };
}

function readMatch(node: YamlNode): OutputMatch {
  const map = asMap(node);
  const contains = field(map, "contains");
  if (contains !== undefined) return { contains: asText(contains) };
  const equals = field(map, "equals");
  return equals === undefined ? { matches: asText(field(map, "matches")) } : { equals: asText(equals) };
}
