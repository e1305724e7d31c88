// `distill schema`: the JSON Schemas of what distill reads and writes.
import type { Json } from "../../base/canonical-json.ts";
import { type Command, defineCommand } from "../command.ts";

const schemas: Readonly<Record<string, () => Promise<Json>>> = {
  spec: async () => (await import("../../frontends/spec/json-schema.ts")).specSchema(),
  audit: async () => (await import("../../report/audit/json-schema.ts")).auditSchema(),
  diff: async () => (await import("../../report/compare/json-schema.ts")).diffSchema(),
  graph: async () => (await import("../../report/graph/json-schema.ts")).graphSchema(),
  lint: async () => (await import("../../report/lint.ts")).lintSchema(),
  policy: async () => (await import("../../audit/policy/fields.ts")).policySchema(),
  metadata: async () => (await import("../../report/metadata.ts")).metadataSchema(),
};

export const command: Command = defineCommand({
  name: "schema",
  summary: "print a JSON Schema",
  usage: Object.keys(schemas).join("|"),
  options: {},
  examples: [
    { does: "let an editor check distill.yaml", line: "distill schema spec > distill.schema.json" },
    { does: "what gates may rely on", line: "distill schema audit > audit.schema.json" },
  ],
  async run(context, { positionals }) {
    const [name = ""] = positionals;
    const schema = await schemas[name]?.();
    context.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
    return 0;
  },
});
