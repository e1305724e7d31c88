// `run`, and what other phases share with it, from validated YAML to values.

import {
  asInteger,
  asMap,
  asText,
  entriesOf,
  field,
  itemsOf,
  optional,
  textsOf,
} from "../../formats/document/nodes.ts";
import type { MapEntry, MapNode, YamlNode } from "../../formats/document/yaml-nodes.ts";
import { durationMs } from "./durations.ts";
import type {
  CopySpec,
  DirectorySpec,
  EffectSpec,
  FileSpec,
  HealthcheckSpec,
  Located,
  RunSpec,
  UserSpec,
} from "./spec.ts";

const fileModeDefault = 0o644;
const directoryModeDefault = 0o755;

export function readRun(run: MapNode): RunSpec {
  return {
    packages: itemsOf(run, "packages").map(locatedText),
    copy: itemsOf(run, "copy").map(readCopy),
    files: entriesOf(run, "files").map(readFile),
    keep: itemsOf(run, "keep").map(locatedText),
    drop: itemsOf(run, "drop").map(locatedText),
    users: entriesOf(run, "users").map(readUser),
    directories: entriesOf(run, "directories").map(readDirectory),
    links: entriesOf(run, "links").map((entry) => ({
      path: entry.key,
      target: asText(entry.value),
      span: entry.keySpan,
    })),
    effects: entriesOf(run, "effects").map(readEffect),
    alternatives: readTexts(run, "alternatives"),
    ...optional("user", field(run, "user"), locatedText),
    entrypoint: textsOf(run, "entrypoint"),
    command: textsOf(run, "command"),
    env: readTexts(run, "env"),
    ...optional("workingDir", field(run, "working-dir"), asText),
    ports: textsOf(run, "ports"),
    volumes: textsOf(run, "volumes"),
    ...optional("stopSignal", field(run, "stop-signal"), asText),
    ...optional("healthcheck", field(run, "healthcheck"), (node) => readHealthcheck(asMap(node))),
    labels: readTexts(run, "labels"),
    span: run.span,
  };
}

export function locatedText(node: YamlNode): Located<string> {
  return { value: asText(node), span: node.span };
}

/** A map of texts, in the order of the file. */
export function readTexts(node: MapNode, name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(entriesOf(node, name).map((entry) => [entry.key, asText(entry.value)]));
}

export function readCopy(node: YamlNode): CopySpec {
  const map = asMap(node);
  return {
    from: asText(field(map, "from")),
    source: asText(field(map, "source")),
    target: asText(field(map, "target")),
    ...optional("mode", field(map, "mode"), readMode),
    ...optional("owner", field(map, "owner"), asText),
    span: map.span,
  };
}

/** Milliseconds. */
export function readDuration(node: YamlNode): number {
  return durationMs(asText(node));
}

function readMode(node: YamlNode): number {
  return Number.parseInt(asText(node).replace(/^0o/, ""), 8);
}

function readFile(entry: MapEntry): FileSpec {
  const map = asMap(entry.value);
  return {
    path: entry.key,
    text: asText(field(map, "text")),
    mode: modeOf(map) ?? fileModeDefault,
    ...optional("owner", field(map, "owner"), asText),
    span: entry.keySpan,
  };
}

function readDirectory(entry: MapEntry): DirectorySpec {
  const map = asMap(entry.value);
  return {
    path: entry.key,
    mode: modeOf(map) ?? directoryModeDefault,
    ...optional("owner", field(map, "owner"), asText),
    span: entry.keySpan,
  };
}

function modeOf(map: MapNode): number | undefined {
  const node = field(map, "mode");
  return node === undefined ? undefined : readMode(node);
}

function readUser(entry: MapEntry): UserSpec {
  const map = asMap(entry.value);
  const uid = asInteger(field(map, "uid"));
  const gid = field(map, "gid");
  const group = field(map, "group");
  const home = field(map, "home");
  return {
    name: entry.key,
    uid,
    gid: gid === undefined ? uid : asInteger(gid),
    group: group === undefined ? entry.key : asText(group),
    home: home === undefined ? "/nonexistent" : asText(home),
    span: entry.keySpan,
  };
}

function readEffect(entry: MapEntry): EffectSpec {
  return { package: entry.key, ignore: asText(field(asMap(entry.value), "ignore")), span: entry.keySpan };
}

function readHealthcheck(map: MapNode): HealthcheckSpec {
  return {
    command: textsOf(map, "command"),
    ...optional("intervalMs", field(map, "interval"), readDuration),
    ...optional("timeoutMs", field(map, "timeout"), readDuration),
    ...optional("startPeriodMs", field(map, "start-period"), readDuration),
    ...optional("retries", field(map, "retries"), asInteger),
  };
}
