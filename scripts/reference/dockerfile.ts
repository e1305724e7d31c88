// docs/reference/dockerfile.md, made from the tables that the parser and lint hold to.
import { type LintRule, lintRules } from "../../src/frontends/dockerfile/lint/rules.ts";
import {
  directiveRows,
  type Feature,
  type FlagRule,
  formRows,
  instructionRules,
  mountRows,
  type State,
} from "../../src/frontends/dockerfile/table.ts";
import { anchor, code, pageHead, table } from "./markdown.ts";

const introduction = `
What \`distill build\` reads of a Dockerfile: the stable syntax of docker/dockerfile 1.x, every instruction and flag with what is
done with it. *Since* is the version of docker/dockerfile that has it first; without one it is as old as multi-stage builds.
What means something else than in BuildKit is a bug.

A file that can't be built gives all of its mistakes at once, each with its line ([diagnostics.md](diagnostics.md)).
\`distill graph --ast\` prints how a file is read.
`;

export function dockerfilePage(): string {
  const entries = Object.entries(instructionRules);
  const overview = entries.map(([name, rule]) => [
    `[${name.toUpperCase()}](#${anchor(name)})`,
    stateText(rule.support),
    rule.summary,
  ]);
  const sections = entries.map(([name, { flags, usage }]) => {
    const rows = Object.entries(flags).map(([flag, rule]) => flagRow(flag, rule));
    const flagTable = rows.length === 0 ? "" : `\n${table(["flag", "state", "", "since"], rows)}`;
    return `### ${name.toUpperCase()}\n\n${usage.split(", or ").map(code).join(", or ")}\n${flagTable}`;
  });
  return `${pageHead("Dockerfiles", "src/frontends/dockerfile/table.ts")}${introduction}
## Instructions

${table(["instruction", "state", ""], overview)}
${sections.join("\n")}
## Mounts of RUN

${features("mount", mountRows)}
## Directives

${features("directive", directiveRows)}
## Forms

${features("form", formRows)}
## Lint

What \`distill lint\` tells, and \`distill build\` as well. Names are those of \`# check=skip=NAME,NAME\`, which the first lines of a
file say for all of it and a comment above an instruction for that one. With \`# check=error=true\` findings of BuildKit's rules are
errors. Those marked *asked* are told with \`# check=experimental=NAME\` only.

${lintTable()}`;
}

function flagRow(name: string, rule: FlagRule): readonly string[] {
  const refused = Object.entries(rule.refused ?? {}).map(
    ([value, { reason }]) => ` ${code(value)} is refused: it ${reason}.`,
  );
  return [
    code(`--${name}${rule.value === "switch" ? "" : `=${placeholder(rule)}`}`),
    stateText(rule.support),
    `${rule.summary}${rule.repeatable === true ? " May be repeated." : ""}${refused.join("")}`,
    rule.since ?? "",
  ];
}

function placeholder({ value }: FlagRule): string {
  switch (value) {
    case "duration":
      return "DURATION";
    case "count":
      return "NUMBER";
    case "text":
    case "switch":
      return "TEXT";
    default:
      return value.join("|");
  }
}

function features(head: string, rows: readonly Feature[]): string {
  const cells = rows.map(({ name, since, summary, support }) => [
    code(name),
    stateText(support),
    summary,
    since ?? "",
  ]);
  return table([head, "state", "", "since"], cells);
}

function stateText(support: State): string {
  return support.state === "supported" ? "supported" : `${support.state}: it ${support.reason}`;
}

function lintTable(): string {
  const rules: readonly (readonly [string, LintRule])[] = Object.entries(lintRules);
  const rows = rules.map(([id, { description, level, name, origin, url }]) => [
    url === undefined ? code(name) : `[${code(name)}](${url})`,
    code(id),
    `${description}${level === "asked" ? " *Asked.*" : ""}`,
    origin === "buildkit" ? "BuildKit" : "",
  ]);
  return table(["name", "rule", "what it finds", "also in"], rows);
}
