// Lines of execution: how they fork at what can't be decided, and how they are joined.
// Invariant: joining is exact. Two lines are joined only where they are the two halves of one fork, so that together they
// cover what the line before the fork covered; what differs between them becomes unknown.
import { limits } from "../../base/limits.ts";
import type { Condition } from "./effect.ts";
import {
  type Flow,
  forkState,
  type Guard,
  type GuardedEffect,
  type Made,
  type State,
  type Variable,
} from "./state.ts";
import { sameValue, unknown } from "./value.ts";

/** The two lines of a question: first the one where it holds. A question already answered on this line isn't asked again. */
export function fork(state: State, question: Omit<Condition, "holds"> | undefined, why: string): State[] {
  // The composed tree is asked as it was before the script; of what the script itself changed, it can't tell.
  const condition = question === undefined || isChanged(state, question) ? undefined : question;
  const asked = condition === undefined ? undefined : answered(state, condition);
  if (asked !== undefined) {
    state.status = asked ? 0 : 1;
    return [state];
  }
  const id = ++state.world.counters.forks;
  return [true, false].map((holds) => {
    const line = forkState(state);
    const guard = {
      id,
      holds,
      why,
      condition: condition === undefined ? undefined : { ...condition, holds },
    };
    line.guards = [...state.guards, guard];
    line.status = holds ? 0 : 1;
    return line;
  });
}

/** A folder that the script had made, or found, belongs to whom it belonged before: to nobody but root where it is new. */
function isChanged(state: State, { path, test }: Omit<Condition, "holds">): boolean {
  const made = state.files.get(path);
  if (made === undefined) return false;
  return !(made.kind === "directory" && (test === "owned-by-user" || test === "owned-by-group"));
}

function answered(state: State, question: Omit<Condition, "holds">): boolean | undefined {
  const found = state.guards.findLast(
    ({ condition }) =>
      condition?.path === question.path &&
      condition.test === question.test &&
      condition.account === question.account,
  );
  return found?.holds;
}

/**
 * Joins lines where they meet. `keepStatus`: the exit status will be asked for, so lines that differ in it stay apart.
 * Lines that ended in an error are left out, with what they assumed: a package that fails to configure makes no image.
 */
export function settle(lines: readonly State[], keepStatus: boolean): State[] {
  let open = withoutFailures(lines);
  for (;;) {
    const joined = joinOnce(open, keepStatus);
    if (joined === undefined) break;
    open = joined;
  }
  const first = open[0];
  if (open.length <= limits.shellLinesMax || first === undefined) return open;
  first.unknown.push({
    source: { package: first.world.package, script: first.running.of, file: first.running.file, line: 1 },
    text: first.running.file,
    why: `more than ${limits.shellLinesMax} ways through it can't be told apart (shellLinesMax)`,
    hint: "",
  });
  return [first];
}

function withoutFailures(lines: readonly State[]): State[] {
  let open = [...lines];
  for (const line of lines) {
    const last = line.guards.at(-1);
    if (last === undefined || !failed(line) || open.length === 1) continue;
    open = open.filter((one) => one !== line);
    for (const other of open) {
      if (complementAt(line.guards, other.guards)) {
        other.guards = other.guards.toSpliced(line.guards.length - 1, 1);
      }
    }
  }
  return open;
}

function failed(line: State): boolean {
  return (
    line.flow?.kind === "exit" &&
    line.flow.status !== 0 &&
    line.flow.status !== undefined &&
    line.subshellDepth === 0
  );
}

/** Whether `other` begins with the guards of `line`, the last of them turned around. */
function complementAt(line: readonly Guard[], other: readonly Guard[]): boolean {
  return line.every((guard, index) => {
    const twin = other[index];
    return twin?.id === guard.id && (twin.holds === guard.holds) === index < line.length - 1;
  });
}

function joinOnce(lines: readonly State[], keepStatus: boolean): State[] | undefined {
  for (const [index, a] of lines.entries()) {
    const b = lines.slice(index + 1).find((other) => joinable(a, other, keepStatus, lines.length));
    if (b !== undefined) return [...lines.filter((line) => line !== a && line !== b), join(a, b)];
  }
  return undefined;
}

/** Ways that the composed tree will tell apart stay apart while they know different things, as long as they are few. */
const separateLinesMax = 8;

