// The start-up path: what the engine starts, and, as far as shells and their scripts tell without running, what that starts.
// The config's entrypoint, command and healthcheck are joined as engines do (OCI image-spec config.md); wrappers (tini, gosu,
// env) hand over to what they are given; shell scripts are read by the project's own parser. Invariants: nothing is run; steps,
// scripts, depth and parsed text are bounded (limits.startup*); what can't be told is `dynamic`.
import { limits } from "../../base/limits.ts";
import { envProgram } from "../../closure/scripts.ts";
import { wrappedIn } from "../../closure/wrappers.ts";
import { joinPath, type TreePath } from "../../tree/path.ts";
import type { Masker } from "../config-secrets/masking.ts";
import type { StartupStep } from "../finding.ts";
import { packageScript, runnerCall } from "./package-scripts.ts";
import { evaluatedText, sourcedWord, startedWords } from "./prefixes.ts";
import {
  fileNamed,
  folderNamed,
  isTooLong,
  type Program,
  programOf,
  type StartupInput,
  withBoundedPath,
} from "./programs.ts";
import { scriptCommands } from "./script.ts";
import {
  isBuiltin,
  isReadableShell,
  type MaybeWord,
  nameOf,
  type ShellRun,
  shellRunOf,
  shellTask,
} from "./shells.ts";
import { shown, shownText } from "./shown.ts";

interface Trace {
  readonly steps: readonly StartupStep[];
  /** Files whose text it takes to go on. */
  readonly wanted: readonly TreePath[];
}

/** The trace while it grows. */
interface Tracing extends StartupInput {
  readonly masker: Masker;
  readonly steps: StartupStep[];
  readonly wanted: Set<TreePath>;
  /** Scripts whose `#!` line was told, folders that were gone through. */
  readonly begun: Set<TreePath>;
  /** Scripts that were entered; each is told once. */
  readonly entered: Set<TreePath>;
  /** Functions of all scripts: those that are sourced define them for others. */
  readonly functions: Set<string>;
  /** Characters that were parsed. */
  parsedLength: number;
}

/** Where a command stands. */
interface Site {
  readonly from: string;
  readonly depth: number;
  /** A shell runs it: it has builtins, and takes a text without `#!` for a script. */
  readonly byShell: boolean;
  /** Its PATH or working folder may not be the image's: what isn't found is not missing. */
  readonly isElsewhere: boolean;
  /** As it is written there; the words, if absent. */
  readonly written?: string;
}

/** A script, or a command line. */
interface Text {
  readonly text: string;
  /** Absent for a command line. */
  readonly path?: TreePath;
  /** Of the shell that runs it. */
  readonly shell: string;
  readonly args: readonly MaybeWord[] | undefined;
}

/** The start-up path, as far as the texts go; what is shown of its commands is masked. */
export function traceStartup(input: StartupInput, masker: Masker): Trace {
  const launch = withBoundedPath(input.launch);
  const tracing: Tracing = {
    ...input,
    masker,
    launch,
    steps: [],
    wanted: new Set(),
    begun: new Set(),
    entered: new Set(),
    functions: new Set(),
    parsedLength: 0,
  };
  const site = { depth: 0, byShell: false, isElsewhere: false };
  const from = launch.entrypoint.length > 0 ? "entrypoint" : "command";
  traceCommand(tracing, [...launch.entrypoint, ...launch.command], { ...site, from });
  const [form, ...words] = launch.healthcheck;
  if (form === "CMD-SHELL") {
    traceCommand(tracing, ["/bin/sh", "-c", ...words], { ...site, from: "healthcheck" });
  } else if (form !== undefined && form !== "NONE") {
    traceCommand(tracing, form === "CMD" ? words : launch.healthcheck, { ...site, from: "healthcheck" });
  }
  return { steps: tracing.steps, wanted: [...tracing.wanted] };
}

