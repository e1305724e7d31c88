// The fields of the items of `test`.

import type { Field, ObjectShape } from "../../formats/document/shape.ts";
import { argv, env } from "./fields-run.ts";

const outputMatch: ObjectShape = {
  kind: "object",
  name: "output",
  oneOf: ["contains", "equals", "matches"],
  fields: {
    contains: {
      shape: { kind: "text", format: "any" },
      description: "The output holds this text.",
      example: '"15."',
    },
    equals: {
      shape: { kind: "text", format: "any" },
      description: "The output is exactly this text.",
      example: '"ok\\n"',
    },
    matches: {
      shape: { kind: "text", format: "word" },
      description: "A part of the output matches this regular expression (ECMAScript, with the flag u).",
      example: "'^postgres [(]PostgreSQL[)] 15'",
    },
  },
};

const paths = (description: string, example: string): Field => ({
  shape: { kind: "list", item: { kind: "text", format: "glob" }, min: 1, unique: true },
  description,
  example,
});

export const test: ObjectShape = {
  kind: "object",
  name: "test",
  oneOf: ["run", "absent", "present"],
  needs: Object.fromEntries(
    ["env", "stdin", "exit-code", "stdout", "stderr", "timeout", "user"].map((field) => [field, "run"]),
  ),
  fields: {
    run: {
      shape: argv,
      description: "A program that is run in the image, and its arguments.",
      example: "[/usr/bin/app, --version]",
    },
    absent: paths("Nothing in the image matches these paths.", "[/bin/sh]"),
    present: paths("Each of these paths matches something in the image.", "[/usr/share/zoneinfo/**]"),
    env: { ...env, description: "Environment variables beside the image's own." },
    stdin: {
      shape: { kind: "text", format: "any" },
      description: "What the program gets on its standard input.",
      example: '"select 1;\\n"',
      default: "nothing",
    },
    "exit-code": {
      shape: { kind: "integer", min: 0, max: 255 },
      description: "The exit code that is expected.",
      example: "1",
      default: "0",
    },
    stdout: {
      shape: outputMatch,
      description: "What is expected on the standard output.",
      example: '{contains: "15."}',
    },
    stderr: {
      shape: outputMatch,
      description: "What is expected on the standard error.",
      example: '{equals: ""}',
    },
    timeout: {
      shape: { kind: "text", format: "duration" },
      description: "When the program is stopped and the test fails.",
      example: "10s",
      default: "30s",
    },
    user: {
      shape: { kind: "text", format: "user", integers: "canonical" },
      description: "Who the program runs as.",
      example: "postgres",
      default: "the image's user",
    },
  },
};
