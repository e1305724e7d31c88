// Applies the knowledge rules to what gets kept. Rules are compiled once; a kept file is tested against them once.
import { lazy } from "../../base/lazy.ts";
import { compileGlob, type Glob, matching } from "../../tree/glob.ts";
import { baseName, type TreePath } from "../../tree/path.ts";
import type { Reason, Weakness } from "../closure.ts";
import { countsForWildcards, deferGlob } from "../pending.ts";
import { keepLibrary, type LoadedNames } from "../process.ts";
import { factsAt, keepPath, type Work } from "../work.ts";
import type { KnowledgeRule } from "./rule.ts";
import { rules } from "./rules.ts";

interface Compiled {
  readonly rule: KnowledgeRule;
  readonly sonames: readonly Glob[];
  readonly paths: readonly Glob[];
  readonly files: readonly { readonly glob: Glob; readonly keep: boolean; readonly because: string }[];
}

const compiled = lazy<readonly Compiled[]>(() => rules.map(compile));

/**
 * Keeps what the rules know of a kept program or library. Each rule is applied once per closure, and once more where the first
 * file that it is about wasn't recognised as that. Tells whether any rule is about this one.
 */
export function applyKnowledge(
  work: Work,
  path: TreePath,
  applied: Set<string>,
  present: LoadedNames,
): boolean {
  const facts = factsAt(work, path);
  const soname = facts?.elf?.soname ?? baseName(path);
  const own = (facts?.identities ?? []).filter((one) => one.within === undefined).map((one) => one.id);
  let met = false;
  for (const one of compiled()) {
    if (!isMet(one, path, soname)) continue;
    met = true;
    const { content, id } = one.rule;
    const weak = content?.some((wanted) => own.includes(wanted)) === false ? "unrecognised" : undefined;
    // Libraries are looked for as the file that asks for them would: each one asks again.
    for (const { soname: wanted, because } of one.rule.sonames ?? []) {
      keepLibrary(work, path, wanted, reasonOf(path, one.rule, because, weak), present);
    }
    if (applied.has(id) || (weak !== undefined && applied.has(`${id} ${weak}`))) continue;
    applied.add(weak === undefined ? id : `${id} ${weak}`);
    keepFiles(work, path, one, weak);
  }
  return met;
}

function keepFiles(work: Work, from: TreePath, one: Compiled, weak: Weakness | undefined): void {
  const decided = new Set<TreePath>();
  for (const { glob, keep, because } of one.files) {
    if (keep) deferGlob(work, glob.text);
    // Only of what content was recognised as does a rule know which programs it starts.
    const isSure = one.rule.content !== undefined && !isPattern(glob);
    const reason = reasonOf(from, one.rule, because, weak ?? (isSure ? undefined : "named"));
    for (const entry of matching(work.input.tree, glob)) {
      const { path } = entry;
      if (decided.has(path) || !countsForWildcards(work, entry)) continue;
      decided.add(path);
      if (keep) keepPath(work, path, reason, "ship");
      else work.findings.dropped.set(path, because);
    }
  }
}

/** Whether whatever lies in a folder matches, rather than a file of this name. */
function isPattern({ below, literal }: Glob): boolean {
  return !literal && /[*?]/.test(below[below.length - 1] ?? "");
}

function reasonOf(from: TreePath, rule: KnowledgeRule, because: string, weak: Weakness | undefined): Reason {
  return {
    from,
    kind: "knowledge",
    evidence: `rule ${rule.id}: ${because}`,
    confidence: "known",
    ...(weak === undefined ? {} : { weak }),
  };
}

function isMet(one: Compiled, path: TreePath, soname: string): boolean {
  const name = `/${soname}` as TreePath;
  return one.sonames.some((glob) => glob.matches(name)) || one.paths.some((glob) => glob.matches(path));
}

function compile(rule: KnowledgeRule): Compiled {
  return {
    rule,
    sonames: (rule.when.sonames ?? []).map(compileGlob),
    paths: (rule.when.paths ?? []).map(compileGlob),
    files: (rule.files ?? []).map((fact) => ({
      glob: compileGlob("keep" in fact ? fact.keep : fact.leave),
      keep: "keep" in fact,
      because: fact.because,
    })),
  };
}
