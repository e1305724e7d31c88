// docs/reference/rules.md, made from the rules and the fingerprints.
import { ruleIds, ruleSetVersion, rules, severities } from "../../src/audit/rules.ts";
import { fingerprints } from "../../src/content/fingerprints/rules.ts";
import type { ProgramKind } from "../../src/content/identity.ts";
import { techniqueLink } from "./levels.ts";
import { anchor, code, pageHead, table } from "./markdown.ts";

const introduction = `
What \`distill audit\` finds, by the rule set ${ruleSetVersion}. A finding with a level holds the image at it or below
([levels.md](levels.md)); a policy can waive a finding, with a reason and a last day ([policy.md](policy.md)).
`;

const kinds: Readonly<Record<ProgramKind, string>> = {
  shell: "Shells",
  "multi-call": "Multi-call binaries",
  "package-manager": "Package managers",
  userland: "Userland",
  interpreter: "Interpreters",
  tool: "Tools",
};

export function rulesPage(): string {
  const overview = ruleIds
    .toSorted((a, b) => severities.indexOf(rules[a].severity) - severities.indexOf(rules[b].severity))
    .map((id) => {
      const { atMost, severity, title } = rules[id];
      return [`[${id}](#${anchor(id)})`, title, severity, atMost === undefined ? "-" : code(atMost)];
    });
  return `${pageHead("Rules of the audit", "src/audit/rules.ts and src/content/fingerprints")}${introduction}
${table(["rule", "what it finds", "severity", "at most"], overview)}
${ruleIds.map(ruleSection).join("\n")}
## Programs that are told by their content

A fingerprint is a set of signals in the bytes of a file: strings, dynamic symbols, needed libraries, applet tables, build
information. Two independent signals confirm one; the report shows each with a command of standard tools that finds it again.
Names of files play no part.

${fingerprintTable()}`;
}

function ruleSection(id: (typeof ruleIds)[number]): string {
  const { atMost, fix, severity, techniques = [], title, why } = rules[id];
  const gate = atMost === undefined ? "It moves no level." : `The image is at most ${code(atMost)} with it.`;
  const attack = techniques.length === 0 ? "" : ` MITRE ATT&CK: ${techniques.map(techniqueLink).join(", ")}.`;
  return `## ${id}

**${title}** (${severity}). ${gate}${attack}

${why}

What to do: ${fix}.
`;
}

function fingerprintTable(): string {
  const rows = (Object.keys(kinds) as ProgramKind[]).map((kind) => {
    const told = fingerprints
      .filter((one) => one.kind === kind)
      .map((one) => `${one.name} (${code(one.id)})`);
    return [kinds[kind], told.join(", ")];
  });
  return table(["kind", "programs"], rows);
}
