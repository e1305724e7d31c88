// The shell's own commands (XCU 2.15, 4): those that change how the script goes on, or that run another command.
import type { Extent } from "../../formats/shell/ast.ts";
import { parseShell } from "../../formats/shell/parse.ts";
import { baseName } from "../../tree/path.ts";
import { backOutside } from "./capture.ts";
import type { Call } from "./commands/call.ts";
import { findCommand } from "./commands/find-command.ts";
import { noteInert, noteUnknown } from "./emit.ts";
import { joinWithSpaces, pathOf, splitFields } from "./expand.ts";
import { contentAt, isUnreadable } from "./files.ts";
import { settle } from "./paths.ts";
import { type FunctionValue, forkState, type State } from "./state.ts";
import { type Field, known, unknown, type Value } from "./value.ts";
import { lookUp, setVariable } from "./variables.ts";

/** What builtins need of simple-command.ts. */
export interface Runner {
  readonly runNamed: (state: State, name: string, fields: readonly Field[], extent: Extent) => State[];
  readonly runFunction: (call: Call, defined: FunctionValue) => State[];
}

type Builtin = (call: Call, runner: Runner) => State[];

/** Runs a builtin; undefined where the name isn't one. */
export function runBuiltin(call: Call, runner: Runner): State[] | undefined {
  return Object.hasOwn(builtins, call.name) ? builtins[call.name]?.(call, runner) : undefined;
}

function done(state: State, status: number | undefined = 0): State[] {
  state.status = status;
  return [state];
}

function textAt(call: Call, index: number): string | undefined {
  const value = call.fields[index]?.value;
  return value?.known === true ? value.text : undefined;
}

const builtins: Readonly<Record<string, Builtin>> = {
  ":": ({ state }) => done(state),
  true: ({ state }) => done(state),
  false: ({ state }) => done(state, 1),
  exit: (call) => {
    call.state.flow = { kind: "exit", status: statusArgument(call) };
    return [call.state];
  },
  return: (call) => {
    call.state.status = statusArgument(call);
    call.state.flow = { kind: "return" };
    return [call.state];
  },
  break: (call) => leave(call, "break"),
  continue: (call) => leave(call, "continue"),
  set: runSet,
  shift: (call) => {
    const count = Number(textAt(call, 0) ?? "1");
    call.state.positional = call.state.positional.slice(count);
    return done(call.state);
  },
  unset: (call) => {
    for (const { value } of call.fields) {
      if (!value.known) continue;
      call.state.variables.delete(value.text);
      call.state.functions.delete(value.text);
    }
    return done(call.state);
  },
  read: runRead,
  trap: runTrap,
  umask: (call) => {
    const text = textAt(call, 0);
    if (text !== undefined && /^[0-7]+$/.test(text)) call.state.umask = Number.parseInt(text, 8);
    return done(call.state);
  },
  cd: (call) => {
    const target = call.fields.at(-1)?.value ?? known("/root");
    const path = pathOf(call.state, target);
    call.state.directory = path === undefined ? unknown("the working folder is not known") : known(path);
    return done(call.state);
  },
  eval: (call) => runText(call, joinWithSpaces(call.fields.map((field) => field.value)), "eval"),
  ".": runSource,
  source: runSource,
  exec: (call, runner) => {
    const name = call.fields[0];
    if (name === undefined) return done(call.state);
    const lines = runWrapped(call, runner, call.fields);
    for (const line of lines) line.flow ??= { kind: "exit", status: line.status };
    return lines;
  },
  command: runCommandBuiltin,
  builtin: (call, runner) => runWrapped(call, runner, call.fields),
  env: (call, runner) => runWrapped(call, runner, afterOptions(call, ["-i", "-"])),
  nice: (call, runner) => runWrapped(call, runner, afterOptions(call, ["-n", "-10", "-19"])),
  nohup: (call, runner) => runWrapped(call, runner, call.fields),
  setsid: (call, runner) => runWrapped(call, runner, call.fields),
  sh: runShell,
  bash: runShell,
  dash: runShell,
  su: runAs,
  runuser: runAs,
};

