// docs/reference/distill.yaml.md
import { spec } from "../../src/frontends/spec/fields.ts";
import { documentTables } from "./document.ts";
import { pageHead } from "./markdown.ts";

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
  return `${pageHead("distill.yaml", "src/frontends/spec")}${introduction}\n${documentTables(spec)}`;
}
