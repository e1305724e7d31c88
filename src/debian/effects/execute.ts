// Follows a script's commands through all ways that can't be ruled out (XCU 2.9). Simple commands are in simple-command.ts.

import { limits } from "../../base/limits.ts";
import type {
  CaseCommand,
  Command,
  CommandList,
  ForCommand,
  IfCommand,
  ListItem,
  LoopCommand,
  Pipeline,
} from "../../formats/shell/ast.ts";
import { backOutside } from "./capture.ts";
import { noteUnknown } from "./emit.ts";
import { arithmetic, expandNames, expandPattern, expandWord } from "./expand.ts";
import { fork, settle } from "./paths.ts";
import { matchesPattern } from "./pattern.ts";
import { withRedirects } from "./redirect.ts";
import { runSimple } from "./simple-command.ts";
import { forkState, type State } from "./state.ts";
import { evaluateConditional } from "./test-expression.ts";
import { concat, type Value } from "./value.ts";
import { setVariable } from "./variables.ts";

/** Runs a list on one line; the lines that come out are joined as far as they can be. */
export function runList(state: State, list: CommandList): State[] {
  let lines = [state];
  for (const [index, item] of list.entries()) {
    const last = index === list.length - 1;
    lines = settle(
      lines.flatMap((line) => (line.flow === undefined ? runItem(line, item) : [line])),
      last,
    );
  }
  return lines;
}

function runItem(state: State, item: ListItem): State[] {
  const count = item.rest.length;
  let lines = runPipeline(state, item.first, count > 0);
  for (const [index, { operator, pipeline }] of item.rest.entries()) {
    lines = settle(
      lines.flatMap(decided).flatMap((line) => {
        const wanted = operator === "&&" ? line.status === 0 : line.status !== 0;
        return line.flow === undefined && wanted ? runPipeline(line, pipeline, index < count - 1) : [line];
      }),
      true,
    );
  }
  return lines;
}

/** A line whose exit status is asked for: two lines where it isn't known. */
function decided(line: State): State[] {
  return line.status === undefined && line.flow === undefined
    ? fork(line, undefined, line.statusWhy)
    : [line];
}

/** Runs something whose failure is not an error but an answer. */
function asCondition(state: State, run: (state: State) => State[]): State[] {
  state.conditionDepth++;
  const lines = run(state);
  for (const line of lines) line.conditionDepth--;
  return settle(lines, true);
}

function runPipeline(state: State, pipeline: Pipeline, isCondition: boolean): State[] {
  const run = (line: State): State[] => runStages(line, pipeline.commands);
  const lines = isCondition || pipeline.negated ? asCondition(state, run) : run(state);
  if (!pipeline.negated) return lines.map((line) => stopOnError(line, isCondition));
  for (const line of lines) {
    if (line.flow === undefined && line.status !== undefined) line.status = line.status === 0 ? 1 : 0;
    if (line.flow === undefined && line.status === undefined) line.statusWhy = `not: ${line.statusWhy}`;
  }
  return lines;
}

/** `set -e`. A status that isn't known counts as success: a package that fails to configure makes no image. */
function stopOnError(line: State, isCondition: boolean): State {
  if (line.flow !== undefined || !line.errexit || isCondition || line.conditionDepth > 0) return line;
  if (line.status === undefined) line.status = 0;
  else if (line.status !== 0) line.flow = { kind: "exit", status: line.status };
  return line;
}

function runStages(state: State, commands: readonly Command[]): State[] {
  const only = commands[0];
  if (only === undefined) return [state];
  if (commands.length === 1) return runCommand(state, only);
  const before = forkState(state);
  state.subshellDepth++;
  let lines = [state];
  for (const [index, command] of commands.entries()) {
    lines = lines.flatMap((line) => {
      if (index > 0) line.stdin = concat(line.output ?? []);
      line.output = [];
      line.flow = undefined;
      return runCommand(line, command);
    });
  }
  return lines.map((line) => {
    const output = before.output === undefined ? undefined : [...before.output, ...(line.output ?? [])];
    return { ...backOutside(line, before), output };
  });
}

export function runCommand(state: State, command: Command): State[] {
  if (command.kind === "simple") return runSimple(state, command);
  if (command.kind === "function") {
    state.functions.set(command.name, { body: command.body, running: state.running });
    state.status = 0;
    return [state];
  }
  return withRedirects(state, command.redirects, (line) => runCompound(line, command));
}

function runCompound(state: State, command: Command): State[] {
  switch (command.kind) {
    case "group":
      return runList(state, command.body);
    case "subshell": {
      const before = forkState(state);
      state.subshellDepth++;
      return settle(runList(state, command.body), true).map((line) => backOutside(line, before));
    }
    case "if":
      return runIf(state, command);
    case "for":
      return runFor(state, command);
    case "while":
    case "until":
      return runLoop(state, command);
    case "case":
      return runCase(state, command);
    case "conditional":
      return evaluateConditional(state, command.expression);
    case "arithmetic": {
      const value = arithmetic(state, command.expression);
      state.status = value.known ? Number(value.text === "0") : undefined;
      if (!value.known) state.statusWhy = value.why;
      return [state];
    }
    default:
      noteUnknown(state, command.extent, `the shell's "${command.kind}" is not modelled`);
      return [state];
  }
}

