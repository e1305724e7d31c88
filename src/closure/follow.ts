// Follows every edge out of kept code, until nothing new is kept.

import type { ElfFacts } from "../formats/elf.ts";
import { baseName, type TreePath, treePath } from "../tree/path.ts";
import { looksLikeCode } from "./code-paths.ts";
import { applyKnowledge } from "./knowledge/apply.ts";
import { keepNameServices } from "./knowledge/name-service.ts";
import { loadsUnknown } from "./knowledge/runtimes-unknown.ts";
import { deferPath } from "./pending.ts";
import { keepPreloads } from "./preload.ts";
import { keepLibrary, type LoadedNames, loadProcess, noneLoaded } from "./process.ts";
import { keepScriptInterpreter } from "./scripts.ts";
import { addUnproven, factsAt, find, isCode, keepPath, type Work } from "./work.ts";

interface Followed {
  readonly present: LoadedNames;
  readonly rulesApplied: Set<string>;
  readonly expanded: Set<TreePath>;
  /** Kept libraries: looked at once all programs are, when it is known what those have loaded. */
  readonly modules: TreePath[];
  /** Strings looked up in vain: most are, and many files hold the same ones. */
  readonly nowhere: Set<string>;
  /** Some program has an interpreter, which loads what is preloaded. */
  hasLoader: boolean;
}

/** Looks at everything kept, and at what that keeps. */
export function follow(work: Work): void {
  const followed: Followed = {
    present: noneLoaded(),
    rulesApplied: new Set(),
    expanded: new Set(),
    modules: [],
    nowhere: new Set(),
    hasLoader: false,
  };
  for (let at = 0, module = 0; ; ) {
    const path = work.queue[at];
    const waiting = followed.modules[module];
    if (path !== undefined) {
      at += 1;
      visit(work, path, followed);
    } else if (waiting !== undefined) {
      module += 1;
      loadProcess(work, waiting, followed.present);
    } else return;
  }
}

function visit(work: Work, path: TreePath, followed: Followed): void {
  const facts = factsAt(work, path);
  if (facts?.script !== undefined && work.runs.has(path)) keepScriptInterpreter(work, path, facts.script);
  if (facts === undefined || followed.expanded.has(path)) return;
  followed.expanded.add(path);
  if (facts.magic !== "elf" && facts.magic !== "script") return;
  const { elf } = facts;
  if (elf?.interpreter !== undefined) {
    if (!followed.hasLoader) keepPreloads(work);
    followed.hasLoader = true;
    loadProcess(work, path, followed.present);
  } else if (elf !== undefined) followed.modules.push(path);
  else if (facts.magic === "elf") {
    const why = "an ELF file that can't be read: what it needs is not known";
    addUnproven(work, { path, kind: "unread", why });
  }
  applyRules(work, path, followed);
  if (elf === undefined) return;
  const name = elf.soname ?? baseName(path);
  if (!followed.present.kept.has(name)) followed.present.kept.set(name, { path, elf });
  if (elf.soname === "libc.so.6") keepNameServices(work, path, followed.present);
  keepNotes(work, path, elf, followed.present);
  keepNamedLibraries(work, path, elf, followed.present);
  for (const text of elf.pathStrings) keepNamedPath(work, path, text, followed);
}

/** What no rule is about and yet loads by name is said aloud. */
function applyRules(work: Work, path: TreePath, followed: Followed): void {
  if (applyKnowledge(work, path, followed.rulesApplied, followed.present)) return;
  const { elf } = factsAt(work, path) ?? {};
  if (elf === undefined) return;
  const unknown = loadsUnknown(elf.soname ?? baseName(path));
  if (unknown !== undefined) {
    const why = `it loads ${unknown} by name, and no rule tells which: declare them with keep`;
    addUnproven(work, { path, kind: "no-rule", why });
    return;
  }
  const script = work.reasons
    .get(path)
    ?.find((one) => one.kind === "interpreter" && one.evidence.startsWith("#!"));
  if (script === undefined || baseName(path) === "env") return;
  const why = `it runs ${script.from}, and no rule tells what a script of it needs: declare that with keep`;
  addUnproven(work, { path, kind: "no-rule", why });
}

/** UAPI "ELF Dlopen Metadata": one of the sonames of each note, the first that is found. A suggestion is none for a minimal image. */
function keepNotes(work: Work, path: TreePath, elf: ElfFacts, present: LoadedNames): void {
  for (const note of elf.dlopen) {
    if (note.priority === "suggested") continue;
    const evidence = `.note.dlopen ${note.feature ?? note.sonames.join("|")} (${note.priority})`;
    const reason = { from: path, kind: "dlopen-note", evidence, confidence: "certain" } as const;
    const required = note.priority === "required";
    if (note.sonames.some((soname) => keepLibrary(work, path, soname, reason, present) !== undefined))
      continue;
    const deferred = note.sonames.some(
      (soname) => work.input.packages?.pending.packageOfSoname(soname) !== undefined,
    );
    if (!required || deferred) continue;
    work.findings.missing.set(`note ${path} ${evidence}`, {
      what: note.sonames.join(" or "),
      kind: "library",
      neededBy: path,
      evidence,
    });
  }
}

/** A soname in a program's text is most likely one for dlopen(3). */
function keepNamedLibraries(work: Work, path: TreePath, elf: ElfFacts, present: LoadedNames): void {
  // The string table holds the names of the dynamic section too, and the notes speak for themselves.
  const spoken = new Set([elf.soname, ...elf.needed, ...elf.dlopen.flatMap((note) => note.sonames)]);
  for (const soname of elf.sonameStrings) {
    if (spoken.has(soname)) continue;
    const evidence = `names ${soname}`;
    const reason = { from: path, kind: "soname-string", evidence, confidence: "likely" } as const;
    keepLibrary(work, path, soname, reason, present);
  }
}

/** Mounted or made while a container runs; what an image holds there is nobody's. */
const atRunTime = /^\/(?:proc|sys|dev|run|tmp)\//;

/** A path in a program's text proves no more than that it may read it: data stays, code is only mentioned. */
function keepNamedPath(work: Work, by: TreePath, text: string, followed: Followed): void {
  if (followed.nowhere.has(text)) return;
  const named = atRunTime.test(text) ? undefined : treePath(text);
  const found = named === undefined ? undefined : find(work, named);
  if (named === undefined || found === undefined) {
    // By its name alone, so that a package need not be unpacked for what would only be mentioned.
    if (named === undefined || looksLikeCode(named) || !deferPath(work, named)) followed.nowhere.add(text);
    return;
  }
  if (found.entry.kind === "directory") return;
  const evidence = `names ${named}`;
  if (looksLikeCode(named) || isCode(work, found.entry)) {
    const { mentioned } = work.findings;
    if (!mentioned.has(found.path)) mentioned.set(found.path, { path: found.path, by, evidence });
    return;
  }
  keepPath(work, named, { from: by, kind: "path-string", evidence, confidence: "likely" }, "ship");
}