function statusArgument(call: Call): number | undefined {
  const first = call.fields[0]?.value;
  if (first === undefined) return call.state.status;
  return first.known && /^\d+$/.test(first.text) ? Number(first.text) : undefined;
}

function leave(call: Call, kind: "break" | "continue"): State[] {
  call.state.flow = { kind, levels: Math.max(1, Number(textAt(call, 0) ?? "1")) };
  return done(call.state);
}

function runSet(call: Call): State[] {
  const { state, fields } = call;
  for (let at = 0; at < fields.length; at++) {
    const word = textAt(call, at);
    if (word === undefined || !/^[-+]/.test(word) || word === "--" || word === "-") {
      state.positional = fields
        .slice(word === "--" || word === "-" ? at + 1 : at)
        .map((field) => field.value);
      break;
    }
    if (word.includes("e")) state.errexit = word.startsWith("-");
    if (word === "-o" || word === "+o") {
      if (textAt(call, at + 1) === "errexit") state.errexit = word === "-o";
      at++;
    }
  }
  return done(state);
}

function runRead(call: Call): State[] {
  const { state } = call;
  const names = call.fields.flatMap(({ value }) =>
    value.known && !value.text.startsWith("-") ? [value.text] : [],
  );
  const input = state.stdin;
  if (input?.known !== true) {
    for (const name of names) setVariable(state, name, unknown("it is read from input that is not known"));
    state.statusWhy = "it reads input that is not known";
    return done(state, undefined);
  }
  const cut = input.text.indexOf("\n");
  const lineText = cut < 0 ? input.text : input.text.slice(0, cut);
  state.stdin = known(cut < 0 ? "" : input.text.slice(cut + 1));
  const separators = lookUp(state, "IFS");
  const pieces = splitFields(lineText, separators?.known === true ? separators.text : " \t\n").filter(
    (piece) => piece !== undefined,
  );
  for (const [index, name] of names.entries()) {
    const rest = index === names.length - 1 ? pieces.slice(index).join(" ") : (pieces[index] ?? "");
    setVariable(state, name, known(names.length === 1 ? lineText.trim() : rest));
  }
  return done(state, input.text === "" ? 1 : 0);
}

function runTrap(call: Call): State[] {
  const signals = call.fields.slice(1).map((_, index) => textAt(call, index + 1));
  const command = call.fields[0]?.value;
  const onExit = signals.some((signal) => signal === "0" || signal === "EXIT");
  if (onExit) call.state.exitTrap = command?.known === true && command.text === "-" ? undefined : command;
  noteInert(call.state, call.extent, onExit ? "it is run at the script's end" : "no signal reaches it");
  return done(call.state);
}

/** Text that is run as a script of its own, in this shell. */
function runText(call: Call, text: Value, what: string): State[] {
  const { state } = call;
  if (!text.known) {
    noteUnknown(state, call.extent, `what ${what} runs is not known: ${text.why}`);
    return [state];
  }
  const outer = state.running;
  const file = what === "eval" || what === "sh -c" || what === "su -c" ? outer.file : what;
  const parsed = parseShell(text.text, { file, dialect: outer.script.dialect });
  if (parsed.value === undefined) {
    noteUnknown(state, call.extent, `${what}: ${parsed.diagnostics[0]?.message ?? "it can't be parsed"}`);
    return [state];
  }
  state.running = { script: parsed.value, file, of: outer.of };
  const lines = state.world.runList(state, parsed.value.commands);
  for (const line of lines) line.running = outer;
  return lines;
}

/** Sourced files that only define what commands/debconf.ts models. */
const modelledLibraries: ReadonlySet<string> = new Set(["confmodule", "confmodule.sh"]);

