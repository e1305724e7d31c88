// A validated YAML tree to the values of spec.ts. Defaults that fields.ts documents are filled in here, and only here.

import {
  asMap,
  asScalar,
  asText,
  entriesOf,
  field,
  itemsOf,
  optional,
  textsOf,
} from "../../formats/document/nodes.ts";
import type { MapNode, YamlNode } from "../../formats/document/yaml-nodes.ts";
import { readInit, readStage } from "./read-phases.ts";
import { readRun } from "./read-run.ts";
import { readTest } from "./read-test.ts";
import type { Located, RepositorySpec, Spec, SpecPlatform } from "./spec.ts";

export function readSpec(root: MapNode, file: string): Spec {
  return {
    file,
    name: asText(field(root, "name")),
    platforms: itemsOf(root, "platforms").map(readPlatform),
    repositories: itemsOf(root, "repositories").map(readRepository),
    build: Object.fromEntries(
      entriesOf(root, "build").map((entry) => [
        entry.key,
        readStage(entry.key, asMap(entry.value), entry.keySpan),
      ]),
    ),
    ...optional("init", field(root, "init"), (node) => readInit(asMap(node))),
    run: readRun(asMap(field(root, "run"))),
    tests: itemsOf(root, "test").map((node) => readTest(asMap(node))),
  };
}

function readPlatform(node: YamlNode): Located<SpecPlatform> {
  const architecture = asText(node) === "linux/arm64" ? "arm64" : "amd64";
  return { value: { os: "linux", architecture }, span: node.span };
}

function readRepository(node: YamlNode): RepositorySpec {
  const map = asMap(node);
  const debian = asScalar(field(map, "debian"));
  const components = textsOf(map, "components");
  const trusted = field(map, "trusted");
  return {
    debian: { value: asText(debian), span: debian.span },
    ...(field(map, "suites") === undefined ? {} : { suites: textsOf(map, "suites") }),
    components: components.length === 0 ? ["main"] : components,
    ...optional("mirror", field(map, "mirror"), asText),
    ...optional("securityMirror", field(map, "security-mirror"), asText),
    ...optional("snapshot", field(map, "snapshot"), asText),
    ...optional("keyring", field(map, "keyring"), asText),
    trusted: trusted === undefined || asScalar(trusted).value === true,
    span: map.span,
  };
}
