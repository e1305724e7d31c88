// The subset of TOML 1.0 that configuration files of container tools are written in: comments, tables, arrays of tables,
// bare, quoted and dotted keys, one-line strings, integers, booleans, arrays, inline tables. Not read, and said so:
// multi-line strings, floats, dates. Never throws on input.
import type { Diagnostic, Parsed } from "../../base/diagnostics.ts";
import { limits } from "../../base/limits.ts";

export type TomlValue = string | number | boolean | readonly TomlValue[] | TomlTable;
export type TomlTable = ReadonlyMap<string, TomlValue>;

type Table = Map<string, Value>;
type Value = string | number | boolean | Value[] | Table;

/** The root table of a document, or what is wrong with it, with the place of the first mistake. */
export function parseToml(text: string, file: string): Parsed<TomlTable> {
  const reader: Reader = { text, at: 0, depth: 0, closed: new Set() };
  try {
    return { value: document(reader), diagnostics: [] };
  } catch (thrown) {
    if (!(thrown instanceof Mistake)) throw thrown;
    return { value: undefined, diagnostics: [diagnosticAt(text, reader.at, file, thrown)] };
  }
}

/** Ends the reading of a document; never leaves this file. */
class Mistake extends Error {}

interface Reader {
  readonly text: string;
  at: number;
  depth: number;
  /** Inline tables and arrays of values, which later headers must not extend. */
  readonly closed: Set<Value>;
}

