import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../base/limits.ts";
import type { Command, Dialect, Script, SimpleCommand, Word } from "./ast.ts";
import { dialectOf, parseShell, spanOf } from "./parse.ts";

function parse(text: string, dialect: Dialect = "posix"): Script {
  const { value, diagnostics } = parseShell(text, { file: "script", dialect });
  expect(diagnostics).toEqual([]);
  if (value === undefined) throw new Error("a script without diagnostics has a value");
  return value;
}

function commandOf(text: string, dialect: Dialect = "posix"): Command {
  const command = parse(text, dialect).commands[0]?.first.commands[0];
  if (command === undefined) throw new Error("no command");
  return command;
}

function simple(text: string, dialect: Dialect = "posix"): SimpleCommand {
  const command = commandOf(text, dialect);
  if (command.kind !== "simple") throw new Error(`it is a ${command.kind}`);
  return command;
}

/** A word's parts without places. */
function shape(word: Word | undefined): unknown {
  return JSON.parse(
    JSON.stringify(word?.parts, (key, value: unknown) => (key === "extent" ? undefined : value)),
  ) as unknown;
}

describe("words", () => {
  test.each<[string, Dialect, unknown]>([
    ["a", "posix", [{ kind: "literal", text: "a" }]],
    [
      "a'b c'd",
      "posix",
      [
        { kind: "literal", text: "a" },
        { kind: "quoted", quote: "single", text: "b c" },
        { kind: "literal", text: "d" },
      ],
    ],
    [
      "a\\ b",
      "posix",
      [
        { kind: "literal", text: "a" },
        { kind: "quoted", quote: "backslash", text: " " },
        { kind: "literal", text: "b" },
      ],
    ],
    ["a\\\nb", "posix", [{ kind: "literal", text: "ab" }]],
    [
      '"a\\"b\\c"',
      "posix",
      [
        {
          kind: "double-quoted",
          translated: false,
          parts: [
            { kind: "literal", text: "a" },
            { kind: "quoted", quote: "backslash", text: '"' },
            { kind: "literal", text: "b\\c" },
          ],
        },
      ],
    ],
    ["$'a\\n\\x41\\101'", "bash", [{ kind: "quoted", quote: "dollar-single", text: "a\nAA" }]],
    [
      "$'a'",
      "posix",
      [
        { kind: "literal", text: "$" },
        { kind: "quoted", quote: "single", text: "a" },
      ],
    ],
    ["$x", "posix", [{ kind: "parameter", name: "x", form: "value" }]],
    [
      "${x:-y}",
      "posix",
      [
        {
          kind: "parameter",
          name: "x",
          form: "value",
          operation: { operator: ":-", word: { parts: [{ kind: "literal", text: "y" }] } },
        },
      ],
    ],
    ["${#x}", "posix", [{ kind: "parameter", name: "x", form: "length" }]],
    ["${#}", "posix", [{ kind: "parameter", name: "#", form: "value" }]],
    [
      "${x##*/}",
      "posix",
      [
        {
          kind: "parameter",
          name: "x",
          form: "value",
          operation: { operator: "##", word: { parts: [{ kind: "literal", text: "*/" }] } },
        },
      ],
    ],
    ["${!x}", "bash", [{ kind: "parameter", name: "x", form: "indirect" }]],
    ["${!x@}", "bash", [{ kind: "parameter", name: "x", form: "names" }]],
    [
      "${x//a/b}",
      "bash",
      [
        {
          kind: "parameter",
          name: "x",
          form: "value",
          operation: {
            operator: "//",
            word: { parts: [{ kind: "literal", text: "a" }] },
            second: { parts: [{ kind: "literal", text: "b" }] },
          },
        },
      ],
    ],
    [
      "${x:1:2}",
      "bash",
      [
        {
          kind: "parameter",
          name: "x",
          form: "value",
          operation: {
            operator: ":",
            word: { parts: [{ kind: "literal", text: "1" }] },
            second: { parts: [{ kind: "literal", text: "2" }] },
          },
        },
      ],
    ],
    [
      "${x[@]}",
      "bash",
      [
        {
          kind: "parameter",
          name: "x",
          form: "value",
          subscript: { parts: [{ kind: "literal", text: "@" }] },
        },
      ],
    ],
    [
      "$((1 + 2))",
      "posix",
      [{ kind: "arithmetic", expression: { parts: [{ kind: "literal", text: "1 + 2" }] } }],
    ],
  ])("%s in %s", (text, dialect, expected) => {
    expect(shape(simple(text, dialect).words[0])).toEqual(expected);
  });

  test("a command substitution holds commands, also between back quotes inside double quotes", () => {
    const [part] = simple('"`echo \\"a\\" \\`b\\``"').words[0]?.parts ?? [];
    const inner = part?.kind === "double-quoted" ? part.parts[0] : undefined;
    expect(inner?.kind === "command" && inner.body[0]?.first.commands[0]?.kind).toBe("simple");
  });

  test("$(( that is not arithmetic is a substitution in bash and a mistake in dash", () => {
    expect(shape(simple("$((a); b)", "bash").words[0])).toMatchObject([{ kind: "command" }]);
    expect(parseShell("echo $((a); b)", { file: "x", dialect: "posix" }).value).toBeUndefined();
  });
});

