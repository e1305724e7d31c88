// Compares a YAML tree with a shape: fields, types, formats, ranges. What takes more than one place of the file to judge
// is in references.ts. Invariant: a tree without errors here can be read by read.ts without a check.
import type { Span } from "../../base/diagnostics.ts";
import { unreachable } from "../../base/errors.ts";
import { nearestName } from "../../base/nearest.ts";
import type { Problems } from "./problems.ts";
import type {
  ChoiceShape,
  EitherShape,
  IntegerShape,
  ListShape,
  MapShape,
  ObjectShape,
  Shape,
  TextShape,
} from "./shape.ts";
import { formats } from "./text-formats.ts";
import type { MapNode, ScalarNode, YamlNode } from "./yaml-nodes.ts";

/** Where a value stands: what messages call it, and what they point at where the value itself is absent. */
interface Place {
  readonly name: string;
  readonly span: Span;
}

/** Reports everything in which `node` differs from `shape`. */
export function validate(node: YamlNode, shape: Shape, place: Place, problems: Problems): void {
  switch (shape.kind) {
    case "text":
      validateText(node, shape, place, problems);
      break;
    case "integer":
      validateInteger(node, shape, place, problems);
      break;
    case "boolean":
      validateBoolean(node, place, problems);
      break;
    case "choice":
      validateChoice(node, shape, place, problems);
      break;
    case "list":
      validateList(node, shape, place, problems);
      break;
    case "map":
      validateMap(node, shape, place, problems);
      break;
    case "object":
      validateObject(node, shape, place, problems);
      break;
    case "either":
      validateEither(node, shape, place, problems);
      break;
    default:
      unreachable(shape);
  }
}

/** The text of a scalar where `shape` takes it; undefined where it does not. */
function scalarText(node: ScalarNode, shape: TextShape): string | undefined {
  if (typeof node.value === "string") return node.value;
  if (typeof node.value !== "number" || shape.integers === undefined) return undefined;
  const canonical = Number.isSafeInteger(node.value) && String(node.value) === node.source;
  return canonical || shape.integers === "as-written" ? node.source : undefined;
}

function validateText(node: YamlNode, shape: TextShape, place: Place, problems: Problems): void {
  const format = formats[shape.format];
  if (node.kind !== "scalar" || isAbsent(node)) {
    wrongType(node, format.expected, place, problems);
    return;
  }
  const text = scalarText(node, shape);
  if (text !== undefined && format.pattern.test(text)) return;
  const advice = format.advise?.(text ?? node.source);
  if (text === undefined) {
    const read = node.value === null ? "nothing" : `the ${typeof node.value} ${String(node.value)}`;
    problems.error(
      "ambiguous-scalar",
      node.span,
      `${place.name}: YAML reads ${node.source} as ${read}, not as a text`,
      advice ?? `quote it: "${node.source}"`,
    );
    return;
  }
  problems.error(
    "wrong-value",
    node.span,
    `${place.name}: expected ${format.expected}; found ${quote(text)}`,
    advice,
  );
}

function validateInteger(node: YamlNode, shape: IntegerShape, place: Place, problems: Problems): void {
  const expected = `a whole number from ${shape.min} to ${shape.max}`;
  if (node.kind !== "scalar" || typeof node.value !== "number") {
    const quoted = node.kind === "scalar" && typeof node.value === "string" && /^\d+$/.test(node.value);
    wrongType(node, expected, place, problems, quoted ? "write it without quotes" : undefined);
    return;
  }
  // 0123 would be another number in YAML 1.1 than in YAML 1.2, and 1e3 is hardly meant.
  const canonical = Number.isSafeInteger(node.value) && String(node.value) === node.source;
  if (canonical && node.value >= shape.min && node.value <= shape.max) return;
  problems.error("wrong-value", node.span, `${place.name}: expected ${expected}; found ${node.source}`);
}