function runIf(state: State, command: IfCommand): State[] {
  let lines = [state];
  const done: State[] = [];
  for (const { condition, body } of command.branches) {
    const asked = lines
      .flatMap((line) => asCondition(line, (one) => runList(one, condition)))
      .flatMap(decided);
    lines = [];
    for (const line of asked) {
      if (line.flow !== undefined) done.push(line);
      else if (line.status === 0) done.push(...runList(line, body));
      else lines.push(line);
    }
  }
  for (const line of lines) {
    line.status = 0;
    done.push(...(command.otherwise === undefined ? [line] : runList(line, command.otherwise)));
  }
  return done;
}

function runFor(state: State, command: ForCommand): State[] {
  const values = command.words === undefined ? [...state.positional] : expandNames(state, command.words);
  let lines = [state];
  state.status = 0;
  for (const value of values) {
    const run = (line: State): State[] => {
      setVariable(line, command.variable, value);
      return settle(runList(line, command.body), false);
    };
    lines = settle(
      lines.flatMap((line) => {
        if (line.flow !== undefined) return [line];
        return value.known ? run(line) : perhaps(line, value.why, run);
      }),
      false,
    ).map(continueLoop);
  }
  return lines.map(leaveLoop);
}

/** A body that runs some times, perhaps never. */
function perhaps(state: State, why: string, run: (line: State) => State[]): State[] {
  const [taken, not] = fork(state, undefined, why);
  return [...(taken === undefined ? [] : run(taken)), ...(not === undefined ? [] : [not])];
}

/** A `continue` ends the body, not the loop. */
function continueLoop(line: State): State {
  if (line.flow?.kind === "continue" && line.flow.levels === 1) line.flow = undefined;
  return line;
}

function leaveLoop(line: State): State {
  if (line.flow?.kind !== "break" && line.flow?.kind !== "continue") return line;
  const levels = line.flow.levels - 1;
  line.flow = levels === 0 ? undefined : { kind: line.flow.kind, levels };
  return line;
}

function runLoop(state: State, command: LoopCommand): State[] {
  const wanted = command.kind === "while";
  let lines = [state];
  const done: State[] = [];
  for (let round = 0; lines.length > 0; round++) {
    const asked = lines.flatMap((line) => asCondition(line, (one) => runList(one, command.condition)));
    lines = [];
    for (const line of asked) {
      if (line.flow !== undefined) done.push(line);
      else if (line.status === undefined) {
        const body = (one: State): State[] => settle(runList(one, command.body), false);
        done.push(...perhaps(line, line.statusWhy, body).map(continueLoop));
      } else if (round >= limits.shellRoundsMax) {
        noteUnknown(line, command.extent, "the loop does not end within shellRoundsMax rounds");
        done.push(line);
      } else if ((line.status === 0) === wanted) lines.push(...runList(line, command.body).map(continueLoop));
      else done.push({ ...line, status: 0 });
    }
    done.push(...lines.filter((line) => line.flow !== undefined));
    lines = settle(
      lines.filter((line) => line.flow === undefined),
      false,
    );
  }
  return settle(done, false).map(leaveLoop);
}

function runCase(state: State, command: CaseCommand): State[] {
  const subject = expandWord(state, command.subject);
  let lines = [state];
  state.status = 0;
  const done: State[] = [];
  let falling: State[] = [];
  for (const { patterns, body, end } of command.clauses) {
    const taken = [...falling];
    falling = [];
    const open: State[] = [];
    for (const line of lines) {
      const answer = matches(line, subject, patterns);
      const ways =
        answer === undefined ? fork(line, undefined, whyOf(subject)) : [{ ...line, status: answer ? 0 : 1 }];
      for (const way of ways) (way.status === 0 ? taken : open).push({ ...way, status: 0 });
    }
    const after = taken.flatMap((line) => (line.flow === undefined ? runList(line, body) : [line]));
    if (end === ";;") done.push(...after);
    else if (end === ";&") falling = after;
    else open.push(...after);
    lines = open;
  }
  return [...done, ...falling, ...lines];
}

function matches(
  state: State,
  subject: Value,
  patterns: CaseCommand["clauses"][number]["patterns"],
): boolean | undefined {
  let answer: boolean | undefined = false;
  for (const word of patterns) {
    const pattern = expandPattern(state, word);
    if (pattern === "*") return true;
    if (pattern === undefined || !subject.known) answer = undefined;
    else {
      const matched = matchesPattern(pattern, subject.text);
      if (matched === true) return true;
      if (matched === undefined) answer = undefined;
    }
  }
  return answer;
}

function whyOf(value: Value): string {
  return value.known ? "the pattern is not known" : value.why;
}
