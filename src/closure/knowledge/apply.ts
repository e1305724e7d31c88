// Applies the knowledge rules to what gets kept. Rules are compiled once; a kept file is tested against them once.
import { lazy } from "../../base/lazy.ts";
import { compileGlob, type Glob, matching } from "../../tree/glob.ts";
import { baseName, type TreePath } from "../../tree/path.ts";
import type { Reason } from "../closure.ts";
import { deferGlob } from "../pending.ts";
import { keepLibrary, type LoadedNames } from "../process.ts";
import { factsAt, keepPath, type Work } from "../work.ts";
import type { KnowledgeRule } from "./rule.ts";
import { rules } from "./rules.ts";

interface Compiled {
  readonly rule: KnowledgeRule;
  readonly sonames: readonly Glob[];
  readonly paths: readonly Glob[];
  readonly keep: readonly { readonly glob: Glob; readonly because: string }[];
  readonly except: readonly { readonly glob: Glob; readonly because: string }[];
}

const compiled = lazy<readonly Compiled[]>(() => rules.map(compile));

/** Keeps what the rules know of a kept program or library, each rule once per closure. Tells whether any rule was met. */
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
    keepSonames(work, path, one.rule, present);
    if (applied.has(one.rule.id)) continue;
    applied.add(one.rule.id);
    keepGlobs(work, path, one);
  }
  return met;
}

function keepGlobs(work: Work, from: TreePath, one: Compiled): void {
  for (const { glob, because } of one.keep) {
    const reason = reasonOf(from, one.rule, because);
    deferGlob(work, glob.text);
    for (const entry of matching(work.input.tree, glob)) {
      const exception = one.except.find((part) => part.glob.matches(entry.path));
      if (exception === undefined) keepPath(work, entry.path, reason, "ship");
      else if (!work.reasons.has(entry.path)) work.findings.dropped.set(entry.path, exception.because);
    }
  }
}

function keepSonames(work: Work, from: TreePath, rule: KnowledgeRule, present: LoadedNames): void {
  for (const { soname, because } of rule.sonames ?? []) {
    keepLibrary(work, from, soname, reasonOf(from, rule, because), present);
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
    keep: (rule.keep ?? []).map(({ glob, because }) => ({ glob: compileGlob(glob), because })),
    except: (rule.except ?? []).map(({ glob, because }) => ({ glob: compileGlob(glob), because })),
  };
}
