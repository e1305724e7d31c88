import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { policyMistakes } from "../../../testing/policy-mistakes.ts";
import { documentRules } from "../../formats/document/rules.ts";
import { renderDiagnostics } from "../../report/diagnostics.ts";
import { path } from "../../tree/path.ts";
import { policySchema, policy as shape } from "./fields.ts";
import { parsePolicy } from "./parse.ts";
import { textGlob } from "./policy.ts";
import { policyRules } from "./rules.ts";

const golden = join(import.meta.dirname, "../../../test/golden/policy-diagnostics.txt");
const schemaAccepts = new Ajv2020({ strict: true, strictRequired: false }).compile(policySchema() as object);

const whole = `apiVersion: distill/v1
kind: AuditPolicy
level: distroless
fail-at: critical
primitives: {allow: [], residual: [exec, library-load]}
waivers:
  - rule: setuid
    path: /usr/bin/ping
    image: registry.example.test/team/**
    reason: the probe sends ICMP
    expires: 2027-03-01
  - {rule: shell, package: busybox-*, reason: "until the agent has a client of its own", expires: 2027-01-31}
  - {rule: shell, path: /opt/debug/sh, level: slim, reason: "the debug image", expires: 2027-01-31}
  - {rule: root-user, reason: "binds port 53", expires: 2026-12-31}
keep:
  - {path: /opt/app/plugins/*.so, reason: loaded by name from the configuration}
`;

describe("a policy", () => {
  it("is read whole", () => {
    const { value, diagnostics } = parsePolicy(whole, "distill-policy.yaml");
    expect(diagnostics).toEqual([]);
    expect(value).toMatchObject({
      file: "distill-policy.yaml",
      level: "distroless",
      failAt: "critical",
      primitives: { allow: [], residual: ["exec", "library-load"] },
      waivers: [
        { rule: "setuid", reason: "the probe sends ICMP", expires: "2027-03-01", span: { line: 7 } },
        { rule: "shell", expires: "2027-01-31" },
        { rule: "shell", level: "slim", expires: "2027-01-31" },
        { rule: "root-user", expires: "2026-12-31" },
      ],
      keep: [{ reason: "loaded by name from the configuration", span: { line: 16 } }],
    });
    const [ping, shell] = value?.waivers ?? [];
    expect(ping?.image?.matches("registry.example.test/team/web/api:1.2")).toBe(true);
    expect(ping?.image?.matches("registry.example.test/other/api:1.2")).toBe(false);
    expect(shell?.package?.matches("busybox-static")).toBe(true);
    expect(value?.keep[0]?.path.matches(path("/opt/app/plugins/a.so"))).toBe(true);
  });

  it("may say nothing but its version", () => {
    expect(parsePolicy("apiVersion: distill/v1\n", "x").value).toEqual({
      file: "x",
      primitives: {},
      waivers: [],
      keep: [],
    });
  });

  it("is what the schema accepts, and no mistake of shape is", () => {
    expect(schemaAccepts(parse(whole))).toBe(true);
    const wrong = policyMistakes.filter((one) => one.beyondSchema !== true);
    expect(wrong.filter(({ text }) => schemaAccepts(parse(text)))).toEqual([]);
    expect(
      policyMistakes.filter((one) => one.beyondSchema === true && !schemaAccepts(parse(one.text))),
    ).toEqual([]);
  });

  it.each(Object.entries(shape.fields))("the example of %s is one", (name, { example }) => {
    const text = name === "apiVersion" ? "" : `${name}: ${example}\n`;
    expect(parsePolicy(`apiVersion: distill/v1\n${text}`, "x").diagnostics).toEqual([]);
  });

  it("never throws, and has no value where it has an error", () => {
    const words = fc.constantFrom(
      "waivers",
      "rule",
      "shell",
      "path",
      "/**",
      ":",
      "- ",
      "\n",
      "  ",
      "{",
      "}",
      "[",
      "]",
      "keep",
      "2027-13-45",
      "expires",
      ",",
      "primitives",
      "allow",
      "null",
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 20 }), (parts) => {
        const { value, diagnostics } = parsePolicy(`apiVersion: distill/v1\n${parts.join(" ")}`, "x");
        expect(value === undefined).toBe(diagnostics.some((one) => one.severity === "error"));
      }),
    );
  });
});

test("what people are told of their mistakes", async () => {
  const blocks = policyMistakes.map(({ summary, text }) => {
    const { value, diagnostics } = parsePolicy(text, "distill-policy.yaml");
    expect(value, summary).toBeUndefined();
    return `# ${summary}\n${renderDiagnostics(diagnostics, { colour: false, sourceOf: () => text })}`;
  });
  await expect(blocks.join("\n")).toMatchFileSnapshot(golden);
});

test("every rule that is given is documented", () => {
  const given = policyMistakes.flatMap(({ text }) =>
    parsePolicy(text, "x").diagnostics.map((one) => one.rule),
  );
  expect(given.filter((rule) => !Object.hasOwn({ ...documentRules, ...policyRules }, rule))).toEqual([]);
  expect(given).toContain("wide-waiver");
});

test.each<[string, string, boolean]>([
  ["team/*", "team/app", true],
  ["team/*", "team/app/web", false],
  ["team/**", "team/app/web:1@sha256:00", true],
  ["app:1.?", "app:1.2", true],
  ["app:1.?", "app:1x2", false],
  ["a.c", "abc", false],
  ["a+(b)[c]{d}|^$\\", "a+(b)[c]{d}|^$\\", true],
])("the pattern %s and the name %s", (pattern, name, expected) => {
  expect(textGlob(pattern).matches(name)).toBe(expected);
});