function joinable(a: State, b: State, keepStatus: boolean, count: number): boolean {
  if (a.guards.length !== b.guards.length || a.guards.length === 0) return false;
  if (!sameFlow(a.flow, b.flow) || (keepStatus && a.status !== b.status)) return false;
  if (!complementAt(a.guards, b.guards)) return false;
  const decidable = a.guards.at(-1)?.condition !== undefined;
  return !decidable || count > separateLinesMax || sameKnowledge(a, b);
}

function sameKnowledge(a: State, b: State): boolean {
  const same = (one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean =>
    one.size === other.size && [...one].every(([key, value]) => sameText(value, other.get(key)));
  return same(a.variables, b.variables) && same(a.answers, b.answers) && sameText(a.positional, b.positional);
}

function sameText(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function sameFlow(a: Flow | undefined, b: Flow | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function join(a: State, b: State): State {
  const common = commonLength(a.effects, b.effects);
  const guards = a.guards.slice(0, -1);
  return {
    ...a,
    guards,
    variables: joinMaps(a.variables, b.variables, joinVariables),
    functions: joinMaps(a.functions, b.functions, (one, other) => (one === other ? one : undefined)),
    files: joinMaps(a.files, b.files, joinMade),
    users: new Map([...a.users].filter(([name]) => b.users.has(name))),
    groups: new Set([...a.groups].filter((name) => b.groups.has(name))),
    answers: joinMaps(a.answers, b.answers, (one, other) =>
      sameValue(one, other) ? (one ?? other) : unknown("it was set on one way only"),
    ),
    effects: [
      ...a.effects.slice(0, common),
      ...joinEffects(a.effects.slice(common), b.effects.slice(common), guards),
    ],
    unknown: union(a.unknown, b.unknown),
    inert: union(a.inert, b.inert),
    status: a.status === b.status ? a.status : undefined,
    positional: a.positional.map((value, index) =>
      sameValue(value, b.positional[index]) ? value : unknown("it differs between two ways"),
    ),
    output: joinOutput(a, b),
    directory: sameValue(a.directory, b.directory)
      ? a.directory
      : unknown("the folder differs between two ways"),
    errexit: a.errexit || b.errexit,
  };
}

function commonLength(a: readonly GuardedEffect[], b: readonly GuardedEffect[]): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** The same effects on both ways don't depend on the question. */
function joinEffects(
  a: readonly GuardedEffect[],
  b: readonly GuardedEffect[],
  guards: readonly Guard[],
): readonly GuardedEffect[] {
  const actions = (effects: readonly GuardedEffect[]): string =>
    JSON.stringify(effects.map((one) => one.action));
  if (
    a.length > 0 &&
    actions(a) === actions(b) &&
    a.every((one) => one.guards.length === guards.length + 1)
  ) {
    return a.map((one) => ({ ...one, guards }));
  }
  return [...a, ...b];
}

function joinMaps<K, V>(
  a: ReadonlyMap<K, V>,
  b: ReadonlyMap<K, V>,
  joinValues: (one: V | undefined, other: V | undefined) => V | undefined,
): Map<K, V> {
  const joined = new Map<K, V>();
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const value = joinValues(a.get(key), b.get(key));
    if (value !== undefined) joined.set(key, value);
  }
  return joined;
}

function joinVariables(a: Variable | undefined, b: Variable | undefined): Variable | undefined {
  if (a === b) return a;
  if (a !== undefined && b !== undefined && "known" in a && "known" in b && sameValue(a, b)) return a;
  if (JSON.stringify(a) === JSON.stringify(b)) return a;
  return unknown("it is set differently on two ways through the script");
}

function joinMade(a: Made | undefined, b: Made | undefined): Made {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b) ? a : { kind: "unknown" };
}

function joinOutput(a: State, b: State): State["output"] {
  if (a.output === undefined || b.output === undefined) return a.output;
  const same =
    a.output.length === b.output.length &&
    a.output.every((value, index) => sameValue(value, b.output?.[index]));
  return same ? a.output : [unknown("what is printed differs between two ways")];
}

function union<T>(a: readonly T[], b: readonly T[]): T[] {
  const seen = new Set(a);
  return [...a, ...b.filter((one) => !seen.has(one))];
}
