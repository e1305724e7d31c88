// Reading a validated YAML tree: each function asserts what validation has proven, so a failure here is a bug.
import { assert } from "../../base/errors.ts";
import type { MapEntry, MapNode, ScalarNode, YamlNode } from "./yaml-nodes.ts";

/** The value of a field; undefined where the field is absent. */
export function field(node: MapNode, name: string): YamlNode | undefined {
  return node.entries.find((entry) => entry.key === name)?.value;
}

export function asMap(node: YamlNode | undefined): MapNode {
  assert(node?.kind === "map", "a validated map");
  return node;
}

export function asScalar(node: YamlNode | undefined): ScalarNode {
  assert(node?.kind === "scalar", "a validated scalar");
  return node;
}

/** The text of a scalar: what is quoted, or the digits of a number as written. */
export function asText(node: YamlNode | undefined): string {
  const scalar = asScalar(node);
  return typeof scalar.value === "string" ? scalar.value : scalar.source;
}

export function asInteger(node: YamlNode | undefined): number {
  const { value } = asScalar(node);
  assert(typeof value === "number", "a validated number");
  return value;
}

/** The items of a list field, none where it is absent. */
export function itemsOf(node: MapNode, name: string): readonly YamlNode[] {
  const value = field(node, name);
  if (value === undefined) return [];
  assert(value.kind === "list", "a validated list");
  return value.items;
}

/** The entries of a map field, none where it is absent. */
export function entriesOf(node: MapNode, name: string): readonly MapEntry[] {
  const value = field(node, name);
  return value === undefined ? [] : asMap(value).entries;
}

export function textsOf(node: MapNode, name: string): readonly string[] {
  return itemsOf(node, name).map(asText);
}

/** What `read` makes of a field, as an object to spread: without the field, nothing. */
export function optional<K extends string, T>(
  as: K,
  node: YamlNode | undefined,
  read: (node: YamlNode) => T,
): { readonly [P in K]?: T } {
  return node === undefined ? {} : ({ [as]: read(node) } as { [P in K]: T });
}

/** A lenient view of a tree that may hold mistakes: what is not as expected is left out. */
export const lenient = {
  map(node: YamlNode | undefined): MapNode | undefined {
    return node?.kind === "map" ? node : undefined;
  },
  entries(node: MapNode | undefined, name: string): readonly MapEntry[] {
    return (node === undefined ? undefined : lenient.map(field(node, name)))?.entries ?? [];
  },
  items(node: MapNode | undefined, name: string): readonly YamlNode[] {
    const value = node === undefined ? undefined : field(node, name);
    return value?.kind === "list" ? value.items : [];
  },
  text(node: YamlNode | undefined): string | undefined {
    return node?.kind === "scalar" && node.value !== null ? asText(node) : undefined;
  },
} as const;