describe("commands", () => {
  test("assignments, words and redirections", () => {
    const command = simple("A=1 B= 2>&1 cmd x=y >out <in");
    expect(command.assignments.map((one) => one.name)).toEqual(["A", "B"]);
    expect(command.words).toHaveLength(2);
    expect(command.redirects.map((one) => [one.descriptor, one.operator])).toEqual([
      [2, ">&"],
      [undefined, ">"],
      [undefined, "<"],
    ]);
  });

  test.each<[string, Dialect, Command["kind"]]>([
    ["if a; then b; elif c; then d; else e; fi", "posix", "if"],
    ["while a; do b; done", "posix", "while"],
    ["for x in 1 2; do a; done", "posix", "for"],
    ["for x\ndo a; done", "posix", "for"],
    ["case $x in (a|b) c ;; *) d; esac", "posix", "case"],
    ["case $x in a) b ;& c) d ;;& e) f ;; esac", "bash", "case"],
    ["f() { a; }", "posix", "function"],
    ["function f { a; }", "bash", "function"],
    ["( a )", "posix", "subshell"],
    ["((x = 1))", "bash", "arithmetic"],
    ["((a); (b))", "bash", "subshell"],
    ["[[ -f $a && ( $b == @(x|y) || ! $c =~ ^(a b)$ ) ]]", "bash", "conditional"],
    ["for ((i = 0; i < 3; i++)); do a; done", "bash", "arithmetic-for"],
    ["select x in a b; do c; done", "bash", "select"],
    ["coproc NAME { a; }", "bash", "coprocess"],
  ])("%s", (text, dialect, kind) => {
    expect(commandOf(text, dialect).kind).toBe(kind);
  });

  test("an array, and one of a declaring command", () => {
    expect(shape(simple("a=(1 [x]=2)", "bash").assignments[0]?.value)).toMatchObject([{ kind: "array" }]);
    expect(shape(simple("local a=(1 2)", "bash").words[1])).toMatchObject([
      { kind: "literal" },
      { kind: "array" },
    ]);
  });

  test("|& and ! and &", () => {
    const [item] = parse("! a |& b &", "bash").commands;
    expect(item?.background).toBe(true);
    expect(item?.first.negated).toBe(true);
    expect(item?.first.withStderr).toEqual([true, false]);
  });
});

describe("here-documents", () => {
  test("two on a line, quoted and not, tabs taken off", () => {
    const { redirects } = simple("cat <<A <<-'B'\nx $y\nA\n\tz $y\n\tB\n");
    expect(shape(redirects[0]?.body)).toMatchObject([
      { kind: "literal", text: "x " },
      { kind: "parameter", name: "y" },
      { kind: "literal", text: "\n" },
    ]);
    expect(shape(redirects[1]?.body)).toEqual([{ kind: "quoted", quote: "single", text: "z $y\n" }]);
  });

  test("inside a command substitution", () => {
    const script = parse("x=$(cat <<E\nbody\nE\n)\necho");
    expect(script.commands).toHaveLength(2);
  });

  test("without its delimiter it reaches to the end", () => {
    expect(shape(simple("cat <<E\nx").redirects[0]?.body)).toEqual([{ kind: "literal", text: "x" }]);
  });
});

describe("places", () => {
  test("of a command, in lines and columns", () => {
    const script = parse("a\n  b c\n");
    const command = script.commands[1]?.first.commands[0];
    expect(command && spanOf(command.extent, script.text, "f")).toEqual({
      file: "f",
      line: 2,
      column: 3,
      endLine: 2,
      endColumn: 6,
    });
  });

  test("inside back quotes and here-documents they are places of the script", () => {
    const text = 'x="`a \\`b\\``"\ncat <<-E\n\t$(c)\n\tE\n';
    const names: string[] = [];
    JSON.stringify(parse(text).commands, (_, value: unknown) => {
      const node = value as { kind?: string; text?: string; extent?: { start: number; end: number } } | null;
      if (node?.kind === "literal" && /^[abc]$/.test(node.text ?? "")) {
        names.push(text.slice(node.extent?.start, node.extent?.end));
      }
      return value;
    });
    expect(names).toEqual(["a", "b", "c"]);
  });
});

