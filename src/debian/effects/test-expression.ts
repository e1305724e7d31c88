// test(1), `[` and `[[ ]]`: what is known is answered, a question about a file is left to the composed tree.
import type { Conditional } from "../../formats/shell/ast.ts";
import { type Call, failure, notUnderstood, type Outcome, success, undecided } from "./commands/call.ts";
import type { FileTest } from "./effect.ts";
import { expandPattern, expandWord, pathOf } from "./expand.ts";
import { testFile } from "./files.ts";
import { fork } from "./paths.ts";
import { matchesPattern } from "./pattern.ts";
import type { State } from "./state.ts";
import { type Field, known, type Value } from "./value.ts";

type Test =
  | { readonly kind: "and" | "or"; readonly left: Test; readonly right: Test }
  | { readonly kind: "not"; readonly operand: Test }
  | { readonly kind: "unary"; readonly operator: string; readonly operand: Value }
  | {
      readonly kind: "binary";
      readonly operator: string;
      readonly left: Value;
      readonly right: Value;
      /** The right side as a pattern. */
      readonly pattern?: string;
    }
  | { readonly kind: "word"; readonly value: Value };

/** `[[ ]]`: sides are expanded only where they are reached. */
export function evaluateConditional(state: State, expression: Conditional): State[] {
  switch (expression.kind) {
    case "and":
    case "or":
      return evaluateConditional(state, expression.left).flatMap((line) => {
        const stop = expression.kind === "and" ? line.status === 1 : line.status === 0;
        return stop ? [line] : evaluateConditional(line, expression.right);
      });
    case "not":
      return evaluateConditional(state, expression.operand).map(negate);
    case "unary":
      return answer(state, unaryOutcome(state, expression.operator, expandWord(state, expression.operand)));
    case "binary": {
      const { operator, left, right } = expression;
      const pattern = expandPattern(state, right);
      const test = {
        kind: "binary",
        operator,
        left: expandWord(state, left),
        right: expandWord(state, right),
      } as const;
      return answer(state, binaryOutcome(pattern === undefined ? test : { ...test, pattern }));
    }
    case "word":
      return answer(state, nonEmpty(expandWord(state, expression.word)));
  }
}

function negate(line: State): State {
  if (line.status !== undefined) line.status = line.status === 0 ? 1 : 0;
  return line;
}

/** Sets the status of a line by an outcome; a question makes two lines. */
export function answer(state: State, outcome: Outcome): State[] {
  if (outcome.question !== undefined) {
    const { path, test } = outcome.question;
    if (outcome.output !== undefined) state.output?.push(outcome.output);
    return fork(state, outcome.question, `whether ${path} is there (${test})`);
  }
  state.status = outcome.status;
  state.statusWhy = outcome.why ?? "";
  if (outcome.output !== undefined) state.output?.push(outcome.output);
  return [state];
}

/** `[ ... ]` and `test ...`. */
export function runTest(call: Call): State[] {
  const { state } = call;
  const fields = call.name === "[" ? call.fields.slice(0, -1) : call.fields;
  const last = call.fields.at(-1)?.value;
  if (call.name === "[" && !(last?.known === true && last.text === "]")) {
    return answer(state, notUnderstood(call, "it has no closing bracket"));
  }
  const parser = { fields, at: 0, depth: 0 };
  const test = fields.length === 0 ? undefined : parseOr(parser);
  if (test === undefined) return answer(state, failure);
  if (parser.at < fields.length) return answer(state, undecided("this test is not understood"));
  return evaluate(state, test);
}

function evaluate(state: State, test: Test): State[] {
  switch (test.kind) {
    case "and":
    case "or":
      return evaluate(state, test.left).flatMap((line) => {
        const stop = test.kind === "and" ? line.status === 1 : line.status === 0;
        if (line.status === undefined) return [line];
        return stop ? [line] : evaluate(line, test.right);
      });
    case "not":
      return evaluate(state, test.operand).map(negate);
    case "unary":
      return answer(state, unaryOutcome(state, test.operator, test.operand));
    case "binary":
      return answer(state, binaryOutcome(test));
    case "word":
      return answer(state, nonEmpty(test.value));
  }
}

interface Parser {
  readonly fields: readonly Field[];
  at: number;
  depth: number;
}

const binaryOperators = /^(?:==?|!=|[<>]|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef))$/;
const unaryOperators = /^-[a-zA-Z]$/;

function wordAt(parser: Parser, at: number): string | undefined {
  const value = parser.fields[at]?.value;
  return value?.known === true ? value.text : undefined;
}

function parseOr(parser: Parser): Test {
  let left = parseAnd(parser);
  while (wordAt(parser, parser.at) === "-o") {
    parser.at++;
    left = { kind: "or", left, right: parseAnd(parser) };
  }
  return left;
}

