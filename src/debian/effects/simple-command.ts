// Simple commands (XCU 2.9.1): assignments, and the command that the first word names.

import { limits } from "../../base/limits.ts";
import type { Extent, SimpleCommand } from "../../formats/shell/ast.ts";
import { runBuiltin } from "./builtins.ts";
import type { Call, Outcome } from "./commands/call.ts";
import { inertCommand } from "./commands/inert.ts";
import { handlerOf } from "./commands/registry.ts";
import { runDeclaration } from "./declare.ts";
import { noteInert, noteUnknown } from "./emit.ts";
import { expandFields, expandWord } from "./expand.ts";
import { settle } from "./paths.ts";
import { withRedirects } from "./redirect.ts";
import type { FunctionValue, State, Variable } from "./state.ts";
import { answer, runTest } from "./test-expression.ts";
import { concat, type Field } from "./value.ts";
import { elementsOf, leaveScope, lookUp, setVariable } from "./variables.ts";

/** Thrown past limits.shellStepsMax, caught where the analysis of the package began. */
export class TooManySteps extends Error {}

export function runSimple(state: State, command: SimpleCommand): State[] {
  if (++state.world.counters.steps > limits.shellStepsMax) throw new TooManySteps();
  return withRedirects(state, command.redirects, (line) => runWords(line, command));
}

function runWords(state: State, command: SimpleCommand): State[] {
  const declaration = runDeclaration(state, command);
  if (declaration !== undefined) return declaration;
  const statusBefore = state.status;
  state.status = 0;
  const fields = expandFields(state, command.words);
  const name = fields[0]?.value;
  if (name === undefined) {
    assign(state, command);
    return [state];
  }
  state.status = statusBefore;
  const before = new Map(command.assignments.map(({ name: one }) => [one, state.variables.get(one)]));
  assign(state, command);
  const lines = name.known
    ? runNamed(state, name.text, fields.slice(1), command.extent)
    : unknownName(state, command.extent, name.why);
  for (const line of lines) restore(line, before);
  return lines;
}

function unknownName(state: State, extent: Extent, why: string): State[] {
  noteUnknown(state, extent, `which command this is, is not known: ${why}`);
  return [state];
}

function assign(state: State, command: SimpleCommand): void {
  for (const { name, value, append, subscript } of command.assignments) {
    const only = value.parts[0];
    if (subscript !== undefined) setVariable(state, name, { elements: [] });
    else if (only?.kind === "array") {
      const elements = only.elements.flatMap((one) =>
        expandFields(state, [one.value]).map((field) => field.value),
      );
      setVariable(state, name, { elements: append ? [...elementsOf(state, name), ...elements] : elements });
    } else {
      const added = expandWord(state, value);
      const old = append ? lookUp(state, name) : undefined;
      setVariable(state, name, old === undefined ? added : concat([old, added]));
    }
  }
}

/** Assignments before a command hold for that command only. */
function restore(line: State, before: ReadonlyMap<string, Variable | undefined>): void {
  for (const [name, value] of before) {
    if (value === undefined) line.variables.delete(name);
    else line.variables.set(name, value);
  }
}

/** Runs the command called `name`. */
function runNamed(state: State, name: string, fields: readonly Field[], extent: Extent): State[] {
  const call: Call = { state, name, fields, extent };
  const builtin = runBuiltin(call, { runNamed, runFunction });
  if (builtin !== undefined) return builtin;
  const defined = state.functions.get(name);
  if (defined !== undefined) return runFunction(call, defined);
  if (name === "[" || name === "test") return runTest(call);
  const base = name.slice(name.lastIndexOf("/") + 1);
  const handler = handlerOf(base);
  if (handler !== undefined) return answer(state, handler({ ...call, name: base }));
  const inert = inertCommand(state, name, fields);
  if (inert !== undefined) {
    noteInert(state, extent, inert.why);
    return answer(state, { status: inert.status });
  }
  return answer(state, unknownCommand(call));
}

function unknownCommand(call: Call): Outcome {
  const why = `what ${call.name} does to an image is not modelled`;
  noteUnknown(call.state, call.extent, why);
  return { status: undefined, why };
}

/** Calls a function of the script. */
function runFunction(call: Call, defined: FunctionValue): State[] {
  const { state } = call;
  if (state.locals.length >= limits.shellNestingMax) {
    noteUnknown(state, call.extent, "the functions call each other too deeply");
    return [state];
  }
  const outer = { positional: state.positional, running: state.running };
  state.positional = call.fields.map((field) => field.value);
  state.running = defined.running;
  state.locals = [...state.locals, new Map()];
  state.status = 0;
  const lines = state.world.runCommand(state, defined.body);
  for (const line of lines) {
    if (line.flow?.kind === "return") line.flow = undefined;
    leaveScope(line);
    Object.assign(line, outer);
  }
  return settle(lines, true);
}
