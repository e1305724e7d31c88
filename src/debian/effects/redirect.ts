// Redirections (XCU 2.7): where a command's input comes from and where its output goes.
import type { Redirect } from "../../formats/shell/ast.ts";
import type { TreePath } from "../../tree/path.ts";
import { noteUnknown, writeFile } from "./emit.ts";
import { expandQuoted, expandWord, pathOf } from "./expand.ts";
import { contentAt, isUnreadable } from "./files.ts";
import type { State } from "./state.ts";
import { concat, empty, known, unknown, type Value } from "./value.ts";

type Sink =
  /** As before: whoever captures, or nobody. */
  | { readonly kind: "same" }
  | { readonly kind: "nowhere" }
  | { readonly kind: "file"; readonly path: TreePath; readonly append: boolean; readonly redirect: Redirect }
  | { readonly kind: "unknown"; readonly redirect: Redirect; readonly why: string };

/** Runs a command with its redirections and writes what it printed to where they lead. */
export function withRedirects(
  state: State,
  redirects: readonly Redirect[],
  run: (state: State) => State[],
): State[] {
  if (redirects.length === 0) return run(state);
  const outerInput = state.stdin;
  const outerOutput = state.output;
  const inputs = redirects.filter(isInput);
  for (const redirect of inputs) {
    const input = inputOf(state, redirect);
    if (input === undefined) {
      state.status = 1;
      return [state];
    }
    state.stdin = input;
  }
  const sink = sinkOf(state, redirects);
  if (sink.kind !== "same") state.output = [];
  return run(state).map((line) => {
    if (inputs.length > 0) line.stdin = outerInput;
    if (sink.kind === "same") return line;
    const printed = concat(line.output ?? []);
    line.output = outerOutput === undefined ? undefined : [...outerOutput];
    const { status, statusWhy } = line;
    if (sink.kind === "file") {
      writeFile(line, sink.redirect.extent, sink.path, printed, { append: sink.append });
    } else if (sink.kind === "unknown") {
      noteUnknown(line, sink.redirect.extent, `it writes to a file whose name is not known: ${sink.why}`);
    }
    return Object.assign(line, { status, statusWhy });
  });
}

function isInput({ operator, descriptor }: Redirect): boolean {
  return operator.startsWith("<") && (descriptor === undefined || descriptor === 0);
}

/** Undefined: there is no such file, and the command isn't run. */
function inputOf(state: State, redirect: Redirect): Value | undefined {
  const { operator, target, body } = redirect;
  if (operator === "<<" || operator === "<<-") return body === undefined ? empty : expandQuoted(state, body);
  if (operator === "<<<") return concat([expandWord(state, target), known("\n")]);
  const value = expandWord(state, target);
  const path = pathOf(state, value);
  if (operator !== "<" || path === undefined) return unknown("what it reads is not known");
  const content = contentAt(state, path);
  return !content.known && isUnreadable(state, path) ? undefined : content;
}

/** The last redirection of the standard output decides; the standard error only matters where it leads to a file. */
function sinkOf(state: State, redirects: readonly Redirect[]): Sink {
  let sink: Sink = { kind: "same" };
  for (const redirect of redirects) {
    const { operator, descriptor } = redirect;
    if (operator.startsWith("<")) continue;
    const both = operator === "&>" || operator === "&>>";
    if (!both && descriptor !== undefined && descriptor !== 1) {
      noteErrorFile(state, redirect);
      continue;
    }
    sink = outputSink(state, redirect);
  }
  return sink;
}

function outputSink(state: State, redirect: Redirect): Sink {
  const { operator } = redirect;
  const value = expandWord(state, redirect.target);
  if (operator === ">&" && value.known && /^(?:\d+|-)$/.test(value.text)) {
    return value.text === "1" ? { kind: "same" } : { kind: "nowhere" };
  }
  const path = pathOf(state, value);
  if (path === undefined) {
    return { kind: "unknown", redirect, why: value.known ? `"${value.text}"` : value.why };
  }
  if (path.startsWith("/dev/") || path.startsWith("/proc/")) return { kind: "nowhere" };
  return { kind: "file", path, append: operator.endsWith(">>"), redirect };
}

function noteErrorFile(state: State, redirect: Redirect): void {
  const value = expandWord(state, redirect.target);
  if (value.known && (/^(?:\d+|-)$/.test(value.text) || /^\/(?:dev|tmp)\//.test(value.text))) return;
  noteUnknown(state, redirect.extent, "it writes messages to a file");
}