function parseAnd(parser: Parser): Test {
  let left = parseNot(parser);
  while (wordAt(parser, parser.at) === "-a") {
    parser.at++;
    left = { kind: "and", left, right: parseNot(parser) };
  }
  return left;
}

function parseNot(parser: Parser): Test {
  const rest = parser.fields.length - parser.at;
  if (wordAt(parser, parser.at) === "!" && rest > 1 && parser.depth < 100 && !isBinary(parser)) {
    parser.at++;
    parser.depth++;
    return { kind: "not", operand: parseNot(parser) };
  }
  return parsePrimary(parser);
}

function isBinary(parser: Parser): boolean {
  const operator = wordAt(parser, parser.at + 1);
  return operator !== undefined && binaryOperators.test(operator) && parser.at + 2 < parser.fields.length;
}

function parsePrimary(parser: Parser): Test {
  const word = wordAt(parser, parser.at);
  const first = parser.fields[parser.at]?.value ?? known("");
  if (isBinary(parser)) {
    const operator = wordAt(parser, parser.at + 1) ?? "";
    const right = parser.fields[parser.at + 2]?.value ?? known("");
    parser.at += 3;
    return { kind: "binary", operator, left: first, right };
  }
  const rest = parser.fields.length - parser.at;
  if (word === "(" && rest > 2 && parser.depth < 100) {
    parser.at++;
    parser.depth++;
    const inner = parseOr(parser);
    if (wordAt(parser, parser.at) === ")") parser.at++;
    return inner;
  }
  if (word !== undefined && unaryOperators.test(word) && rest > 1) {
    const operand = parser.fields[parser.at + 1]?.value ?? known("");
    parser.at += 2;
    return { kind: "unary", operator: word, operand };
  }
  parser.at++;
  return { kind: "word", value: first };
}

function nonEmpty(value: Value): Outcome {
  if (!value.known) return undecided(value.why);
  return value.text === "" ? failure : success;
}

const fileTests: Readonly<Record<string, FileTest>> = {
  "-e": "exists",
  "-r": "exists",
  "-w": "exists",
  "-f": "file",
  "-d": "directory",
  "-h": "symlink",
  "-L": "symlink",
  "-x": "executable",
  "-s": "non-empty",
};

function unaryOutcome(state: State, operator: string, operand: Value): Outcome {
  if (operator === "-n") return nonEmpty(operand);
  if (!operand.known) return undecided(operand.why);
  if (operator === "-z") return operand.text === "" ? success : failure;
  if (operator === "-t") return failure;
  if (operand.text === "") return failure;
  const path = pathOf(state, operand);
  if (path === undefined) return undecided(`"${operand.text}" is not a path that is known`);
  const test = operator === "-O" || operator === "-G" ? ownershipTest(state, operator) : fileTests[operator];
  if (test === undefined) {
    return testFile(state, path, "exists") === false
      ? failure
      : undecided(`the test ${operator} is not modelled`);
  }
  const holds = testFile(state, path, test);
  if (holds !== undefined) return holds ? success : failure;
  const owner = test === "owned-by-user" || test === "owned-by-group" ? { account: state.account } : {};
  return { status: undefined, question: { path, test, ...owner } };
}

/** Root may do everything, and what it asks for is mostly its own. */
function ownershipTest(state: State, operator: string): FileTest {
  if (state.account === "root") return "exists";
  return operator === "-O" ? "owned-by-user" : "owned-by-group";
}

function binaryOutcome(test: Extract<Test, { kind: "binary" }>): Outcome {
  const { operator, left, right } = test;
  if (!left.known) return undecided(left.why);
  if (!right.known) return undecided(right.why);
  const holds = compare(operator, left.text, right.text, test.pattern);
  return holds === undefined ? undecided(`the test ${operator} is not decided`) : holds ? success : failure;
}

function compare(
  operator: string,
  left: string,
  right: string,
  pattern: string | undefined,
): boolean | undefined {
  const matches = (): boolean | undefined =>
    pattern === undefined ? left === right : matchesPattern(pattern, left);
  switch (operator) {
    case "=":
    case "==":
      return matches();
    case "!=": {
      const matched = matches();
      return matched === undefined ? undefined : !matched;
    }
    case "<":
      return left < right;
    case ">":
      return left > right;
    default:
      return compareNumbers(operator, left, right);
  }
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "-eq": (a, b) => a === b,
  "-ne": (a, b) => a !== b,
  "-lt": (a, b) => a < b,
  "-le": (a, b) => a <= b,
  "-gt": (a, b) => a > b,
  "-ge": (a, b) => a >= b,
};

function compareNumbers(operator: string, left: string, right: string): boolean | undefined {
  const compareThem = comparisons[operator];
  const integer = /^\s*[+-]?\d+\s*$/;
  if (compareThem === undefined || !integer.test(left) || !integer.test(right)) return undefined;
  return compareThem(Number(left), Number(right));
}
