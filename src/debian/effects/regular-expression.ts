// POSIX regular expressions (XBD 9), basic and extended, with the GNU operators that Debian's scripts use, compiled for
// regular-expression-match.ts. Back references, collating symbols and what POSIX leaves undefined aren't modelled.
// Invariant: an expression is undefined rather than something that matches otherwise than sed(1) and grep(1) do.
import { limits } from "../../base/limits.ts";
import { bracketAt } from "./bracket.ts";

export interface ExpressionSyntax {
  /** Fixed: every character is itself. */
  readonly kind: "basic" | "extended" | "fixed";
  readonly ignoreCase: boolean;
  /** sed(1): `\n` and `\t` are characters, and a newline is one; else lines are alternatives, as of grep(1). */
  readonly sed: boolean;
  /** What a match must be: a whole line or word. */
  readonly whole?: "line" | "word" | undefined;
}

/** A condition between two characters, of which `at` is the second. */
type Condition = (characters: readonly string[], at: number) => boolean;

export type Instruction =
  | { readonly kind: "one"; readonly matches: (character: string) => boolean }
  | { readonly kind: "condition"; readonly holds: Condition }
  /** Both ways are gone; `first` is preferred among matches of one length. */
  | { readonly kind: "split"; readonly first: number; readonly second: number }
  | { readonly kind: "jump"; readonly to: number }
  | { readonly kind: "save"; readonly slot: number }
  | { readonly kind: "match" };

export interface Expression {
  readonly instructions: readonly Instruction[];
  /** How many groups `Slots` tells of. */
  readonly groups: number;
}

type Node =
  | { readonly kind: "one"; readonly matches: (character: string) => boolean }
  | { readonly kind: "condition"; readonly holds: Condition }
  | { readonly kind: "sequence" | "either"; readonly nodes: readonly Node[] }
  | { readonly kind: "repeat"; readonly node: Node; readonly min: number; readonly max: number | undefined }
  | { readonly kind: "group"; readonly index: number; readonly node: Node };

/** Groups that a replacement can name; those after them aren't kept. */
const groupsMax = 9;

/** Thrown and caught in this module. */
class NotModelled extends Error {}

/** The expression, or undefined where it isn't valid, isn't modelled, or is past limits.shellExpressionLengthMax. */
export function regularExpression(source: string, syntax: ExpressionSyntax): Expression | undefined {
  if (source.length > limits.shellExpressionLengthMax) return undefined;
  try {
    const sources = syntax.sed ? [source] : source.split("\n");
    let groups = 0;
    const nodes = sources.map((one) => {
      const parser: Parser = { characters: Array.from(one), at: 0, groups, depth: 0, syntax };
      const node = parseEither(parser);
      if (parser.at < parser.characters.length) throw new NotModelled();
      groups = parser.groups;
      return node;
    });
    const instructions: Instruction[] = [];
    emit(instructions, around({ kind: "either", nodes }, syntax.whole));
    add(instructions, { kind: "match" });
    return { instructions, groups: Math.min(groups, groupsMax) };
  } catch (thrown) {
    if (thrown instanceof NotModelled) return undefined;
    throw thrown;
  }
}

function around(node: Node, whole: ExpressionSyntax["whole"]): Node {
  if (whole === undefined) return node;
  const [before, after]: readonly [Condition, Condition] =
    whole === "line"
      ? [atStart, atEnd]
      : [(text, at) => !isWord(text[at - 1]), (text, at) => !isWord(text[at])];
  return {
    kind: "sequence",
    nodes: [{ kind: "condition", holds: before }, node, { kind: "condition", holds: after }],
  };
}

interface Parser {
  readonly characters: readonly string[];
  at: number;
  groups: number;
  depth: number;
  readonly syntax: ExpressionSyntax;
}

/** The operator that stands here: the character itself where it is one, or after a backslash. It isn't stepped over. */
function operatorAt(parser: Parser, at: number = parser.at): string | undefined {
  const next = parser.characters[at];
  if (next === undefined || parser.syntax.kind === "fixed") return undefined;
  if (".[*^$".includes(next)) return next;
  const named =
    parser.syntax.kind === "extended" ? next : next === "\\" ? parser.characters[at + 1] : undefined;
  return named !== undefined && "(){}|+?".includes(named) ? named : undefined;
}

