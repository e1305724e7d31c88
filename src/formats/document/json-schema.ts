// The JSON Schema (draft 2020-12) of a document, from the same description as the parser's. It says all of the shape; what takes
// more than one place to judge only the document's own parser knows.
import type { Json } from "../../base/canonical-json.ts";
import { limits } from "../../base/limits.ts";
import type { EitherShape, ObjectShape, Shape, TextShape } from "./shape.ts";
import { formats } from "./text-formats.ts";

type JsonObject = { readonly [key: string]: Json | undefined };

/** The whole schema of a document, with what it says of itself. */
export function documentSchema(shape: ObjectShape, title: string, description: string): Json {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title,
    description,
    ...objectSchema(shape),
  };
}

function schemaOf(shape: Shape): JsonObject {
  switch (shape.kind) {
    case "text":
      return textSchema(shape);
    case "integer":
      return { type: "integer", minimum: shape.min, maximum: shape.max };
    case "boolean":
      return { type: "boolean" };
    case "choice":
      return { enum: shape.values };
    case "list":
      return {
        type: "array",
        items: schemaOf(shape.item),
        ...(shape.min === undefined ? {} : { minItems: shape.min }),
        ...(shape.unique === true ? { uniqueItems: true } : {}),
      };
    case "map":
      return {
        type: "object",
        propertyNames: { pattern: formats[shape.key].pattern.source },
        additionalProperties: schemaOf(shape.value),
      };
    case "object":
      return objectSchema(shape);
    case "either":
      return eitherSchema(shape);
  }
}

/**
 * `pattern` concerns texts alone, so numbers need their own bound. What an unquoted 0644 is to a YAML reader depends on its
 * version (420 or 644): for modes any whole number must do.
 */
function textSchema(shape: TextShape): JsonObject {
  const { pattern } = formats[shape.format];
  if (shape.integers === undefined) return { type: "string", pattern: pattern.source };
  const numbers: JsonObject = shape.format === "port" ? { minimum: 1, maximum: 65_535 } : {};
  const unsigned = shape.format === "user" || shape.format === "mode" ? { minimum: 0 } : {};
  const most = shape.format === "user" ? { maximum: limits.userNumberMax } : {};
  return { type: ["string", "integer"], pattern: pattern.source, ...numbers, ...unsigned, ...most };
}

function objectSchema(shape: ObjectShape): JsonObject {
  const fields = Object.entries(shape.fields);
  const required = fields.filter(([, field]) => field.required === true).map(([name]) => name);
  const properties = fields.map(([name, field]): [string, Json] => [
    name,
    { description: field.description, ...schemaOf(field.shape) },
  ]);
  const needs = Object.entries(shape.needs ?? {}).map(([name, other]): [string, Json] => [name, [other]]);
  return {
    type: "object",
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    ...(shape.oneOf === undefined ? {} : { oneOf: shape.oneOf.map((name) => ({ required: [name] })) }),
    ...(needs.length === 0 ? {} : { dependentRequired: Object.fromEntries(needs) }),
    properties: Object.fromEntries(properties),
  };
}

function eitherSchema(shape: EitherShape): JsonObject {
  const branches = [shape.scalar, shape.list, shape.map]
    .filter((branch) => branch !== undefined)
    .map(schemaOf);
  const only = branches[0];
  return branches.length === 1 && only !== undefined ? only : { anyOf: branches };
}
