// Running commands apart from their surroundings: subshells, pipelines and command substitutions. What they do to files and
// accounts stays, what they do to variables doesn't.
import type { CommandList } from "../../formats/shell/ast.ts";
import { settle } from "./paths.ts";
import { forkState, type Made, type State } from "./state.ts";
import { concat, known, mapValue, sameValue, unknown, type Value } from "./value.ts";

/** The output of `$(...)`, its trailing newlines taken off. Sets `$?`. */
export function captureOutput(state: State, body: CommandList): Value {
  const inner = forkState(state);
  inner.output = [];
  inner.subshellDepth++;
  const lines = settle(state.world.runList(inner, body), true);
  const outputs = lines.map((line) => concat(line.output ?? []));
  const first = outputs[0] ?? known("");
  takeFindings(state, lines);
  const statuses = new Set(lines.map(exitStatus));
  state.status = statuses.size === 1 ? [...statuses][0] : undefined;
  if (state.status === undefined)
    state.statusWhy = "the exit status of a command substitution is not decided";
  if (!outputs.every((output) => sameValue(output, first))) {
    return unknown("the output of a command substitution is not decided");
  }
  return mapValue(first, (text) => text.replace(/\n+$/, ""));
}

function exitStatus(line: State): number | undefined {
  return line.flow?.kind === "exit" ? line.flow.status : line.status;
}

/** Puts what several lines did into the one that started them. Each effect keeps what was assumed for it. */
function takeFindings(state: State, lines: readonly State[]): void {
  for (const line of lines) {
    addNew(state.effects, line.effects);
    addNew(state.unknown, line.unknown);
    addNew(state.inert, line.inert);
    for (const [path, made] of line.files) state.files.set(path, sameForAll(lines, path, made));
    for (const [name, user] of line.users)
      if (lines.every((one) => one.users.has(name))) state.users.set(name, user);
    for (const name of line.groups) if (lines.every((one) => one.groups.has(name))) state.groups.add(name);
    for (const [name, value] of line.answers) state.answers.set(name, value);
  }
}

function addNew<T>(to: T[], from: readonly T[]): void {
  const seen = new Set(to);
  to.push(...from.filter((one) => !seen.has(one)));
}

function sameForAll(lines: readonly State[], path: Parameters<State["files"]["get"]>[0], made: Made): Made {
  const text = JSON.stringify(made);
  return lines.every((line) => JSON.stringify(line.files.get(path)) === text) ? made : { kind: "unknown" };
}

/** A subshell's line seen from outside: variables, functions and the folder are as before, an exit is only its status. */
export function backOutside(line: State, before: State): State {
  const status = exitStatus(line);
  return {
    ...line,
    variables: new Map(before.variables),
    functions: new Map(before.functions),
    positional: before.positional,
    directory: before.directory,
    umask: before.umask,
    errexit: before.errexit,
    locals: before.locals,
    stdin: before.stdin,
    subshellDepth: before.subshellDepth,
    conditionDepth: before.conditionDepth,
    flow: undefined,
    status,
  };
}