function accept(parser: Parser, operator: string): boolean {
  if (operatorAt(parser) !== operator) return false;
  parser.at += parser.characters[parser.at] === operator ? 1 : 2;
  return true;
}

function parseEither(parser: Parser): Node {
  const nodes = [parseSequence(parser)];
  while (accept(parser, "|")) nodes.push(parseSequence(parser));
  return { kind: "either", nodes };
}

function parseSequence(parser: Parser): Node {
  const nodes: Node[] = [];
  const start = parser.at;
  while (parser.at < parser.characters.length) {
    const operator = operatorAt(parser);
    if (operator === "|" || (operator === ")" && parser.depth > 0)) break;
    let node = parseOne(parser, parser.at === start, nodes);
    for (;;) {
      const repeated = parseRepeat(parser, node);
      if (repeated === undefined) break;
      node = repeated;
    }
    nodes.push(node);
  }
  return { kind: "sequence", nodes };
}

function parseOne(parser: Parser, first: boolean, before: readonly Node[]): Node {
  const { characters, syntax } = parser;
  const basic = syntax.kind === "basic";
  switch (operatorAt(parser)) {
    case "(":
      return parseGroup(parser);
    case ".":
      parser.at++;
      return { kind: "one", matches: () => true };
    case "[":
      return parseBracket(parser);
    case "^":
      if (basic && !first) break;
      parser.at++;
      return { kind: "condition", holds: atStart };
    case "$": {
      const after = operatorAt(parser, parser.at + 1);
      if (basic && parser.at + 1 < characters.length && after !== ")" && after !== "|") break;
      parser.at++;
      return { kind: "condition", holds: atEnd };
    }
    case "*":
      // At the start of a basic expression it is a character.
      if (basic && before.every((node) => node.kind === "condition")) break;
      throw new NotModelled();
    case "}":
      if (syntax.kind === "extended") break;
      throw new NotModelled();
    case undefined:
      if (characters[parser.at] === "\\" && syntax.kind !== "fixed") return parseEscape(parser);
      break;
    default:
      throw new NotModelled();
  }
  return literal(parser, characters[parser.at++] ?? "");
}

function literal({ syntax }: Parser, wanted: string): Node {
  const folded = wanted.toLowerCase();
  return {
    kind: "one",
    matches: syntax.ignoreCase
      ? (character) => character.toLowerCase() === folded
      : (character) => character === wanted,
  };
}

function parseGroup(parser: Parser): Node {
  accept(parser, "(");
  if (parser.depth >= limits.shellNestingMax) throw new NotModelled();
  const index = ++parser.groups;
  parser.depth++;
  const node = parseEither(parser);
  parser.depth--;
  if (!accept(parser, ")")) throw new NotModelled();
  return { kind: "group", index, node };
}

function parseBracket(parser: Parser): Node {
  const { ignoreCase } = parser.syntax;
  const set = bracketAt(parser.characters, parser.at, { shell: false, ignoreCase });
  // sed(1) reads escapes in brackets, grep(1) doesn't.
  if (set === undefined || (parser.syntax.sed && escapesBetween(parser, set.end))) throw new NotModelled();
  parser.at = set.end + 1;
  return { kind: "one", matches: set.matches };
}

function escapesBetween({ characters, at }: Parser, end: number): boolean {
  return /\\[a-z]/.test(characters.slice(at, end).join(""));
}

const classEscapes: Readonly<Record<string, RegExp>> = { w: /^\w$/, W: /^\W$/s, s: /^\s$/, S: /^\S$/s };

const conditionEscapes: Readonly<Record<string, Condition>> = {
  b: (text, at) => isWord(text[at - 1]) !== isWord(text[at]),
  B: (text, at) => isWord(text[at - 1]) === isWord(text[at]),
  "<": (text, at) => !isWord(text[at - 1]) && isWord(text[at]),
  ">": (text, at) => isWord(text[at - 1]) && !isWord(text[at]),
};

