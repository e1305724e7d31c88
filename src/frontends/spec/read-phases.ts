// `build` and `init`, from validated YAML to values.
import type { Span } from "../../base/diagnostics.ts";
import { asMap, asText, entriesOf, field, itemsOf, optional, textsOf } from "../../formats/document/nodes.ts";
import type { MapNode, YamlNode } from "../../formats/document/yaml-nodes.ts";
import { locatedText, readCopy, readTexts } from "./read-run.ts";
import type { InitSpec, StageSpec, StepSpec } from "./spec.ts";

export function readStage(name: string, map: MapNode, span: Span): StageSpec {
  return {
    name,
    packages: itemsOf(map, "packages").map(locatedText),
    ...optional("image", field(map, "image"), locatedText),
    steps: itemsOf(map, "steps").map((node) => readStep(asMap(node))),
    span,
  };
}

function readStep(map: MapNode): StepSpec {
  return {
    ...optional("copy", field(map, "copy"), readCopy),
    ...optional("run", field(map, "run"), (node) => ({
      argv: node.kind === "list" ? node.items.map(asText) : [asText(node)],
      shell: node.kind !== "list",
      cache: textsOf(map, "cache"),
    })),
    ...optional("workingDir", field(map, "working-dir"), asText),
    ...(field(map, "env") === undefined ? {} : { env: readTexts(map, "env") }),
    span: map.span,
  };
}

export function readInit(map: MapNode): InitSpec {
  return {
    packages: itemsOf(map, "packages").map(locatedText),
    ...optional("image", field(map, "image"), locatedText),
    command: textsOf(map, "command"),
    env: Object.fromEntries(entriesOf(map, "env").map((entry) => [entry.key, readInitValue(entry.value)])),
    volumes: textsOf(map, "volumes"),
    ...optional("user", field(map, "user"), asText),
    span: map.span,
  };
}

function readInitValue(node: YamlNode): string | { readonly secret: string } {
  return node.kind === "map" ? { secret: asText(field(node, "secret")) } : asText(node);
}