function document(reader: Reader): Table {
  const root: Table = new Map();
  let current = root;
  for (;;) {
    skip(reader, /[\s]*(?:#[^\n]*\s*)*/y);
    if (reader.at >= reader.text.length) return root;
    if (reader.text[reader.at] === "[") {
      current = header(reader, root);
    } else {
      keyValue(reader, current);
    }
    skip(reader, /[ \t]*(?:#[^\n]*)?/y);
    if (reader.at < reader.text.length && skip(reader, /\r?\n/y) === "") {
      throw new Mistake("there is something after the value on this line");
    }
  }
}

function header(reader: Reader, root: Table): Table {
  const isArray = skip(reader, /\[\[?/y) === "[[";
  const keys = dottedKey(reader);
  if (skip(reader, isArray ? /\s*\]\]/y : /\s*\]/y) === "")
    throw new Mistake("the table's name is not closed");
  const last = keys.at(-1) ?? "";
  const parent = descend(reader, root, keys.slice(0, -1));
  const known = parent.get(last);
  if (isArray) {
    const table: Table = new Map();
    if (known === undefined) parent.set(last, [table]);
    else if (Array.isArray(known) && !reader.closed.has(known)) known.push(table);
    else throw new Mistake(`"${keys.join(".")}" is something else already`);
    return table;
  }
  if (known === undefined) {
    const table: Table = new Map();
    parent.set(last, table);
    return table;
  }
  if (known instanceof Map && !reader.closed.has(known)) return known;
  throw new Mistake(`"${keys.join(".")}" is something else already`);
}

/** The table that keys lead to, made where it isn't there; in an array of tables the newest one. */
function descend(reader: Reader, from: Table, keys: readonly string[]): Table {
  let table = from;
  for (const key of keys) {
    const known = table.get(key);
    const next = Array.isArray(known) ? known.at(-1) : known;
    if (next === undefined) {
      const made: Table = new Map();
      table.set(key, made);
      table = made;
    } else if (next instanceof Map && !reader.closed.has(next)) {
      table = next;
    } else {
      throw new Mistake(`"${key}" is not a table`);
    }
  }
  return table;
}

function keyValue(reader: Reader, into: Table): void {
  const keys = dottedKey(reader);
  if (skip(reader, /[ \t]*=[ \t]*/y) === "") throw new Mistake('a key is followed by "="');
  const table = descend(reader, into, keys.slice(0, -1));
  const last = keys.at(-1) ?? "";
  if (table.has(last)) throw new Mistake(`"${keys.join(".")}" is given twice`);
  table.set(last, value(reader));
}

function dottedKey(reader: Reader): readonly string[] {
  const keys: string[] = [];
  do {
    skip(reader, /[ \t]*/y);
    const quote = reader.text[reader.at];
    const key = quote === '"' || quote === "'" ? string(reader) : skip(reader, /[\w-]+/y);
    if (key === "" && quote !== '"' && quote !== "'") throw new Mistake("a key is expected here");
    keys.push(key);
    if (keys.length > limits.tomlDepthMax) throw new Mistake("it is nested deeper than tomlDepthMax");
  } while (skip(reader, /[ \t]*\./y) !== "");
  return keys;
}

function value(reader: Reader): Value {
  reader.depth += 1;
  if (reader.depth > limits.tomlDepthMax) throw new Mistake("it is nested deeper than tomlDepthMax");
  const first = reader.text[reader.at];
  let found: Value;
  if (first === '"' || first === "'") found = string(reader);
  else if (first === "[") found = array(reader);
  else if (first === "{") found = inlineTable(reader);
  else found = scalar(reader);
  reader.depth -= 1;
  return found;
}

function scalar(reader: Reader): Value {
  const word = skip(reader, /[\w+.:-]+/y);
  if (word === "true" || word === "false") return word === "true";
  if (/^[+-]?(?:0|[1-9](?:_?\d)*)$/.test(word)) return Number(word.replaceAll("_", ""));
  reader.at -= word.length;
  throw new Mistake(
    word === "" ? "a value is expected here" : `${JSON.stringify(word)} is not a value that is read here`,
  );
}

function array(reader: Reader): Value {
  const found: Value[] = [];
  const space = /[\s]*(?:#[^\n]*\s*)*/y;
  skip(reader, /\[/y);
  for (;;) {
    skip(reader, space);
    if (skip(reader, /\]/y) !== "") break;
    found.push(value(reader));
    skip(reader, space);
    if (skip(reader, /,/y) === "" && reader.text[reader.at] !== "]")
      throw new Mistake('"," or "]" is expected here');
  }
  reader.closed.add(found);
  return found;
}

function inlineTable(reader: Reader): Value {
  const table: Table = new Map();
  skip(reader, /\{[ \t]*/y);
  if (skip(reader, /\}/y) === "") {
    do keyValue(reader, table);
    while (skip(reader, /[ \t]*,/y) !== "");
    if (skip(reader, /[ \t]*\}/y) === "") throw new Mistake('"," or "}" is expected here');
  }
  reader.closed.add(table);
  return table;
}

function string(reader: Reader): string {
  if (skip(reader, /"""|'''/y) !== "") throw new Mistake("strings over several lines are not read here");
  const literal = skip(reader, /'[^'\n]*'/y);
  if (literal !== "") return literal.slice(1, -1);
  const basic = skip(reader, /"(?:[^"\\\n]|\\.)*"/y);
  if (basic === "") throw new Mistake("the string is not closed on its line");
  return basic
    .slice(1, -1)
    .replace(/\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)/g, (_, code: string) => escaped(code));
}

const escapes: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  '"': '"',
  "\\": "\\",
};

function escaped(code: string): string {
  const known = escapes[code];
  if (known !== undefined) return known;
  const point = code.length > 1 ? Number.parseInt(code.slice(1), 16) : Number.NaN;
  const valid = point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
  if (!valid) throw new Mistake(`"\\${code}" is not an escape`);
  return String.fromCodePoint(point);
}

/** Consumes what the sticky expression matches here, and returns it. */
function skip(reader: Reader, expression: RegExp): string {
  expression.lastIndex = reader.at;
  const found = expression.exec(reader.text)?.[0] ?? "";
  reader.at += found.length;
  return found;
}

function diagnosticAt(text: string, at: number, file: string, mistake: Mistake): Diagnostic {
  const before = text.slice(0, at).split("\n");
  const line = before.length;
  const column = (before.at(-1)?.length ?? 0) + 1;
  return {
    severity: "error",
    rule: "toml-syntax",
    message: mistake.message,
    span: { file, line, column, endLine: line, endColumn: column + 1 },
  };
}