function runSource(call: Call): State[] {
  const { state } = call;
  const target = call.fields[0]?.value ?? unknown("nothing is named");
  const path = pathOf(state, target);
  if (path === undefined) {
    noteUnknown(state, call.extent, "which file it reads is not known");
    return [state];
  }
  if (path.startsWith("/usr/share/debconf/") && modelledLibraries.has(baseName(path))) {
    noteInert(
      state,
      call.extent,
      "debconf's functions are answered with the defaults of the package's templates",
    );
    return done(state);
  }
  const content = contentAt(state, path);
  if (!content.known && isUnreadable(state, path)) {
    // A special builtin that fails ends the script (XCU 2.8.1).
    state.flow = { kind: "exit", status: 2 };
    return [state];
  }
  if (!content.known) {
    noteUnknown(state, call.extent, `the text of ${path} is needed to tell what the script does`);
    return [state];
  }
  const outer = state.positional;
  if (call.fields.length > 1) state.positional = call.fields.slice(1).map((field) => field.value);
  const lines = runText(call, content, path);
  for (const line of lines) {
    if (line.flow?.kind === "return") line.flow = undefined;
    line.positional = outer;
  }
  return lines;
}

function afterOptions(call: Call, options: readonly string[]): readonly Field[] {
  let at = 0;
  for (; at < call.fields.length; at++) {
    const word = textAt(call, at);
    if (word === undefined) break;
    const assignment = call.name === "env" ? /^([A-Za-z_]\w*)=(.*)$/s.exec(word) : null;
    if (assignment === null && !options.includes(word) && !(call.name === "nice" && /^\d+$/.test(word)))
      break;
  }
  return call.fields.slice(at);
}

function runWrapped(call: Call, runner: Runner, fields: readonly Field[]): State[] {
  const name = fields[0]?.value;
  if (name === undefined) return done(call.state);
  if (!name.known) {
    noteUnknown(call.state, call.extent, `which command ${call.name} runs is not known: ${name.why}`);
    return [call.state];
  }
  return runner.runNamed(call.state, name.text, fields.slice(1), call.extent);
}

/** `command -v NAME` asks, `command NAME` runs. */
function runCommandBuiltin(call: Call, runner: Runner): State[] {
  const option = textAt(call, 0);
  if (option !== "-v" && option !== "-V") return runWrapped(call, runner, call.fields);
  const name = call.fields[1]?.value;
  if (name?.known !== true) return done(call.state, name === undefined ? 1 : undefined);
  const found = findCommand(call.state, name.text);
  if (found === undefined) return done(call.state, 127);
  call.state.output?.push(known(`${found}\n`));
  return done(call.state);
}

/** `sh -c TEXT`. */
function runShell(call: Call): State[] {
  const at = call.fields.findIndex(({ value }) => value.known && /^-[a-z]*c$/.test(value.text));
  const text = at < 0 ? undefined : call.fields[at + 1]?.value;
  if (text === undefined) {
    noteUnknown(call.state, call.extent, "which script it runs is not followed");
    return [call.state];
  }
  return apart(call, text, "sh -c", call.state.account, call.fields.slice(at + 3));
}

/** `su ACCOUNT -c TEXT`. */
function runAs(call: Call): State[] {
  const at = call.fields.findIndex(
    ({ value }) => value.known && (value.text === "-c" || value.text === "--command"),
  );
  const text = at < 0 ? undefined : call.fields[at + 1]?.value;
  const account = call.fields.find(
    ({ value }, index) =>
      value.known &&
      !value.text.startsWith("-") &&
      index !== at + 1 &&
      !/^-(?:s|u|g|-shell)$/.test(textAt(call, index - 1) ?? ""),
  )?.value;
  if (text === undefined || account?.known !== true) {
    noteUnknown(call.state, call.extent, "what it runs as another user is not followed");
    return [call.state];
  }
  return apart(call, text, "su -c", account.text, []);
}

function apart(
  call: Call,
  text: Value,
  what: string,
  account: string,
  positional: readonly Field[],
): State[] {
  const { state } = call;
  const before = forkState(state);
  state.subshellDepth++;
  state.errexit = false;
  state.account = account;
  state.positional = positional.map((field) => field.value);
  return settle(runText(call, text, what), true).map((line) => ({
    ...backOutside(line, before),
    account: before.account,
  }));
}
