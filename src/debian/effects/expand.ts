// Word expansion (XCU 2.6) over what is known. An expansion never forks: where a command substitution does, its lines are
// brought together at its end, and output that differs is unknown.
import type { ParameterPart, Word, WordPart } from "../../formats/shell/ast.ts";
import { treePath } from "../../tree/path.ts";
import { evaluate } from "./arithmetic.ts";
import { captureOutput } from "./capture.ts";
import { expandGlob } from "./glob.ts";
import { type Operand, operate } from "./parameter-operation.ts";
import { escapePattern, hasPattern } from "./pattern.ts";
import type { State } from "./state.ts";
import { concat, empty, type Field, known, mapValue, unknown, type Value } from "./value.ts";
import { elementsOf, lookUp, setVariable } from "./variables.ts";

/** A piece of a word: text that stays together, or where one field ends and the next begins ("$@"). */
type Segment =
  | { readonly kind: "text"; readonly value: Value; readonly quoted: boolean; readonly split: boolean }
  | { readonly kind: "break" };

/** One word without field splitting: assignments, redirections, the subject of a case. */
export function expandWord(state: State, word: Word): Value {
  const segments = segmentsOf(state, word.parts, false);
  return concat(segments.map((segment) => (segment.kind === "text" ? segment.value : known(" "))));
}

/** The text of a here-document or of an arithmetic expression. */
export function expandQuoted(state: State, word: Word): Value {
  return concat(
    segmentsOf(state, word.parts, true).map((one) => (one.kind === "text" ? one.value : known(" "))),
  );
}

/** A word as a pattern: quoted characters escaped. Undefined where it isn't known. */
export function expandPattern(state: State, word: Word): string | undefined {
  let pattern = "";
  for (const segment of segmentsOf(state, word.parts, false)) {
    if (segment.kind === "break" || !segment.value.known) return undefined;
    pattern += segment.quoted ? escapePattern(segment.value.text) : segment.value.text;
  }
  return pattern;
}

/** The arguments that words make: split, and with patterns left in `Field.pattern`. */
export function expandFields(state: State, words: readonly Word[]): Field[] {
  return words.flatMap((word) => fieldsOf(state, segmentsOf(state, word.parts, false)));
}

/** Like `expandFields`, with patterns replaced by the names that they match; unknown where those can't be told. */
export function expandNames(state: State, words: readonly Word[]): Value[] {
  return expandFields(state, words).flatMap((field) =>
    field.pattern === undefined ? [field.value] : expandGlob(state, field.pattern, field.value),
  );
}

interface OpenField {
  values: Value[];
  pattern: string;
  active: boolean;
  begun: boolean;
}

function fieldsOf(state: State, segments: readonly Segment[]): Field[] {
  const fields: Field[] = [];
  let open: OpenField = { values: [], pattern: "", active: false, begun: false };
  const close = (): void => {
    if (open.begun) {
      const value = concat(open.values);
      fields.push(value.known && open.active ? { value, pattern: open.pattern } : { value });
    }
    open = { values: [], pattern: "", active: false, begun: false };
  };
  const add = (value: Value, quoted: boolean): void => {
    open.begun = true;
    open.values.push(value);
    if (!value.known) return;
    open.pattern += quoted ? escapePattern(value.text) : value.text;
    open.active ||= !quoted && hasPattern(value.text);
  };
  for (const segment of segments) {
    if (segment.kind === "break") close();
    else if (!segment.split || !segment.value.known) add(segment.value, segment.quoted);
    else {
      const pieces = splitFields(segment.value.text, separatorsOf(state));
      for (const [index, piece] of pieces.entries()) {
        if (index > 0) close();
        if (piece !== undefined) add(known(piece), false);
      }
    }
  }
  close();
  return fields;
}

function separatorsOf(state: State): string {
  const value = lookUp(state, "IFS");
  return value?.known === true ? value.text : " \t\n";
}

/** Field splitting (XCU 2.6.5). An undefined piece is nothing: it only separates what stands before from what follows. */
export function splitFields(text: string, separators: string): (string | undefined)[] {
  const pieces: (string | undefined)[] = [];
  let piece: string | undefined;
  const isBlank = (character: string): boolean =>
    separators.includes(character) && " \t\n".includes(character);
  for (let at = 0; at < text.length; at++) {
    const next = text[at] ?? "";
    if (!separators.includes(next)) piece = (piece ?? "") + next;
    else if (isBlank(next)) {
      while (at + 1 < text.length && isBlank(text[at + 1] ?? "")) at++;
      pieces.push(piece);
      piece = undefined;
    } else {
      pieces.push(piece ?? "");
      piece = undefined;
      while (at + 1 < text.length && isBlank(text[at + 1] ?? "")) at++;
    }
  }
  pieces.push(piece);
  return pieces;
}