/** Follows one command: its program, what a wrapper or shell among them starts, what a script holds. */
function traceCommand(tracing: Tracing, words: readonly MaybeWord[], site: Site): void {
  if (words.length === 0 || site.depth > limits.startupDepthMax) return;
  // Each command is a step, so that the work ends where the steps do.
  if (tracing.steps.length >= limits.startupStepsMax) return;
  const [first] = words;
  const command = commandOf(tracing, words, site);
  if (first === undefined) {
    addStep(tracing, { from: site.from, command, kind: "dynamic" });
    return;
  }
  const program = programOf(tracing, first, site.byShell);
  const shell = shellRunOf(words, program?.facts);
  const kind = kindOf(first, program, shell, site);
  addStep(tracing, {
    from: site.from,
    command,
    ...(program === undefined ? {} : { path: program.path }),
    kind,
  });
  if (shell !== undefined) traceShell(tracing, shell, site);
  else if (program?.runs === "script") traceScriptFile(tracing, program, words.slice(1), site);
  const wrapped = wrappedIn(words.map((word) => word ?? "?"));
  if (wrapped !== undefined) traceCommand(tracing, words.slice(wrapped.index), inner(site));
  tracePackageScript(tracing, words, site);
}

/** As it is written in a script, else its words. */
function commandOf({ masker }: Tracing, words: readonly MaybeWord[], { written }: Site): string {
  return written === undefined ? shown(words, masker) : shownText(written, masker);
}

function kindOf(
  word: string,
  program: Program | undefined,
  shell: ShellRun | undefined,
  { isElsewhere }: Site,
): StartupStep["kind"] {
  if (shell !== undefined) return "shell";
  return program?.runs ?? (isElsewhere && !word.startsWith("/") ? "dynamic" : "missing");
}

function traceShell(tracing: Tracing, shell: ShellRun, site: Site): void {
  const task = shellTask(shell.words);
  if (task.kind === "text" && task.text !== undefined && isReadableShell(shell.name)) {
    readText(tracing, { text: task.text, args: task.args, shell: shell.name }, inner(site));
  } else if (task.kind === "script" && task.file !== undefined) {
    const path = fileNamed(tracing, task.file);
    if (path !== undefined) enterScript(tracing, path, shell.name, task.args, inner(site));
    else
      addStep(tracing, {
        from: site.from,
        command: shownText(task.file, tracing.masker),
        kind: site.isElsewhere ? "dynamic" : "missing",
      });
  }
}

/** A script that the system starts by its `#!` line. */
function traceScriptFile(
  tracing: Tracing,
  { facts, path }: Program,
  args: readonly MaybeWord[],
  site: Site,
): void {
  const { script } = facts;
  if (tracing.begun.has(path)) return;
  tracing.begun.add(path);
  if (script === undefined) {
    enterScript(tracing, path, "sh", args, inner(site));
    return;
  }
  const { argument = "", interpreter } = script;
  const word = nameOf(interpreter) === "env" ? (envProgram(argument) ?? interpreter) : interpreter;
  const found = programOf(tracing, word, false);
  // A multi-call binary is what stands behind it: "#!/bin/busybox sh".
  const shell = shellRunOf([word, ...argument.split(" ")], found?.facts);
  addStep(tracing, {
    from: `${path}:1`,
    command: shownText(`#!${interpreter} ${argument}`, tracing.masker),
    ...(found === undefined ? {} : { path: found.path }),
    kind: shell !== undefined ? "shell" : found === undefined ? "missing" : "program",
  });
  if (shell !== undefined) enterScript(tracing, path, shell.name, args, inner(site));
}

/** Goes into a script's text, once, if it is for a shell whose grammar is known. A text that was not read yet is asked for. */
function enterScript(
  tracing: Tracing,
  path: TreePath,
  shell: string,
  args: readonly MaybeWord[] | undefined,
  site: Site,
): void {
  if (!isReadableShell(shell) || tracing.entered.has(path)) return;
  if (site.depth > limits.startupDepthMax || tracing.entered.size >= limits.startupScriptsMax) return;
  tracing.entered.add(path);
  if (isTooLong(tracing, path)) addStep(tracing, unreadable(path, "is longer than is followed"));
  const text = textOf(tracing, path);
  if (text !== undefined) readText(tracing, { text, path, args, shell }, site);
}

function textOf(tracing: Tracing, path: TreePath): string | undefined {
  if (isTooLong(tracing, path)) return undefined;
  const text = tracing.texts.get(path);
  if (text === undefined) tracing.wanted.add(path);
  return text;
}

