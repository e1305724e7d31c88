// distill-policy.yaml as data: validation, JSON Schema and reference are made of it (formats/document/shape.ts).
import type { Json } from "../../base/canonical-json.ts";
import { documentSchema } from "../../formats/document/json-schema.ts";
import type { Field, ObjectShape } from "../../formats/document/shape.ts";
import { levels } from "../levels.ts";
import { primitives } from "../primitives.ts";
import { ruleIds, severities } from "../rules.ts";

const reason: Field = {
  shape: { kind: "text", format: "word" },
  description: "Why, for those who read the report.",
  example: "the vendor's agent needs it until version 3",
  required: true,
};

const expires: Field = {
  shape: { kind: "text", format: "date" },
  description: "The last day that it counts on, in UTC; at most a year from the day of the audit.",
  example: "2027-03-01",
};

const waiver: ObjectShape = {
  kind: "object",
  name: "waiver",
  fields: {
    rule: {
      shape: { kind: "choice", what: "rule of the audit", values: ruleIds },
      description: "The rule whose findings are waived.",
      example: "setuid",
      required: true,
    },
    path: {
      shape: { kind: "text", format: "glob" },
      description: "The files. Rules about files need this or `package`.",
      example: "/opt/agent/**",
    },
    package: {
      shape: { kind: "text", format: "name pattern" },
      description: "The package that the file belongs to, as the image's own package database says.",
      example: "busybox-static",
    },
    image: {
      shape: { kind: "text", format: "name pattern" },
      description: "The images, by the reference that the audit is given.",
      example: "registry.example.test/team/**",
      default: "every image",
    },
    level: {
      shape: { kind: "choice", what: "level", values: levels },
      description:
        "The worst that is accepted: a finding with which an image is below it counts, whatever its path and package.",
      example: "slim",
      default: "the level that the rule allows where nothing makes it worse",
    },
    reason,
    expires: { ...expires, required: true },
  },
  renamed: { id: "rule", until: "expires", expiry: "expires", because: "reason", justification: "reason" },
};

const kept: ObjectShape = {
  kind: "object",
  name: "kept path",
  fields: {
    path: {
      shape: { kind: "text", format: "glob" },
      description: "The files.",
      example: "/opt/app/plugins/*.so",
      required: true,
    },
    reason,
    expires: { ...expires, default: "it counts for good" },
  },
  renamed: { until: "expires", expiry: "expires", because: "reason", justification: "reason" },
};

const allowed: ObjectShape = {
  kind: "object",
  name: "primitives",
  fields: {
    allow: {
      shape: {
        kind: "list",
        item: { kind: "choice", what: "primitive", values: primitives },
        unique: true,
      },
      description:
        "What files that the entrypoint does not need may offer. `[]` allows nothing. A waived finding's file is left out.",
      example: "[file-read]",
      default: "anything",
    },
    residual: {
      shape: {
        kind: "list",
        item: { kind: "choice", what: "primitive", values: primitives },
        unique: true,
      },
      description: "What the application's own files may offer.",
      example: "[exec, library-load]",
      default: "anything",
    },
  },
  renamed: { needed: "residual", allowed: "allow" },
};

export const policy: ObjectShape = {
  kind: "object",
  name: "distill-policy.yaml",
  fields: {
    apiVersion: {
      shape: { kind: "choice", what: "version of the format", values: ["distill/v1"] },
      description: "The version of this format.",
      example: "distill/v1",
      required: true,
    },
    kind: {
      shape: { kind: "choice", what: "kind of file", values: ["AuditPolicy"] },
      description: "What the file is, for tools that look for it.",
      example: "AuditPolicy",
    },
    level: {
      shape: { kind: "choice", what: "level", values: levels },
      description: "The level that an image must reach; what is waived is left out of it.",
      example: "distroless",
    },
    "fail-at": {
      shape: { kind: "choice", what: "severity", values: severities },
      description: "A finding of this severity, or a graver one, fails whatever the level.",
      example: "critical",
    },
    primitives: {
      shape: allowed,
      description: "What the image's files may offer to whoever can start a program in the container.",
      example: "{allow: []}",
    },
    waivers: {
      shape: { kind: "list", item: waiver },
      description: "Findings that are known, and accepted for a time.",
      example: '[{rule: setuid, path: /usr/bin/ping, reason: "the probe sends ICMP", expires: 2027-03-01}]',
    },
    keep: {
      shape: { kind: "list", item: kept },
      description:
        "Files that the program needs although nothing in the image shows it. They get the role `declared`, and findings of `unneeded-elf` and `unneeded-script` on them are waived.",
      example: '[{path: /opt/app/plugins/*.so, reason: "loaded by name from the configuration"}]',
    },
  },
  renamed: {
    required: "level",
    "fail-below": "level",
    severity: "fail-at",
    exceptions: "waivers",
    ignore: "waivers",
  },
};

/** The whole schema, as docs/reference/policy.schema.json holds it. */
export function policySchema(): Json {
  return documentSchema(
    policy,
    "distill-policy.yaml",
    "What is asked of images, and accepted in them, apiVersion distill/v1.",
  );
}
