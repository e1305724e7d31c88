// COPY and ADD of what the .dockerignore leaves out (moby/buildkit, dockerfile2llb/validations.go, validateCopySourcePath).
import { InvalidInput } from "../../../base/diagnostics.ts";
import { compilePatterns, matchPatterns } from "../../../formats/ignore-patterns.ts";
import type { Instruction, Word } from "../ast.ts";
import type { Checks } from "./checks.ts";
import type { File, Report } from "./seen.ts";

/** Patterns that leave out all there is. */
const everything: readonly string[] = ["*", "**", "**/*"];

export function checkIgnoredSource(
  { context: { ignorePatterns = [] } }: File,
  instruction: Instruction,
  values: ReadonlyMap<Word, string>,
  checks: Checks,
  report: Report,
): void {
  const patterns = withoutExceptions(ignorePatterns);
  if (patterns.length === 0 || instruction.flags.some(({ name }) => name === "from")) return;
  for (const [{ span }, source] of [...values].slice(0, -1)) {
    if (isRemote(source)) continue;
    const path = cleaned(source);
    const ignored =
      path === "" ? patterns.some((pattern) => everything.includes(pattern)) : matchPatterns(patterns, path);
    if (!ignored) continue;
    report({
      rule: "ignored-source",
      checks,
      span,
      message: `the .dockerignore leaves out ${source}`,
      hint: "take it out of the patterns, or except it with !",
    });
  }
}

/** None where there are exceptions: whether one lies below a source, only the folder itself can say. */
function withoutExceptions(patterns: readonly string[]): readonly string[] {
  if (patterns.some((pattern) => pattern.startsWith("!"))) return [];
  try {
    compilePatterns(patterns);
    return patterns;
  } catch (thrown) {
    // Lowering tells what is wrong with them.
    if (thrown instanceof InvalidInput) return [];
    throw thrown;
  }
}

/** A path relative to the context; empty for the context itself. */
function cleaned(source: string): string {
  const parts: string[] = [];
  for (const part of source.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

export function isRemote(source: string): boolean {
  return /^(?:[a-z][a-z0-9+.-]{0,15}:\/\/|git@)/i.test(source);
}
