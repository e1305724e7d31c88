// distill-policy.yaml: text to a `Policy`, or everything that is wrong with it. Never throws on input.
import type { Parsed } from "../../base/diagnostics.ts";
import { assert } from "../../base/errors.ts";
import { asMap, asText, field, itemsOf, lenient, optional, textsOf } from "../../formats/document/nodes.ts";
import { parseDocument } from "../../formats/document/parse.ts";
import type { Problems } from "../../formats/document/problems.ts";
import type { DocumentRule } from "../../formats/document/rules.ts";
import type { MapNode, YamlNode } from "../../formats/document/yaml-nodes.ts";
import { compileGlob } from "../../tree/glob.ts";
import { isLevel, type Level } from "../levels.ts";
import { type Primitive, primitives } from "../primitives.ts";
import { type RuleId, rules, type Severity, severities } from "../rules.ts";
import { policy as shape } from "./fields.ts";
import { type Kept, type Policy, textGlob, type Waiver } from "./policy.ts";
import type { PolicyRule } from "./rules.ts";

type PolicyProblems = Problems<PolicyRule | DocumentRule>;

/** Rules whose findings are about the image as a whole: a waiver of them has nothing to name. */
const ofTheImage: ReadonlySet<RuleId> = new Set([
  "shell-startup",
  "missing",
  "no-start",
  "root-user",
  "root-group",
  "named-user",
  "unknown-user",
  "no-user",
  "secret-in-config",
  "malformed-accounts",
  "missing-metadata",
  "residue",
  "lower-layers",
  "dynamic-loader",
  "runtime-interpreter",
  "embedded-interpreter",
]);

/** Reads a policy. `file` is its path as messages show it. */
export function parsePolicy(text: string, file: string): Parsed<Policy> {
  const { value: root, diagnostics } = parseDocument(text, file, shape, check);
  return { value: root === undefined ? undefined : readPolicy(root, file), diagnostics };
}

function readPolicy(root: MapNode, file: string): Policy {
  const allowed = field(root, "primitives");
  return {
    file,
    ...optional("level", field(root, "level"), readLevel),
    ...optional("failAt", field(root, "fail-at"), readSeverity),
    primitives: {
      ...listed("allow", allowed),
      ...listed("residual", allowed),
    },
    waivers: itemsOf(root, "waivers").map((node) => readWaiver(asMap(node))),
    keep: itemsOf(root, "keep").map((node) => readKept(asMap(node))),
  };
}

function listed<K extends "allow" | "residual">(
  name: K,
  node: YamlNode | undefined,
): { readonly [P in K]?: readonly Primitive[] } {
  return optional(name, node === undefined ? undefined : field(asMap(node), name), () =>
    textsOf(asMap(node), name).map(readPrimitive),
  );
}

function readWaiver(node: MapNode): Waiver {
  return {
    rule: readRule(field(node, "rule")),
    ...optional("path", field(node, "path"), (path) => compileGlob(asText(path))),
    ...optional("package", field(node, "package"), (name) => textGlob(asText(name))),
    ...optional("image", field(node, "image"), (name) => textGlob(asText(name))),
    ...optional("level", field(node, "level"), readLevel),
    reason: asText(field(node, "reason")),
    expires: asText(field(node, "expires")),
    span: node.span,
  };
}

function readKept(node: MapNode): Kept {
  return {
    path: compileGlob(asText(field(node, "path"))),
    reason: asText(field(node, "reason")),
    ...optional("expires", field(node, "expires"), asText),
    span: node.span,
  };
}

function readLevel(node: YamlNode): Level {
  const text = asText(node);
  assert(isLevel(text), "a validated level");
  return text;
}

function readSeverity(node: YamlNode): Severity {
  const found = severities.find((one) => one === asText(node));
  assert(found !== undefined, "a validated severity");
  return found;
}

