// docs/reference/levels.md, made from the levels, the rules and the primitives.
import { levelCriteria, levels } from "../../src/audit/levels.ts";
import { primitiveMeanings, primitives } from "../../src/audit/primitives.ts";
import { ruleIds, ruleSetVersion, rules } from "../../src/audit/rules.ts";
import { techniqueUrl } from "../../src/report/audit/techniques.ts";
import { anchor, code, pageHead, table } from "./markdown.ts";

const introduction = `
How distroless an image is, by \`distill audit\`. The levels are gates, worst first: a finding says which level an image has at most
with it, and the image's level is the worst of these. A score is for trends, and lifts no gate. Content decides, whatever a
file's path, name or mode is; what can't be told is taken for the worst that it can be, and the verdict says then that it isn't
determinate, and what the image is at best.

What is here is the rule set ${ruleSetVersion}. Every verdict states the version that it was made by.
`;

export function levelsPage(): string {
  const rows = levels.map((level, index) => {
    const holding = ruleIds.filter((id) => rules[id].atMost === level);
    const links = holding.map((id) => `[${id}](rules.md#${anchor(id)})`).join(", ");
    return [String(index + 1), code(level), levelCriteria[level], links === "" ? "-" : links];
  });
  const meanings = primitives.map((primitive) => {
    const { techniques, what } = primitiveMeanings[primitive];
    return [code(primitive), what, techniques.map(techniqueLink).join(", ")];
  });
  return `${pageHead("Levels", "src/audit/levels.ts and src/audit/primitives.ts")}${introduction}
${table(["", "level", "what it takes, or what puts an image there", "rules that hold an image at it"], rows)}
A finding can be worse than its rule: a shell that the image's PATH has makes a \`slim\`, and with a package manager a \`distro\`.
What lower layers hold and the merged tree doesn't show moves no level but for secrets, and is told apart as residue.

## Primitives

What an attacker who can start a program of the image gets from it. Those of the application's own runtime are always reported:
an image with Node.js can be truly distroless, and Node.js starts programs and opens connections all the same.

${table(["primitive", "what it does", "MITRE ATT&CK"], meanings)}`;
}

export function techniqueLink(id: string): string {
  return `[${id}](${techniqueUrl(id)})`;
}
