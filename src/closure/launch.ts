// The roots: what the runtime starts, as it finds it (OCI image-spec config.md; the runtime resolves a bare name through the
// config's PATH, a relative one against the working directory), the healthcheck, the user's account, the spec's declarations.
import { limits } from "../base/limits.ts";
import { searchPath } from "../base/search-path.ts";
import { shellNames } from "../content/shell-names.ts";
import { compileGlob, matching } from "../tree/glob.ts";
import { root, type TreePath, treePath } from "../tree/path.ts";
import { resolve } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import type { Declaration, Launch, Reason } from "./closure.ts";
import { countsForWildcards, deferGlob, deferNearest } from "./pending.ts";
import { addMissing, addReason, addUnproven, keepPath, type Use, type Work } from "./work.ts";
import { wrappedIn } from "./wrappers.ts";

/** Programs that read a script given to them, beside shells: its own `#!` line does not count then. */
const interpreters = /^(?:python|perl|ruby|node|nodejs|php|java|lua|tclsh|Rscript)$/;

/** Keeps the roots of the launch, and says which of them are not there. */
export function keepLaunch(work: Work): void {
  const { launch } = work.input;
  const argv = [...launch.entrypoint, ...launch.command];
  keepCommand(work, argv, launch.entrypoint.length > 0 ? "entrypoint" : "command");
  const [form, ...words] = launch.healthcheck;
  if (form === "CMD-SHELL") keepCommand(work, ["/bin/sh", "-c", ...words], "healthcheck");
  else if (form !== undefined && form !== "NONE") {
    keepCommand(work, form === "CMD" ? words : launch.healthcheck, "healthcheck");
  }
  if (launch.workingDir !== "") keepWorkingFolder(work, launch.workingDir);
}

/** Keeps what the spec or a policy declares. A `keep` that matches nothing is a mistake, so it counts as missing. */
export function keepDeclared(work: Work): void {
  for (const declaration of work.input.keep) keepDeclaration(work, declaration);
  for (const entry of work.input.tree.walk()) {
    const origin = entry.origins[entry.origins.length - 1];
    if (origin?.kind !== "declared" && origin?.kind !== "stage") continue;
    // What was found for something stays as long as that needs it.
    if (origin.kind === "stage" && origin.found === true) continue;
    const from = origin.kind === "stage" ? `copy from ${origin.stage}` : origin.what;
    const { span } = origin;
    const evidence = span === undefined ? from : `${span.file}:${span.line}`;
    addDeclared(work, entry.path, { from, kind: "declared", evidence, confidence: "declared" });
  }
}

/** The program that a word names, as execvp(3) finds it: through PATH unless it holds a slash. */
export function findProgram(work: Work, word: string): TreePath | undefined {
  const { launch, packages, tree } = work.input;
  return programNamed(word, launch, tree, (path) => packages?.pending.packageOfPath(path) !== undefined);
}

/** The same in a tree; `isComing` says of a path that it will be there. */
export function programNamed(
  word: string,
  launch: Pick<Launch, "env" | "workingDir">,
  tree: Tree,
  isComing: (path: TreePath) => boolean = () => false,
): TreePath | undefined {
  if (word.includes("/")) {
    return treePath(word.startsWith("/") ? word : `${launch.workingDir}/${word}`);
  }
  for (const folder of searchPath(launch.env["PATH"])) {
    const candidate = treePath(`${folder === "" ? launch.workingDir : folder}/${word}`);
    if (candidate === undefined) continue;
    const found = resolve(tree, candidate);
    if (found?.entry.kind === "file" && (found.entry.mode & 0o111) !== 0) return candidate;
    if (isComing(candidate)) return candidate;
  }
  return undefined;
}

/** Keeps the program that `word` names, to be run; otherwise it is deferred or missing. */
export function keepProgram(work: Work, word: string, reason: Reason): TreePath | undefined {
  const path = findProgram(work, word);
  const deferred = work.findings.deferred.size;
  const real = path === undefined ? undefined : keepPath(work, path, reason, "run");
  if (real !== undefined || work.findings.deferred.size > deferred) return real;
  if (path !== undefined && resolve(work.input.tree, path) !== undefined) return undefined;
  if (path !== undefined && work.input.packages?.pending.packageOfPath(path) !== undefined) return undefined;
  if (!deferNearest(work, reason.from)) noteAbsent(work, word, reason);
  return undefined;
}