function readPrimitive(text: string): Primitive {
  const found = primitives.find((one) => one === text);
  assert(found !== undefined, "a validated primitive");
  return found;
}

function readRule(node: YamlNode | undefined): RuleId {
  const text = asText(node);
  assert(isRule(text), "a validated rule");
  return text;
}

function isRule(text: string): text is RuleId {
  return Object.hasOwn(rules, text);
}

/** What takes more than one field to judge, or a calendar. */
function check(root: MapNode, problems: PolicyProblems): void {
  for (const name of ["waivers", "keep"]) {
    const seen = new Map<string, number>();
    for (const item of lenient.items(root, name)) {
      const node = lenient.map(item);
      if (node === undefined) continue;
      checkDate(node, problems);
      if (name === "waivers") checkWaiver(node, problems);
      else checkKept(node, problems);
      checkTwice(node, name, seen, problems);
    }
  }
}

/** The format lets 2027-02-30 pass. */
const dayHint = "write a day of the calendar, year first: 2027-02-28";

function checkDate(node: MapNode, problems: PolicyProblems): void {
  const value = field(node, "expires");
  const text = lenient.text(value);
  if (value === undefined || text === undefined || !/^\d{4}-\d\d-\d\d$/.test(text)) return;
  const time = Date.parse(`${text}T00:00:00Z`);
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(text)) return;
  const [, month, day] = text.split("-").map(Number);
  if (month === undefined || month < 1 || month > 12 || day === undefined || day < 1 || day > 31) return;
  problems.error("wrong-value", value.span, `expires: there is no day ${text}`, dayHint);
}

function checkWaiver(node: MapNode, problems: PolicyProblems): void {
  const rule = lenient.text(field(node, "rule"));
  if (rule === undefined || !isRule(rule)) return;
  const [path, owner] = [field(node, "path"), field(node, "package")];
  if (path === undefined && owner === undefined && !ofTheImage.has(rule)) {
    const hint = "name the file it is about: path: /usr/bin/example";
    problems.error("wide-waiver", node.span, `a waiver of ${rule} needs a path or a package`, hint);
  }
  const ownerText = lenient.text(owner);
  if (owner !== undefined && ownerText !== undefined && /^[*?]+$/.test(ownerText)) {
    const message = `a waiver of ${rule} for the package ${ownerText} waives it in any`;
    problems.error("wide-waiver", owner.span, message, "name the package");
  }
  const pathText = lenient.text(path);
  if (path === undefined || pathText === undefined || rules[rule].severity !== "critical") return;
  if (staysInFolder(pathText)) return;
  const message = `a waiver of ${rule} for ${pathText} waives it anywhere`;
  problems.error("wide-waiver", path.span, message, "name the file, or its folder");
}

function checkKept(node: MapNode, problems: PolicyProblems): void {
  const path = field(node, "path");
  const text = lenient.text(path);
  if (path === undefined || text === undefined || staysInFolder(text)) return;
  const message = `${text} keeps files anywhere, also those that nobody has seen yet`;
  problems.error("wide-waiver", path.span, message, "name the file, or its folder");
}

/** Whether all that a glob matches is one file, or lies in one folder of the root. Other shapes of text are told elsewhere. */
function staysInFolder(text: string): boolean {
  if (!text.startsWith("/")) return true;
  const [, first = ""] = text.split("/");
  return first !== "" && !/[*?]/.test(first);
}

function checkTwice(node: MapNode, name: string, seen: Map<string, number>, problems: PolicyProblems): void {
  const parts = ["rule", "path", "package", "image"].map((part) => lenient.text(field(node, part)) ?? "");
  if (parts.every((part) => part === "")) return;
  const key = JSON.stringify(parts);
  const first = seen.get(key);
  if (first === undefined) seen.set(key, node.span.line);
  else {
    const message = `${name}: the same as on line ${first}`;
    problems.error("duplicate-item", node.span, message, "keep one of them: two dates for one thing mislead");
  }
}