function validateBoolean(node: YamlNode, place: Place, problems: Problems): void {
  if (node.kind === "scalar" && typeof node.value === "boolean") return;
  const word = node.kind === "scalar" ? node.source.toLowerCase() : "";
  const meant = ["no", "off", "n"].includes(word)
    ? "false"
    : ["yes", "on", "y"].includes(word)
      ? "true"
      : undefined;
  wrongType(node, "true or false", place, problems, meant === undefined ? undefined : `write ${meant}`);
}

function validateChoice(node: YamlNode, shape: ChoiceShape, place: Place, problems: Problems): void {
  if (node.kind !== "scalar" || isAbsent(node)) {
    wrongType(node, listOf(shape.values, "or"), place, problems);
    return;
  }
  const text = typeof node.value === "string" ? node.value : node.source;
  if (shape.values.includes(text)) return;
  const only = shape.values.length === 1 ? shape.values[0] : undefined;
  const nearest = only ?? shape.nearest?.(text) ?? nearestName(text, shape.values);
  const few = shape.values.length <= 4 ? `; expected ${listOf(shape.values, "or")}` : "";
  problems.error(
    "wrong-value",
    node.span,
    `${place.name}: ${quote(text)} is not a known ${shape.what}${few}`,
    nearest === undefined ? undefined : `did you mean ${nearest}?`,
  );
}

function validateList(node: YamlNode, shape: ListShape, place: Place, problems: Problems): void {
  if (node.kind !== "list") {
    const single = node.kind === "scalar" && !isAbsent(node);
    wrongType(node, "a list", place, problems, single ? `write [${node.source}]` : undefined);
    return;
  }
  if (node.items.length < (shape.min ?? 0)) {
    problems.error(
      "too-few-items",
      node.span,
      `${place.name}: the list is empty`,
      "remove the field, or name something",
    );
  }
  for (const item of node.items) validate(item, shape.item, { name: place.name, span: item.span }, problems);
  if (shape.unique === true) refuseTwice(node.items, place, problems);
}

function refuseTwice(items: readonly YamlNode[], place: Place, problems: Problems): void {
  const seen = new Map<string, Span>();
  for (const item of items) {
    if (item.kind !== "scalar" || isAbsent(item)) continue;
    const text = String(item.value);
    const first = seen.get(text);
    if (first === undefined) seen.set(text, item.span);
    else {
      const where = first.line === item.span.line ? "" : `; the first is on line ${first.line}`;
      problems.error("duplicate-item", item.span, `${place.name}: ${text} is named twice${where}`);
    }
  }
}

function validateMap(node: YamlNode, shape: MapShape, place: Place, problems: Problems): void {
  if (node.kind !== "map") {
    wrongType(node, "a map", place, problems, mapHint(node, shape));
    return;
  }
  const format = formats[shape.key];
  for (const entry of node.entries) {
    if (!format.pattern.test(entry.key)) {
      const message = `${place.name}: expected ${format.expected}; found ${quote(entry.key)}`;
      problems.error("wrong-value", entry.keySpan, message, format.advise?.(entry.key));
    }
    validate(entry.value, shape.value, { name: `${place.name}.${entry.key}`, span: entry.keySpan }, problems);
  }
}

function mapHint(node: YamlNode, shape: MapShape): string | undefined {
  const first = node.kind === "list" ? node.items[0] : undefined;
  if (first?.kind === "scalar" && /^[A-Za-z_]\w*=/.test(first.source))
    return "write NAME: value, without a dash";
  return `write ${formats[shape.key].example}: ...`;
}

