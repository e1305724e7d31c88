// `build` and `init`, from validated YAML to values.
import type { Span } from "../../base/diagnostics.ts";
import { asMap, asText, entriesOf, field, itemsOf, optional, textsOf } from "../../formats/document/nodes.ts";
import type { MapNode, YamlNode } from "../../formats/document/yaml-nodes.ts";
import { locatedText, readCopy, readTexts } from "./read-run.ts";
import type { InitSpec, RunStepSpec, StageSpec, StepSecretSpec, StepSpec } from "./spec.ts";

/** Where secrets of steps are files, as a Dockerfile's are. */
const secretsFolder = "/run/secrets";

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
    ...optional("run", field(map, "run"), (node) => readRunStep(map, node)),
    span: map.span,
  };
}

function readRunStep(map: MapNode, command: YamlNode): RunStepSpec {
  const network = field(map, "network");
  return {
    argv: command.kind === "list" ? command.items.map(asText) : [asText(command)],
    shell: command.kind !== "list",
    cache: textsOf(map, "cache"),
    secrets: itemsOf(map, "secrets").map((node) => readStepSecret(asMap(node))),
    network: network !== undefined && asText(network) === "none" ? "none" : "default",
    env: readTexts(map, "env"),
    ...optional("workingDir", field(map, "working-dir"), asText),
    ...optional("user", field(map, "user"), asText),
  };
}

function readStepSecret(map: MapNode): StepSecretSpec {
  const id = asText(field(map, "id"));
  const target = field(map, "target");
  const variable = field(map, "env");
  if (target === undefined && variable === undefined) return { id, target: `${secretsFolder}/${id}` };
  return { id, ...optional("target", target, asText), ...optional("variable", variable, asText) };
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
