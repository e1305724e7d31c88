import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { specMistakes } from "../../../testing/spec-mistakes.ts";
import { collectProblems } from "../../formats/document/problems.ts";
import type { DocumentRule } from "../../formats/document/rules.ts";
import type { ObjectShape, Shape } from "../../formats/document/shape.ts";
import { formats } from "../../formats/document/text-formats.ts";
import { validate } from "../../formats/document/validate.ts";
import { parseYaml } from "../../formats/document/yaml.ts";
import { spec as specShape } from "./fields.ts";
import { run as runShape } from "./fields-run.ts";
import { specSchema } from "./json-schema.ts";
import { parseSpec } from "./parse.ts";

const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: false });
const schemaAccepts = ajv.compile(specSchema() as object);

/** The rules that are a matter of shape: schema and parser must agree on them. */
const shapeRules: readonly string[] = [
  "unknown-field",
  "missing-field",
  "wrong-type",
  "ambiguous-scalar",
  "wrong-value",
  "too-few-items",
  "duplicate-item",
  "exclusive-fields",
  "lonely-field",
] satisfies DocumentRule[];

test("the schema is a valid schema, and the published one is this one", () => {
  expect(ajv.validateSchema(specSchema() as object)).toBe(true);
  const file = join(import.meta.dirname, "../../../docs/reference/distill.schema.json");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(specSchema());
});

describe("mistakes", () => {
  test.each(specMistakes.filter((one) => one.beyondSchema !== true))(
    "the schema refuses $summary",
    ({ text }) => {
      expect(schemaAccepts(parse(text))).toBe(false);
    },
  );

  test("what is marked as beyond the schema is not a matter of shape, or of how a number is written", () => {
    for (const { text, summary } of specMistakes.filter((one) => one.beyondSchema === true)) {
      const { diagnostics } = parseSpec(text, "x");
      const ofShape = diagnostics.filter((one) => shapeRules.includes(one.rule));
      const written = ofShape.every(
        (one) => one.rule === "ambiguous-scalar" || one.message.includes("octal"),
      );
      expect(written, summary).toBe(true);
    }
  });
});

/** A value with every field that can stand beside the others, made of the fields' examples. */
function wholeOf(shape: Shape, example: string): unknown {
  switch (shape.kind) {
    case "object": {
      const [first] = shape.oneOf ?? [];
      const kept = Object.entries(shape.fields).filter(
        ([name]) =>
          name === first ||
          (shape.oneOf?.includes(name) !== true && (shape.needs?.[name] ?? first) === first),
      );
      return Object.fromEntries(kept.map(([name, field]) => [name, wholeOf(field.shape, field.example)]));
    }
    case "list":
      return shape.item.kind === "object" ? [wholeOf(shape.item, example)] : parse(example);
    case "map":
      return shape.value.kind === "object"
        ? { [formats[shape.key].example]: wholeOf(shape.value, example) }
        : parse(example);
    case "text":
      return shape.format === "mode" ? example : parse(example);
    default:
      return parse(example);
  }
}

const replacements: readonly unknown[] = [
  ...[
    null,
    true,
    -1,
    1,
    1.5,
    70_000,
    "",
    "x",
    "x y",
    "/",
    "/a",
    "/a/",
    "/../a",
    "../a",
    "a/..",
    "**",
    "/**",
    "/a**",
  ],
  ...[
    "30s",
    "5/tcp",
    "!a",
    "a=1",
    "A",
    "SIGTERM",
    "linux/arm64",
    "https://a@b",
    "\u0000",
    "\n",
    "context",
    "0644",
    "07",
  ],
  ...[
    [],
    ["x"],
    ["x", "x"],
    ["/a"],
    ["/a", "/a"],
    [1],
    [null],
    [[]],
    {},
    { x: "y" },
    { x: {} },
    { "/x": {} },
    { X: "y" },
  ],
  ...[{ secret: "a/b" }, { secret: 1 }, { contains: "" }, { from: "context", source: ".", target: "/a" }],
];

/** Every value of `value` replaced, removed, or given a neighbour. */
function* variants(value: unknown): Generator {
  yield* replacements;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    for (const [index, item] of items.entries()) {
      for (const variant of variants(item)) yield items.with(index, variant);
    }
  } else if (typeof value === "object" && value !== null) {
    yield { ...value, unknown: 1 };
    for (const [name, member] of Object.entries(value)) {
      yield Object.fromEntries(Object.entries(value).filter(([other]) => other !== name));
      for (const variant of variants(member)) yield { ...value, [name]: variant };
    }
  }
}

/** Small specs, each with one field in all its variations. */
function* variedSpecs(): Generator {
  const run = { entrypoint: ["/x"] };
  const base = { apiVersion: "distill/v1", name: "a", run };
  yield* variants(base);
  for (const [name, field] of Object.entries(specShape.fields)) {
    if (name === "run") continue;
    for (const variant of variants(wholeOf(field.shape, field.example))) yield { ...base, [name]: variant };
  }
  for (const [name, field] of Object.entries(runShape.fields)) {
    for (const variant of variants(wholeOf(field.shape, field.example))) {
      yield { ...base, run: { ...run, [name]: variant } };
    }
  }
}

test("schema and parser agree on every variation of every field", () => {
  expect(schemaAccepts(wholeOf(specShape, ""))).toBe(true);
  let compared = 0;
  for (const variant of variedSpecs()) {
    const text = JSON.stringify(variant);
    const { root } = parseYaml(text, "x");
    if (root === undefined) throw new Error(`not YAML: ${text}`);
    const problems = collectProblems();
    validate(root, specShape, { name: "x", span: root.span }, problems);
    // 1 is a whole number to the schema, whatever its digits were; as a mode the parser wants 0644.
    const byMode =
      problems.found.length > 0 && problems.found.every((one) => one.message.includes("octal mode"));
    const accepted = problems.found.length === 0 || (byMode && /"mode":[0-9]+[,}]/.test(text));
    if (schemaAccepts(variant) !== accepted) {
      const messages = problems.found.map((one) => one.message).join("\n");
      expect.fail(`the schema says ${String(!accepted)}: ${text}\n${messages}`);
    }
    compared += 1;
  }
  expect(compared).toBeGreaterThan(3000);
}, 60_000);

describe("examples of fields", () => {
  const all: { readonly name: string; readonly shape: Shape; readonly example: string }[] = [];
  const collect = (shape: Shape, seen: Set<ObjectShape>): void => {
    if (shape.kind === "list") collect(shape.item, seen);
    else if (shape.kind === "map") collect(shape.value, seen);
    else if (shape.kind === "either") {
      for (const inner of [shape.scalar, shape.list, shape.map])
        if (inner !== undefined) collect(inner, seen);
    } else if (shape.kind === "object" && !seen.has(shape)) {
      seen.add(shape);
      for (const [name, field] of Object.entries(shape.fields)) {
        all.push({ name: `${shape.name}.${name}`, shape: field.shape, example: field.example });
        collect(field.shape, seen);
      }
    }
  };
  collect(specShape, new Set());

  test.each(all)("$name: $example", ({ name, shape, example }) => {
    const { root, problems: yamlProblems } = parseYaml(example, "x");
    expect(yamlProblems).toEqual([]);
    if (root === undefined) throw new Error("nothing was read");
    const problems = collectProblems();
    validate(root, shape, { name, span: root.span }, problems);
    expect(problems.found).toEqual([]);
  });
});
