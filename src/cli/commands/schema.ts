// `distill schema`: the JSON Schemas of what distill reads and writes.
import { type Command, defineCommand } from "../command.ts";

export const command: Command = defineCommand({
  name: "schema",
  summary: "print a JSON Schema",
  usage: "spec",
  options: {},
  examples: [{ does: "let an editor check distill.yaml", line: "distill schema spec > distill.schema.json" }],
  async run(context) {
    const { specSchema } = await import("../../frontends/spec/json-schema.ts");
    context.stdout.write(`${JSON.stringify(specSchema(), null, 2)}\n`);
    return 0;
  },
});