describe("mistakes", () => {
  test.each<[string, Dialect, string, number]>([
    ["if a; then", "posix", "expected a command", 1],
    ["a\nfi", "posix", 'unexpected "fi"', 2],
    ["echo 'a", "posix", "a single quote is not closed", 1],
    ['echo "a', "posix", "a double quote is not closed", 1],
    ["echo $(a", "posix", "not closed", 1],
    ["echo ${a", "posix", "not closed", 1],
    ["{ }", "posix", "expected a command", 1],
    ["a ;; b", "posix", 'unexpected ";;"', 1],
    ["for 1 in a; do b; done", "posix", "variable", 1],
    ["a=(1)", "posix", 'unexpected "("', 1],
    ["[[ a", "bash", 'expected "]]"', 1],
    ["f() a", "bash", "body", 1],
    ["a-b() { c; }", "posix", "function", 1],
  ])("%j in %s", (text, dialect, message, line) => {
    const { value, diagnostics } = parseShell(text, { file: "script", dialect });
    expect(value).toBeUndefined();
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]?.message).toContain(message);
    expect(diagnostics[0]?.span?.line).toBe(line);
  });

  test("nesting and length are bounded", () => {
    const deep = parseShell("(".repeat(10_000), { file: "x" });
    expect(deep.diagnostics[0]?.message).toContain(String(limits.shellNestingMax));
    const long = parseShell("a".repeat(limits.shellScriptBytesMax + 1), { file: "x" });
    expect(long.diagnostics[0]?.message).toContain("shellScriptBytesMax");
  });

  test.each<[string, string, string]>([
    ["arithmetic or a substitution", "$((", ") )"],
    ["arithmetic or a subshell", "((", ") )"],
    ["arithmetic or a subshell, with a mistake", "(( $(", ""],
    ["an element's subscript or a word", "a=([$(", ")] )"],
    ["an assignment or a word", "a[$(", ")]"],
    ["a coprocess's name or its command", "coproc $(", ")"],
    ["a substitution", "$(", ")"],
    ["a parameter's default", "${x:-", "}"],
    ["a parameter's subscript", "${x[", "]}"],
    ["a here-document", "cat <<E\n$(", ")\nE\n"],
    ["a process", "<(", ")"],
    ["a function", "f() {\n", "\n}\n"],
    ["a condition", "[[ a && ( b || $(", ") ) ]]"],
    ["a loop", "for x in a; do\n", "\ndone"],
    ["a case", "case x in (a) ", ";; esac"],
  ])("nested 30 times it is read in no time: %s", (_, opening, closing) => {
    parseShell(`${opening.repeat(30)} x ${closing.repeat(30)}`, { file: "x", dialect: "bash" });
  });

  test("a reading that did not fit leaves nothing behind", () => {
    const script = parse("(( $(cat <<E) ) )\nx\nE\necho y", "bash");
    expect(script.commands).toHaveLength(2);
    expect(simple("echo $((a) | b)", "bash").words).toHaveLength(2);
  });

  test("what is read twice is bounded", () => {
    const filler = "x".repeat(limits.shellRereadLengthMax / 16);
    const twice = `${"$((".repeat(30)} ${filler} ${") )".repeat(30)}`;
    const { diagnostics } = parseShell(twice, { file: "x", dialect: "bash" });
    expect(diagnostics[0]?.message).toContain("can be read in two ways");
  });

  test("never throws, and a value is there exactly where no diagnostic is", () => {
    const token = fc.constantFrom(
      ..."a;&|()<>{}[]'\"`$\\\n #=!*".split(""),
      ..."if then fi do done case esac in for while $( ${ $(( )) <<E [[ ]] ;; && || x= f()".split(" "),
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 40 }), fc.boolean(), (tokens, bash) => {
        const parsed = parseShell(tokens.join(""), { file: "x", dialect: bash ? "bash" : "posix" });
        return (parsed.value === undefined) === parsed.diagnostics.length > 0;
      }),
      { numRuns: 3000 },
    );
  });
});

test.each([
  ["#!/bin/sh\n", "posix"],
  ["#! /bin/bash -e\n", "bash"],
  ["#!/usr/bin/env bash\n", "bash"],
  ["#!/usr/bin/perl\n", undefined],
  ["echo\n", undefined],
])("the dialect of %j", (text, expected) => {
  expect(dialectOf(text)).toBe(expected);
});
