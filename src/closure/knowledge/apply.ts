// Applies the knowledge rules to what gets kept. Rules are compiled once; a kept file is tested against them once.
import { lazy } from "../../base/lazy.ts";
import { compileGlob, type Glob, matching } from "../../tree/glob.ts";
import { baseName, type TreePath } from "../../tree/path.ts";
import type { Reason } from "../closure.ts";
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

/** Keeps what the rules know of a kept program or library, each rule once per closure. Tells whether any rule is about it. */
export function applyKnowledge(
  work: Work,
  path: TreePath,
  applied: Set<string>,
  present: LoadedNames,
): boolean {
  const soname = factsAt(work, path)?.elf?.soname ?? baseName(path);
  let met = false;
  for (const one of compiled()) {
    if (!isMet(one, path, soname)) continue;
    met = true;
    // Libraries are looked for as the file that asks for them would: each one asks again.
    for (const { soname: wanted, because } of one.rule.sonames ?? []) {
      keepLibrary(work, path, wanted, reasonOf(path, one.rule, because), present);
    }
    if (applied.has(one.rule.id)) continue;
    applied.add(one.rule.id);
    keepFiles(work, path, one);
  }
  return met;
}

function keepFiles(work: Work, from: TreePath, one: Compiled): void {
  const decided = new Set<TreePath>();
  for (const { glob, keep, because } of one.files) {
    if (keep) deferGlob(work, glob.text);
    for (const entry of matching(work.input.tree, glob)) {
      const { path } = entry;
      if (decided.has(path) || !countsForWildcards(work, entry)) continue;
      decided.add(path);
      if (keep) keepPath(work, path, reasonOf(from, one.rule, because), "ship");
      else work.findings.dropped.set(path, because);
    }
  }
}

function reasonOf(from: TreePath, rule: KnowledgeRule, because: string): Reason {
  return { from, kind: "knowledge", evidence: `rule ${rule.id}: ${because}`, confidence: "known" };
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