function parseEscape(parser: Parser): Node {
  const letter = parser.characters[parser.at + 1] ?? "";
  parser.at += 2;
  const set = Object.hasOwn(classEscapes, letter) ? classEscapes[letter] : undefined;
  if (set !== undefined) return { kind: "one", matches: (character) => set.test(character) };
  const holds = Object.hasOwn(conditionEscapes, letter) ? conditionEscapes[letter] : undefined;
  if (holds !== undefined) return { kind: "condition", holds };
  if (parser.syntax.sed && letter === "n") return literal(parser, "\n");
  if (parser.syntax.sed && letter === "t") return literal(parser, "\t");
  // A back reference, an escape of another tool, or nothing at all.
  if (/^[A-Za-z0-9`']?$/.test(letter)) throw new NotModelled();
  return literal(parser, letter);
}

function parseRepeat(parser: Parser, node: Node): Node | undefined {
  const operator = operatorAt(parser);
  if (operator === undefined || !"*+?{".includes(operator)) return undefined;
  if (node.kind === "condition") {
    if (operator === "*" && parser.syntax.kind === "basic") return undefined;
    throw new NotModelled();
  }
  accept(parser, operator);
  if (operator !== "{") {
    return { kind: "repeat", node, min: operator === "+" ? 1 : 0, max: operator === "?" ? 1 : undefined };
  }
  const text = parser.characters.slice(parser.at, parser.at + 12).join("");
  const counts = /^(\d*)(,?)(\d*)/.exec(text);
  const [all = "", least = "", comma = "", most = ""] = counts ?? [];
  parser.at += all.length;
  if (!accept(parser, "}") || (least === "" && comma === "")) throw new NotModelled();
  const min = Number(least);
  const max = comma === "" ? min : most === "" ? undefined : Number(most);
  if (max !== undefined && max < min) throw new NotModelled();
  return { kind: "repeat", node, min, max };
}

function atStart(_: readonly string[], at: number): boolean {
  return at === 0;
}

function atEnd(characters: readonly string[], at: number): boolean {
  return at === characters.length;
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /^\w$/.test(character);
}

/** @throws NotModelled past limits.shellExpressionLengthMax */
function add(instructions: Instruction[], instruction: Instruction): number {
  if (instructions.length >= limits.shellExpressionLengthMax) throw new NotModelled();
  return instructions.push(instruction) - 1;
}

function emit(to: Instruction[], node: Node): void {
  switch (node.kind) {
    case "sequence":
      for (const one of node.nodes) emit(to, one);
      return;
    case "either":
      emitEither(to, node.nodes);
      return;
    case "group":
      if (node.index > groupsMax) {
        emit(to, node.node);
        return;
      }
      add(to, { kind: "save", slot: 2 * node.index });
      emit(to, node.node);
      add(to, { kind: "save", slot: 2 * node.index + 1 });
      return;
    case "repeat":
      emitRepeat(to, node);
      return;
    default:
      add(to, node);
  }
}

function emitEither(to: Instruction[], nodes: readonly Node[]): void {
  const jumps: number[] = [];
  for (const [index, node] of nodes.entries()) {
    if (index === nodes.length - 1) {
      emit(to, node);
      break;
    }
    const split = add(to, { kind: "match" });
    emit(to, node);
    jumps.push(add(to, { kind: "match" }));
    to[split] = { kind: "split", first: split + 1, second: to.length };
  }
  for (const jump of jumps) to[jump] = { kind: "jump", to: to.length };
}

function emitRepeat(to: Instruction[], { node, min, max }: Extract<Node, { kind: "repeat" }>): void {
  // One instruction more for each round, so that rounds of nothing are bounded as well.
  for (let round = 0; round < min; round++) {
    add(to, { kind: "jump", to: to.length + 1 });
    emit(to, node);
  }
  const splits: number[] = [];
  for (let round = min; round < (max ?? min + 1); round++) {
    splits.push(add(to, { kind: "match" }));
    emit(to, node);
  }
  if (max === undefined) add(to, { kind: "jump", to: splits[0] ?? 0 });
  for (const split of splits) to[split] = { kind: "split", first: split + 1, second: to.length };
}
