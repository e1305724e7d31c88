// The tables of a page about a YAML file, from the description that its parser has.
import type { Field, ObjectShape, Shape } from "../../src/formats/document/shape.ts";
import { type Format, type FormatName, formats } from "../../src/formats/document/text-formats.ts";
import { anchor, code, table } from "./markdown.ts";

/** The tables of a document: its objects, outermost first, and the forms of texts that they use. */
export function documentTables(shape: ObjectShape): string {
  const sections = [...objectsOf(shape)].map(section);
  return `${sections.join("\n")}\n${formatSection(shape)}`;
}

function section(shape: ObjectShape): string {
  const rows = Object.entries(shape.fields).map(([name, field]) => [
    code(name),
    typeOf(field.shape),
    field.description + presence(name, field, shape),
    code(field.example),
  ]);
  const oneOf =
    shape.oneOf === undefined ? "" : `Exactly one of ${shape.oneOf.map(code).join(", ")} is there.\n\n`;
  return `## ${shape.name}\n\n${oneOf}${table(["field", "type", "", "example"], rows)}`;
}

function presence(name: string, field: Field, shape: ObjectShape): string {
  const needs = shape.needs?.[name];
  if (field.required === true) return " **Required.**";
  if (needs !== undefined && field.default === undefined) return ` Only beside ${code(needs)}.`;
  return field.default === undefined ? "" : ` Default: ${field.default}.`;
}

function typeOf(shape: Shape): string {
  switch (shape.kind) {
    case "text": {
      const name = shape.format === "any" || shape.format === "word" ? "text" : formatLink(shape.format);
      return shape.integers === "canonical" ? `${name} or number` : name;
    }
    case "integer":
      return `number, ${shape.min} to ${shape.max}`;
    case "boolean":
      return "`true` or `false`";
    case "choice":
      return shape.values.length > 4
        ? `a ${shape.what}: ${shape.values.join(" ")}`
        : shape.values.map(code).join(", ");
    case "list":
      return `list of ${typeOf(shape.item)}`;
    case "map":
      return `map of ${formatLink(shape.key)} to ${typeOf(shape.value)}`;
    case "object":
      return `[${shape.name}](#${anchor(shape.name)})`;
    case "either":
      return [shape.scalar, shape.list, shape.map]
        .filter((inner) => inner !== undefined)
        .map(typeOf)
        .join(", or ");
  }
}

function formatLink(name: string): string {
  return `[${name}](#forms-of-texts)`;
}

function formatSection(shape: ObjectShape): string {
  const used = formatsOf(shape);
  const all = Object.entries(formats) as [FormatName, Format][];
  const rows = all
    .filter(([name]) => used.has(name))
    .map(([name, format]) => [
      name,
      format.expected,
      code(format.example),
      code(format.pattern.source.replaceAll("\\/", "/")),
    ]);
  return `## Forms of texts\n\n${table(["form", "what it is", "example", "pattern (ECMA 262)"], rows)}`;
}

/** Every object, outermost first. */
function objectsOf(shape: Shape, found: Set<ObjectShape> = new Set()): ReadonlySet<ObjectShape> {
  if (shape.kind === "list") objectsOf(shape.item, found);
  else if (shape.kind === "map") objectsOf(shape.value, found);
  else if (shape.kind === "either") {
    for (const inner of [shape.scalar, shape.list, shape.map])
      if (inner !== undefined) objectsOf(inner, found);
  } else if (shape.kind === "object" && !found.has(shape)) {
    found.add(shape);
    for (const field of Object.values(shape.fields)) objectsOf(field.shape, found);
  }
  return found;
}

/** The forms of every text in it. */
function formatsOf(shape: Shape): ReadonlySet<FormatName> {
  switch (shape.kind) {
    case "text":
      return new Set([shape.format]);
    case "list":
      return formatsOf(shape.item);
    case "map":
      return new Set([shape.key, ...formatsOf(shape.value)]);
    case "object":
      return new Set(Object.values(shape.fields).flatMap((field) => [...formatsOf(field.shape)]));
    case "either":
      return new Set(
        [shape.scalar, shape.list, shape.map].flatMap((inner) =>
          inner === undefined ? [] : [...formatsOf(inner)],
        ),
      );
    default:
      return new Set();
  }
}
