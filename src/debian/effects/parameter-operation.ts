// The operators of `${...}` (XCU 2.6.2; bash(1) "Parameter Expansion") over what is known.
import type { ParameterOperation, ParameterPart, Word } from "../../formats/shell/ast.ts";
import { replacePattern, trimPattern } from "./pattern.ts";
import type { State } from "./state.ts";
import { empty, known, mapValue, unknown, type Value } from "./value.ts";
import { elementsOf, lookUp } from "./variables.ts";

/** How operands are expanded; given by expand.ts, which needs this module. */
export interface Operand {
  readonly word: (word: Word) => Value;
  readonly pattern: (word: Word) => string | undefined;
  readonly arithmetic: (word: Word) => Value;
  readonly assign: (name: string, value: Value) => void;
}

/** The value of a parameter with its operator; unset without one is empty. */
export function operate(state: State, part: ParameterPart, operand: Operand): Value {
  const value = parameterValue(state, part, operand);
  if (part.form === "length") return lengthOf(state, part, value);
  if (part.form === "names") return unknown("the names of variables are not modelled");
  if (part.form === "indirect") {
    if (value?.known !== true) return unknown("it names a variable that isn't known");
    return applyOperation(lookUp(state, value.text), part.operation, value.text, operand);
  }
  return applyOperation(value, part.operation, part.name, operand);
}

function parameterValue(state: State, part: ParameterPart, operand: Operand): Value | undefined {
  if (part.subscript === undefined) return lookUp(state, part.name);
  const index = operand.arithmetic(part.subscript);
  return index.known
    ? elementsOf(state, part.name)[Number(index.text)]
    : unknown("the subscript is not known");
}

function lengthOf(state: State, part: ParameterPart, value: Value | undefined): Value {
  if (part.name === "@" || part.name === "*") return known(String(state.positional.length));
  const subscript = part.subscript?.parts[0];
  if (subscript?.kind === "literal" && (subscript.text === "@" || subscript.text === "*")) {
    return known(String(elementsOf(state, part.name).length));
  }
  return mapValue(value ?? empty, (text) => String(Array.from(text).length));
}

function applyOperation(
  value: Value | undefined,
  operation: ParameterOperation | undefined,
  name: string,
  operand: Operand,
): Value {
  if (operation === undefined) return value ?? empty;
  const { operator, word, second } = operation;
  const bare = operator.startsWith(":") && operator.length > 1 ? operator.slice(1) : operator;
  if (bare === "-" || bare === "=" || bare === "+" || bare === "?") {
    return substitute(value, operator, bare, word, name, operand);
  }
  const subject = value ?? empty;
  if (!subject.known) return subject;
  if (operator.startsWith("#") || operator.startsWith("%")) {
    const pattern = operand.pattern(word);
    return pattern === undefined
      ? unknown("the pattern is not known")
      : decided(trimPattern(operator, pattern, subject.text), pattern);
  }
  if (operator.startsWith("/")) return replace(subject.text, operator, word, second, operand);
  if (operator === ":") return slice(subject.text, word, second, operand);
  return changeCase(subject.text, operator, word);
}

function substitute(
  value: Value | undefined,
  operator: string,
  bare: string,
  word: Word,
  name: string,
  operand: Operand,
): Value {
  const colon = operator !== bare;
  if (value !== undefined && !value.known) {
    // Set, but whether it is empty decides only with a colon.
    if (bare === "+") return colon ? unknown(value.why) : operand.word(word);
    return colon ? unknown(value.why) : value;
  }
  const present = value !== undefined && !(colon && value.text === "");
  if (bare === "+") return present ? operand.word(word) : empty;
  if (present) return value;
  const fallback = operand.word(word);
  if (bare === "=") operand.assign(name, fallback);
  return bare === "?" ? unknown(`${name} is not set`) : fallback;
}

function replace(
  text: string,
  operator: string,
  word: Word,
  second: Word | undefined,
  operand: Operand,
): Value {
  const pattern = operand.pattern(word);
  const replacement = second === undefined ? empty : operand.word(second);
  if (pattern === undefined || !replacement.known) return unknown("the replacement is not known");
  // bash of 5.2 on puts what was matched for it, unless it was quoted.
  if (replacement.text.includes("&")) return unknown("the replacement holds a &");
  return decided(replacePattern(operator, pattern, replacement.text, text), pattern);
}

function decided(text: string | undefined, pattern: string): Value {
  return text === undefined
    ? unknown(`what the pattern "${pattern.slice(0, 80)}" matches is not decided`)
    : known(text);
}

function slice(text: string, word: Word, second: Word | undefined, operand: Operand): Value {
  const offset = operand.arithmetic(word);
  const length = second === undefined ? undefined : operand.arithmetic(second);
  if (!offset.known || length?.known === false) return unknown("the offset is not known");
  const characters = Array.from(text);
  const from = Number(offset.text);
  const start = from < 0 ? Math.max(0, characters.length + from) : from;
  if (length === undefined) return known(characters.slice(start).join(""));
  const count = Number(length.text);
  return known(characters.slice(start, count < 0 ? count : start + count).join(""));
}

function changeCase(text: string, operator: string, word: Word): Value {
  if (word.parts.length > 0) return unknown(`the operator ${operator} with a pattern is not modelled`);
  switch (operator) {
    case "^^":
      return known(text.toUpperCase());
    case ",,":
      return known(text.toLowerCase());
    case "^":
      return known(text.slice(0, 1).toUpperCase() + text.slice(1));
    case ",":
      return known(text.slice(0, 1).toLowerCase() + text.slice(1));
    default:
      return unknown(`the operator ${operator} is not modelled`);
  }
}
