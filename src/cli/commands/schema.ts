// `distill schema`: the JSON Schemas of what distill reads and writes.
import type { Json } from "../../base/canonical-json.ts";
import { assert } from "../../base/errors.ts";
import { type Command, defineCommand } from "../command.ts";

const schemas: Readonly<Record<string, () => Promise<Json>>> = {
  spec: async () => (await import("../../frontends/spec/json-schema.ts")).specSchema(),
  policy: async () => (await import("../../audit/policy/fields.ts")).policySchema(),
  audit: async () => (await import("../../report/audit/json-schema.ts")).auditSchema(),
  metadata: async () => (await import("../../report/metadata.ts")).metadataSchema(),
};

export const command: Command = defineCommand({
  name: "schema",
  summary: "print a JSON Schema",
  usage: "spec|policy|audit|metadata",
  options: {},
  examples: [
    { does: "let an editor check distill.yaml", line: "distill schema spec > distill.schema.json" },
    { does: "see what `distill audit --format json` writes", line: "distill schema audit" },
  ],
  async run(context, { positionals: [name = "spec"] }) {
    const schema = schemas[name];
    assert(schema !== undefined, `a schema without a name: ${name}`);
    context.stdout.write(`${JSON.stringify(await schema(), null, 2)}\n`);
    return 0;
  },
});
