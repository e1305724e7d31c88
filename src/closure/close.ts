// The closure: from the launch to everything it needs, each file with its reasons. Pure: the same input gives the same
// outcome; nothing is read but the tree, its facts and what is said of packages.
import { type TreePath, treePath } from "../tree/path.ts";
import { resolve } from "../tree/resolve.ts";
import type { Closure, ClosureInput } from "./closure.ts";
import { applyKnowledge } from "./knowledge/apply.ts";
import { keepDeclared, keepLaunch } from "./launch.ts";
import { keepPackageData, leftOut } from "./package-data.ts";
import { deferPath } from "./pending.ts";
import { keepLibrary, type LoadedNames, loadProcess } from "./process.ts";
import { roleOf } from "./role.ts";
import { keepScriptInterpreter } from "./scripts.ts";
import { factsAt, isCode, keepPath, startWork, type Work } from "./work.ts";

interface Followed {
  /** What programs have loaded, by soname. */
  readonly present: LoadedNames;
  readonly rulesApplied: Set<string>;
  readonly expanded: Set<TreePath>;
  /** Kept libraries: looked at once all programs are, when it is known what those have loaded. */
  readonly modules: TreePath[];
}

/**
 * Computes the closure of a launch. Where `deferred` of the result is not empty, unpack those packages, make the tree anew and
 * call again; only the closure without any is final.
 */
export function close(input: ClosureInput): Closure {
  const work = startWork(input);
  keepLaunch(work);
  keepDeclared(work);
  follow(work);
  keepPackageData(work);
  const { missing, deferred, mentioned, unproven } = work.findings;
  return {
    reasons: work.reasons,
    role: roleOf(work),
    missing: [...missing.values()],
    leftOut: leftOut(work),
    mentioned: [...mentioned.values()],
    deferred,
    unproven: [...unproven].map(([path, why]) => ({ path, why })),
  };
}

/** Follows every edge out of code until nothing new is kept. */
function follow(work: Work): void {
  const followed: Followed = {
    present: new Map(),
    rulesApplied: new Set(),
    expanded: new Set(),
    modules: [],
  };
  for (;;) {
    const path = work.queue.shift();
    if (path !== undefined) {
      visit(work, path, followed);
      continue;
    }
    const module = followed.modules.shift();
    if (module === undefined) return;
    loadProcess(work, module, followed.present);
  }
}

function visit(work: Work, path: TreePath, followed: Followed): void {
  const facts = factsAt(work, path);
  if (facts?.script !== undefined && work.runs.has(path)) keepScriptInterpreter(work, path, facts.script);
  if (facts === undefined || followed.expanded.has(path)) return;
  followed.expanded.add(path);
  if (facts.magic !== "elf" && facts.magic !== "script") return;
  if (facts.elf?.interpreter !== undefined) loadProcess(work, path, followed.present);
  else if (facts.elf !== undefined) followed.modules.push(path);
  else if (facts.magic === "elf")
    work.findings.unproven.set(path, "an ELF file that can't be read: what it needs is not known");
  applyKnowledge(work, path, followed.rulesApplied, followed.present);
  keepNamed(work, path, followed.present);
}

/** What an ELF file names in its notes and strings. */
function keepNamed(work: Work, path: TreePath, present: LoadedNames): void {
  const elf = factsAt(work, path)?.elf;
  if (elf === undefined) return;
  for (const note of elf.dlopen) {
    if (note.priority === "suggested") continue;
    const evidence = `.note.dlopen ${note.feature ?? note.sonames.join("|")} (${note.priority})`;
    for (const soname of note.sonames) {
      const reason = { from: path, kind: "dlopen-note", evidence, confidence: "certain" } as const;
      if (keepLibrary(work, path, soname, reason, present) !== undefined) break;
    }
  }
  for (const soname of elf.sonameStrings) {
    // The string table holds those of the dynamic section too.
    if (soname === elf.soname || elf.needed.includes(soname)) continue;
    const evidence = `names ${soname}`;
    keepLibrary(
      work,
      path,
      soname,
      { from: path, kind: "soname-string", evidence, confidence: "likely" },
      present,
    );
  }
  for (const text of elf.pathStrings) {
    const named = treePath(text);
    if (named !== undefined) keepNamedPath(work, path, named);
  }
}

/** Mounted or made while a container runs; what an image holds there is nobody's. */
const atRunTime = /^\/(?:proc|sys|dev|run|tmp)\//;

/** A path in a program's text proves no more than that it may read it: data stays, code is only mentioned. */
function keepNamedPath(work: Work, by: TreePath, named: TreePath): void {
  if (atRunTime.test(named)) return;
  const found = resolve(work.input.tree, named);
  if (found === undefined) {
    deferPath(work, named);
    return;
  }
  if (found.entry.kind === "directory") return;
  const evidence = `names ${named}`;
  if (isCode(work, found.entry)) {
    if (!work.findings.mentioned.has(found.path))
      work.findings.mentioned.set(found.path, { path: found.path, by, evidence });
    return;
  }
  keepPath(work, named, { from: by, kind: "path-string", evidence, confidence: "likely" }, "ship");
}