/** Follows every command of a script. One that can't be parsed is a step that says so. */
function readText(tracing: Tracing, { args, path, shell, text }: Text, site: Site): void {
  tracing.parsedLength += text.length;
  if (text.length > limits.startupScriptBytesMax || tracing.parsedLength > limits.startupTextLengthMax) {
    addStep(tracing, unreadable(path ?? site.from, "is longer than is followed"));
    return;
  }
  const bash = !/^(?:sh|ash|dash|hush|posh|yash)\b/.test(shell);
  const self = path === undefined ? {} : { self: path };
  const script = scriptCommands({ text, args, bash, ...self, env: tracing.launch.env });
  if (script === undefined) {
    addStep(tracing, unreadable(path ?? site.from, "no shell's grammar fits"));
    return;
  }
  for (const name of script.functions) tracing.functions.add(name);
  const isElsewhere = site.isElsewhere || script.moves;
  for (const { line, words, written } of script.commands) {
    const from = path === undefined ? site.from : `${path}:${line}`;
    followWords(tracing, words, { ...site, from, written, byShell: true, isElsewhere });
  }
  for (const folder of script.folders) {
    traceFolder(tracing, folder, { ...inner(site), from: path ?? site.from, byShell: true, isElsewhere });
  }
}

/** The scripts of a folder that a script goes through: it starts those that are executable, and reads others into itself. */
function traceFolder(tracing: Tracing, folder: string, site: Site): void {
  const found = folderNamed(tracing, folder);
  if (found === undefined || tracing.begun.has(found)) return;
  tracing.begun.add(found);
  for (const name of tracing.tree.children(found)) {
    if (tracing.steps.length >= limits.startupStepsMax) return;
    const path = fileNamed(tracing, joinPath(found, name));
    if (path === undefined) continue;
    const program = programOf(tracing, path, true);
    if (program !== undefined) traceCommand(tracing, [path], site);
    else if (/\.(?:env|ba)?sh$/.test(name)) {
      addStep(tracing, {
        from: site.from,
        command: shownText(`. ${path}`, tracing.masker),
        path,
        kind: "script",
      });
      enterScript(tracing, path, "bash", undefined, inner(site));
    }
  }
}

function unreadable(from: string, why: string): StartupStep {
  return { from, command: `(a script that ${why})`, kind: "dynamic" };
}

/** One command that a shell runs: a function, a builtin with what it starts in turn, or a program. */
function followWords(tracing: Tracing, words: readonly MaybeWord[], site: Site): void {
  if (tracing.steps.length >= limits.startupStepsMax) return;
  const started = startedWords(words);
  const [name] = started;
  // What a function does is told where it is written.
  if (name !== undefined && tracing.functions.has(name)) return;
  if (name === undefined || !isBuiltin(name)) {
    traceCommand(tracing, started, site);
    return;
  }
  const sourced = sourcedWord(started);
  const path = sourced === undefined ? undefined : fileNamed(tracing, sourced);
  const command = commandOf(tracing, started, site);
  addStep(tracing, { from: site.from, command, ...(path === undefined ? {} : { path }), kind: "builtin" });
  if (site.depth >= limits.startupDepthMax) return;
  if (path !== undefined) enterScript(tracing, path, "bash", undefined, inner(site));
  const text = evaluatedText(started);
  if (text !== undefined) readText(tracing, { text, args: undefined, shell: "bash" }, inner(site));
}

/** `npm start` and its kind hand a line of package.json to a shell, with node_modules/.bin in front of PATH. */
function tracePackageScript(tracing: Tracing, words: readonly MaybeWord[], site: Site): void {
  const call = runnerCall(words);
  if (call === undefined) return;
  const path = fileNamed(tracing, "package.json");
  const text = path === undefined ? undefined : textOf(tracing, path);
  const line = text === undefined ? undefined : packageScript(text, call.script);
  if (line === undefined && call.isGuess) return;
  const written =
    line === undefined ? `sh -c (the script ${call.script})` : shown(["sh", "-c", line], tracing.masker);
  traceCommand(tracing, ["sh", "-c", line], {
    ...inner(site),
    from: path ?? site.from,
    written,
    isElsewhere: true,
  });
}

/** One level deeper; what is written there is something else. */
function inner({ byShell, depth, from, isElsewhere }: Site): Site {
  return { byShell, depth: depth + 1, from, isElsewhere };
}

function addStep(tracing: Tracing, step: StartupStep): void {
  if (tracing.steps.length < limits.startupStepsMax) tracing.steps.push(step);
}