function segmentsOf(state: State, parts: readonly WordPart[], quoted: boolean): Segment[] {
  return parts.flatMap((part, index) => segmentsOfPart(state, part, quoted, index === 0));
}

function text(value: Value, quoted: boolean, split = false): Segment[] {
  return [{ kind: "text", value, quoted, split: split && !quoted }];
}

function segmentsOfPart(state: State, part: WordPart, quoted: boolean, first: boolean): Segment[] {
  switch (part.kind) {
    case "literal":
      return text(literalValue(state, part.text, quoted, first), quoted);
    case "quoted":
      return text(known(part.text), true);
    case "double-quoted":
      return doubleQuoted(state, part.parts);
    case "parameter":
      return parameterSegments(state, part, quoted);
    case "command":
      return text(captureOutput(state, part.body), quoted, true);
    case "arithmetic":
      return text(arithmetic(state, part.expression), quoted, true);
    case "process":
      return text(unknown("it is a process substitution"), quoted);
    case "array":
      return text(unknown("it is an array"), quoted);
  }
}

function literalValue(state: State, literal: string, quoted: boolean, first: boolean): Value {
  if (quoted) return known(literal);
  if (first && literal.startsWith("~")) {
    return /^~(?:\/|$)/.test(literal)
      ? mapValue(lookUp(state, "HOME") ?? unknown("HOME is not set"), (home) => home + literal.slice(1))
      : unknown("it names a user's home folder");
  }
  if (state.running.script.dialect === "bash" && /\{[^{}]*(?:,|\.\.)[^{}]*\}/.test(literal)) {
    return unknown("it is a brace expansion");
  }
  return known(literal);
}

/** Empty quotes make an empty field, but `"$@"` without parameters makes none. */
function doubleQuoted(state: State, parts: readonly WordPart[]): Segment[] {
  const segments = segmentsOf(state, parts, true);
  const only = parts[0];
  const isList = parts.length === 1 && only?.kind === "parameter" && only.name === "@";
  return segments.length === 0 && !isList ? text(empty, true) : segments;
}

function parameterSegments(state: State, part: ParameterPart, quoted: boolean): Segment[] {
  const list = part.operation === undefined && part.form === "value" ? listOf(state, part) : undefined;
  if (list !== undefined && (!quoted || isAt(part))) {
    return list.flatMap((value, index): Segment[] => [
      ...(index > 0 ? [{ kind: "break" } as const] : []),
      ...text(value, quoted, true),
    ]);
  }
  if (list !== undefined) return text(joinWithSpaces(list), true);
  const value = operate(state, part, operandsOf(state, quoted));
  return text(value, quoted, true);
}

function isAt(part: ParameterPart): boolean {
  const subscript = part.subscript?.parts[0];
  return part.name === "@" || (subscript?.kind === "literal" && subscript.text === "@");
}

/** The elements of `$@`, `$*`, `${a[@]}`, `${a[*]}`; undefined for every other parameter. */
function listOf(state: State, part: ParameterPart): readonly Value[] | undefined {
  if (part.name === "@" || part.name === "*") return state.positional;
  const subscript = part.subscript?.parts[0];
  if (subscript?.kind !== "literal" || (subscript.text !== "@" && subscript.text !== "*")) return undefined;
  return elementsOf(state, part.name);
}

export function joinWithSpaces(values: readonly Value[]): Value {
  return concat(values.flatMap((value, index) => (index === 0 ? [value] : [known(" "), value])));
}

function operandsOf(state: State, quoted: boolean): Operand {
  return {
    word: (word) => (quoted ? expandQuoted(state, word) : expandWord(state, word)),
    pattern: (word) => expandPattern(state, word),
    arithmetic: (word) => arithmetic(state, word),
    assign: (name, value) => setVariable(state, name, value),
  };
}

/** The value of `$((...))`. */
export function arithmetic(state: State, expression: Word): Value {
  const source = expandQuoted(state, expression);
  if (!source.known) return source;
  const value = evaluate(source.text, (name) => {
    const variable = lookUp(state, name);
    return variable === undefined ? "" : variable.known ? variable.text : undefined;
  });
  return value === undefined
    ? unknown(`the arithmetic "${source.text.trim()}" is not decided`)
    : known(String(value));
}

/** A value as a path of the tree, made absolute by the working folder. */
export function pathOf(state: State, value: Value): ReturnType<typeof treePath> {
  if (!value.known || value.text === "") return undefined;
  if (value.text.startsWith("/")) return treePath(value.text);
  return state.directory.known ? treePath(`${state.directory.text}/${value.text}`) : undefined;
}
