// Which rules are off: what `# check=` says for a file, and a comment above an instruction for that one
// (docs.docker.com/reference/dockerfile, "check").
import type { Directives, Instruction } from "../ast.ts";
import { type LintRule, type LintRuleId, lintRules } from "./rules.ts";

export interface Checks {
  readonly skip: ReadonlySet<string>;
  readonly experimental: ReadonlySet<string>;
}

export function fileChecks({ check }: Directives): Checks {
  return { skip: new Set(check?.skip), experimental: new Set(check?.experimental) };
}

/** Those of the file with those of the first comment above `instruction` that says some. */
export function checksAbove(checks: Checks, { comments }: Pick<Instruction, "comments">): Checks {
  for (const comment of comments) {
    const equals = comment.indexOf("=");
    if (equals < 0 || comment.slice(0, equals).trim().toLowerCase() !== "check") continue;
    const [value = ""] = comment
      .slice(equals + 1)
      .trim()
      .split(" ", 1);
    const given = new Map<string, readonly string[]>();
    for (const part of value.split(";")) {
      const cut = part.indexOf("=");
      // What can't be read turns nothing off.
      if (cut < 0 || !["skip", "experimental", "error"].includes(part.slice(0, cut).trim())) return checks;
      given.set(
        part.slice(0, cut).trim(),
        part
          .slice(cut + 1)
          .split(",")
          .map((name) => name.trim()),
      );
    }
    return {
      skip: new Set([...checks.skip, ...(given.get("skip") ?? [])]),
      experimental: new Set([...checks.experimental, ...(given.get("experimental") ?? [])]),
    };
  }
  return checks;
}

export function isOn(id: LintRuleId, { experimental, skip }: Checks): boolean {
  const rule: LintRule = lintRules[id];
  if (rule.level === "asked") return experimental.has("all") || experimental.has(rule.name);
  return !skip.has("all") && !skip.has(rule.name);
}