function validateObject(node: YamlNode, shape: ObjectShape, place: Place, problems: Problems): void {
  if (node.kind !== "map") {
    wrongType(node, `a map with the fields of ${shape.name}`, place, problems);
    return;
  }
  const meant = new Set<string>();
  for (const entry of node.entries) {
    const field = Object.hasOwn(shape.fields, entry.key) ? shape.fields[entry.key] : undefined;
    if (field === undefined) {
      const nearest = nearestField(entry.key, shape);
      if (nearest !== undefined) meant.add(nearest);
      const hint =
        nearest === undefined
          ? `the fields are ${listOf(Object.keys(shape.fields), "and")}`
          : `did you mean ${nearest}?`;
      problems.error("unknown-field", entry.keySpan, `${shape.name} has no field ${entry.key}`, hint);
      continue;
    }
    validate(entry.value, field.shape, { name: entry.key, span: entry.keySpan }, problems);
  }
  for (const [name, field] of Object.entries(shape.fields)) {
    // A field that is only misspelt has its message already.
    if (field.required !== true || has(node, name) || meant.has(name)) continue;
    const hint = `add ${name}: ${field.example}`;
    problems.error("missing-field", place.span, `${shape.name} needs the field ${name}`, hint);
  }
  checkOneOf(node, shape, place, problems);
}

function checkOneOf(node: MapNode, shape: ObjectShape, place: Place, problems: Problems): void {
  if (shape.oneOf !== undefined) {
    const present = node.entries.filter((entry) => shape.oneOf?.includes(entry.key) === true);
    const expected = `${shape.name} needs exactly one of ${listOf(shape.oneOf, "and")}`;
    const second = present[1];
    if (present.length === 0) problems.error("exclusive-fields", place.span, expected);
    else if (second !== undefined) {
      problems.error(
        "exclusive-fields",
        second.keySpan,
        expected,
        `remove ${present[0]?.key ?? ""} or ${second.key}`,
      );
    }
  }
  for (const [name, other] of Object.entries(shape.needs ?? {})) {
    const entry = node.entries.find((one) => one.key === name);
    if (entry === undefined || has(node, other)) continue;
    problems.error("lonely-field", entry.keySpan, `${name} belongs to ${other}, which is not there`);
  }
}

function nearestField(name: string, shape: ObjectShape): string | undefined {
  const names = Object.keys(shape.fields);
  const letters = name.toLowerCase().replaceAll(/[-_]/g, "");
  const respelled = names.find((known) => known.replaceAll("-", "").toLowerCase() === letters);
  return respelled ?? new Map(Object.entries(shape.renamed ?? {})).get(name) ?? nearestName(name, names);
}

function validateEither(node: YamlNode, shape: EitherShape, place: Place, problems: Problems): void {
  const inner = node.kind === "scalar" && isAbsent(node) ? undefined : shape[node.kind];
  if (inner !== undefined) {
    validate(node, inner, place, problems);
    return;
  }
  const expected = [
    shape.scalar === undefined ? [] : ["a text"],
    shape.list === undefined ? [] : ["a list"],
    shape.map === undefined ? [] : ["a map"],
  ].flat();
  const empty =
    node.kind === "scalar" && shape.scalar !== undefined ? 'write "" for an empty text' : shape.hint;
  wrongType(node, listOf(expected, "or"), place, problems, empty);
}

function wrongType(node: YamlNode, expected: string, place: Place, problems: Problems, hint?: string): void {
  const absent = node.kind === "scalar" && isAbsent(node);
  const found = absent ? "nothing" : node.kind === "scalar" ? node.source : `a ${node.kind}`;
  const span = absent ? place.span : node.span;
  problems.error("wrong-type", span, `${place.name}: expected ${expected}; found ${found}`, hint);
}

/** Nothing stands after the colon, or `null`, `~`: for a field, the same as a mistake. */
function isAbsent(node: ScalarNode): boolean {
  return node.value === null;
}

function has(node: MapNode, name: string): boolean {
  return node.entries.some((entry) => entry.key === name);
}

function quote(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return JSON.stringify(short);
}

/** "a, b or c". */
function listOf(names: readonly string[], last: "and" | "or"): string {
  const final = names.at(-1) ?? "";
  return names.length < 2 ? final : `${names.slice(0, -1).join(", ")} ${last} ${final}`;
}