/** A program that is not there: missing, or unproven where it is not known to be one. */
function noteAbsent(work: Work, word: string, { confidence, evidence, from }: Reason): void {
  if (confidence !== "likely") {
    addMissing(work, { what: word, kind: "program", neededBy: from, evidence });
    return;
  }
  const path = work.input.tree.lookup(from as TreePath)?.path;
  const why = `what it starts is not known (${word} is not there): declare that with keep`;
  if (path !== undefined) addUnproven(work, { path, kind: "no-rule", why });
}

function keepCommand(work: Work, argv: readonly string[], name: string): void {
  let start = 0;
  let reason = rootReason(name, `${name} ${argv[0] ?? ""}`);
  for (let depth = 0; depth <= limits.wrappersMax; depth++) {
    const program = argv[start];
    if (program === undefined) return;
    const real = keepProgram(work, program, reason);
    const wrapped = wrappedIn(argv, start);
    const use = readsScripts(program) ? "ship" : "run";
    for (let at = start + 1; at < (wrapped?.index ?? argv.length); at++) {
      keepArgument(work, argv[at] ?? "", name, use);
    }
    if (wrapped === undefined) return;
    start = wrapped.index;
    const evidence = `${program} starts ${argv[start] ?? ""}`;
    // What only may be started is no need of the image's, but of the wrapper's.
    reason =
      wrapped.certain && reason.confidence === "certain"
        ? rootReason(name, evidence)
        : { ...rootReason(real ?? name, evidence), confidence: "likely" };
  }
}

function readsScripts(program: string): boolean {
  const name = program.slice(program.lastIndexOf("/") + 1);
  if (name.length > programNameMax) return false;
  const plain = name.replace(/[\d.]+$/, "");
  return interpreters.test(plain) || shellNames.has(name) || shellNames.has(plain);
}

/** Longer than the name of any interpreter: a word can be of any length. */
const programNameMax = 64;

/** An argument that names a file of the tree is one the program is told to use. */
function keepArgument(work: Work, word: string, name: string, use: Use): void {
  const { launch, tree } = work.input;
  const value = word.startsWith("-") ? word.slice(word.indexOf("=") + 1) : word;
  if (value.startsWith("-") || !/[/.]/.test(value)) return;
  const path = treePath(value.startsWith("/") ? value : `${launch.workingDir}/${value}`);
  if (path === undefined || path === root) return;
  const found = resolve(tree, path);
  if (found === undefined && work.input.packages?.pending.packageOfPath(path) === undefined) return;
  keepPath(work, path, { ...rootReason(name, `argument ${word}`), weak: "named" }, use);
}

function keepWorkingFolder(work: Work, folder: string): void {
  const path = treePath(folder);
  if (path === undefined || path === root || resolve(work.input.tree, path) === undefined) return;
  keepPath(work, path, rootReason("working directory", `working directory ${folder}`), "ship");
}

function keepDeclaration(work: Work, declaration: Declaration): void {
  const glob = compileGlob(declaration.glob);
  const reason: Reason = {
    from: `keep ${declaration.glob}`,
    kind: "declared",
    evidence: declaration.source,
    confidence: "declared",
  };
  const deferred = deferGlob(work, declaration.glob);
  let any = false;
  // A path written out is meant to be used; a wildcard only ships what it finds.
  if (glob.literal)
    any = keepPath(work, glob.folder, reason, "run") !== undefined || work.reasons.has(glob.folder);
  else {
    for (const entry of matching(work.input.tree, glob)) {
      if (!countsForWildcards(work, entry)) continue;
      any = true;
      keepPath(work, entry.path, reason, "ship");
    }
  }
  if (any || deferred || work.findings.dropped.has(glob.folder) || deferNearest(work, reason.from)) return;
  addMissing(work, {
    what: declaration.glob,
    kind: "declared-path",
    neededBy: reason.from,
    evidence: declaration.source,
  });
}

function addDeclared(work: Work, path: TreePath, reason: Reason): void {
  const entry = work.input.tree.lookup(path);
  if (entry?.kind === "symlink" && resolve(work.input.tree, path) === undefined) {
    // A declared link may lead to what only exists at run time (a mount, /proc).
    addReason(work, path, reason, "ship");
    return;
  }
  keepPath(work, path, reason, "ship");
}

function rootReason(from: string, evidence: string): Reason {
  return { from, kind: "root", evidence, confidence: "certain" };
}
