// docs/reference/distill.yaml.md
import { spec } from "../../src/frontends/spec/fields.ts";
import { formats } from "../../src/frontends/spec/formats.ts";
import type { Field, ObjectShape, Shape } from "../../src/frontends/spec/shape.ts";
import { anchor, code, pageHead, table } from "./markdown.ts";

const introduction = `
A spec is one YAML 1.2 document in UTF-8. The first line may be \`#syntax=IMAGE\`, for builds by BuildKit. The shape is also
there as a JSON Schema, [distill.schema.json](distill.schema.json); \`distill schema spec\` prints it. An editor that knows
\`# yaml-language-server: $schema=...\` completes and checks while you type.

Anchors and aliases may be used. Tags, merge keys (\`<<\`) and duplicate keys are refused; so is every field that is not in
these tables.

**Texts and numbers.** Where a text is expected, quote what YAML would take for something else: \`"3.10"\`, \`"true"\`, \`"007"\`.
A plain whole number may stand without quotes where the table says "number": \`5432\`.

**Modes** are octal, and are written with a leading zero: \`0644\`, \`"0644"\` or \`0o644\`. \`644\` and \`420\` are refused: readers of
YAML disagree on what an unquoted number with a leading zero means, so the digits are taken as they stand in the file.

**Durations** are whole numbers with a unit: \`500ms\`, \`30s\`, \`1m30s\`, \`2h\`.
`;

export function specPage(): string {
  const objects = objectsOf(spec);
  const sections = [...objects].map(section);
  return `${pageHead("distill.yaml", "src/frontends/spec")}${introduction}\n${sections.join("\n")}\n${formatSection()}`;
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

function formatSection(): string {
  const rows = Object.entries(formats).map(([name, format]) => [
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
