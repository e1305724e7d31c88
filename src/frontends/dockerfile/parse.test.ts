import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Span } from "../../base/diagnostics.ts";
import type { Arguments, Dockerfile, Heredoc, Instruction, Word } from "./ast.ts";
import { checkDockerfile } from "./check.ts";
import { parseDockerfile } from "./parse.ts";
import { printDockerfile } from "./print.ts";

function parsed(text: string): Dockerfile {
  const { value, diagnostics } = parseDockerfile(text, "Dockerfile");
  if (value === undefined) throw new Error(diagnostics.map((one) => one.message).join("\n"));
  return value;
}

describe("what is read", () => {
  test.each<[string, string, string]>([
    ["words", "FROM  alpine\tAS  b", '(from "alpine" "AS" "b")'],
    ["a shell's line", "RUN a  &&  b \t", '(run "a  &&  b")'],
    ["the JSON form", 'RUN [ "a",\t"b c" ]', '(run "a" "b c")'],
    ["the JSON form with nothing in it", "CMD []", "(cmd)"],
    ["escapes of JSON", String.raw`CMD ["\u2665\n\"\\"]`, String.raw`(cmd "♥\n\"\\")`],
    ["single quotes, which are no JSON", "CMD ['a']", `(cmd "['a']")`],
    ["a shell's test", 'RUN [ "$a" = b ] && c', String.raw`(run "[ \"$a\" = b ] && c")`],
    ["text without quotes", 'USER "a b"', String.raw`(user "\"a b\"")`],
    [
      "pairs",
      `ENV a=1 b="2 3" c='4 $x' d=5\\ 6`,
      String.raw`(env "a" "1" "=" "b" "\"2 3\"" "=" "c" "'4 $x'" "=" "d" "5\\ 6" "=")`,
    ],
    ["a pair of old", "ENV a b  c=d", '(env "a" "b  c=d" "")'],
    ["definitions", 'ARG a b= c="d e"', String.raw`(arg "a" "b=" "c=\"d e\"")`],
    ["an escape character at the end of pairs", "ENV a=b\\\\", String.raw`(env "a" "b\\\\" "=")`],
    ["flags", "COPY --from=a --link -- --b /c", '(copy ["--from=a" "--link"] "--b" "/c")'],
    [
      "quotes in flags",
      `RUN --mount="type=bind,source=a b" --x='y'z\\ 1 c`,
      '(run ["--mount=type=bind,source=a b" "--x=yz 1"] "c")',
    ],
    ["flags alone", "CMD --a", '(cmd ["--a"])'],
    ["a trigger", "ONBUILD COPY --link a b", '(onbuild (copy ["--link"] "a" "b"))'],
    [
      "a health check",
      'HEALTHCHECK --retries=3 CMD ["a", "b"]',
      '(healthcheck ["--retries=3"] "CMD" "a" "b")',
    ],
    ["a health check in a shell", "HEALTHCHECK cmd  a  b", '(healthcheck "cmd" "a  b")'],
    ["no health check", "HEALTHCHECK NONE", '(healthcheck "NONE")'],
    ["a small keyword", "from a", '(from "a")'],
    ["continued lines", "RUN a \\\n  b \\  \n\tc", '(run "a   b \\tc")'],
    ["comments between", "RUN a \\\n# no\n   # no\nb", '(run "a b")'],
    [
      "two escape characters, which continue nothing",
      "ENV a b\\\\\nENV c d",
      String.raw`(env "a" "b\\\\" "")
(env "c" "d" "")`,
    ],
    ["continued past the end", "RUN a \\", '(run "a")'],
    ["an escape character alone", "\\\nRUN a", '(run "a")'],
    ["another escape character", "# escape=`\nRUN a `\nb \\\nRUN c", '(run "a b \\\\")\n(run "c")'],
    ["line ends of Windows", "FROM a\r\nRUN b \\\r\n c\r\n", '(from "a")\n(run "b  c")'],
    ["a byte order mark", "\ufeffFROM a", '(from "a")'],
    ["indentation and blank lines", "\n\n  FROM a\n\n\t# c\n\tRUN b\n", '(from "a")\n(run "b")'],
    ["no argument", "RUN", "(run)"],
    ["control characters", "RUN a\u0001\u007f\u00adb", String.raw`(run "a\x01\x7f\u00adb")`],
  ])("%s", (_name, text, expected) => {
    expect(printDockerfile(parsed(text))).toBe(`${expected}\n`);
  });

  test("comments above belong to an instruction, directives don't", () => {
    const text = "# syntax=a\n# one\n\n  #  two \n#\n# three\nFROM a\nRUN b\n# four\nRUN c";
    expect(parsed(text).instructions.map((one) => one.comments)).toEqual([["three"], [], ["four"]]);
  });

  test("what history shows is the joined line", () => {
    expect(parsed("FROM a\n RUN  b \\\n   c  ").instructions[1]?.original).toBe("RUN  b    c");
  });
});

describe("here-documents", () => {
  const read = (text: string): readonly string[] =>
    (parsed(text).instructions[0]?.heredocs ?? []).map(
      ({ name, content, expand, chomp, fileDescriptor }: Heredoc) =>
        `${fileDescriptor === 0 ? "" : fileDescriptor}${chomp ? "-" : ""}${name}${expand ? "" : " raw"}=${content}`,
    );

  test.each<[string, string, readonly string[]]>([
    ["plain", "RUN <<EOF\na\n# b\n\nEOF", ["EOF=a\n# b\n\n"]],
    ["empty", "RUN <<EOF\nEOF\n", ["EOF="]],
    ["of a descriptor", "RUN 3<<EOF\nEOF", ["3EOF="]],
    ["without tabs", "RUN <<-EOF\n\ta\n\tEOF", ["-EOF=\ta\n"]],
    ["tabs before the end where they count", "RUN <<EOF\n\tEOF\nEOF", ["EOF=\tEOF\n"]],
    ["quoted", "RUN <<'EOF'\n$a\nEOF", ["EOF raw=$a\n"]],
    ["quoted in part", 'RUN <<E"O"F\nEOF', ["EOF raw="]],
    ["with an escaped quote", "RUN <<E\\'F\nE'F", ["E'F="]],
    ["with blanks in its name", "RUN <<'a b'\na b", ["a b raw="]],
    ["with blanks before its name", "RUN <<  EOF > a\nEOF", ["EOF="]],
    ["called like a file", "COPY <<a.txt /\nx\na.txt", ["a.txt=x\n"]],
    ["called like a variable", "RUN <<$EOF\n$EOF", ["$EOF="]],
    ["several", "COPY <<A <<B /\nB\nA\nA\nB", ["A=B\n", "B=A\n"]],
    ["behind flags", "RUN --mount=type=cache,target=/a <<EOF\nEOF", ["EOF="]],
    ["for a program", "RUN python3 <<EOF\nx\nEOF", ["EOF=x\n"]],
    ["on a continued line", "RUN \\\n <<EOF\nx \\\nEOF", ["EOF=x \\\n"]],
    ["of a trigger", "ONBUILD RUN <<EOF\nx\nEOF", ["EOF=x\n"]],
    ["keeping line ends of Windows", "RUN <<EOF\r\na\r\nEOF\r\n", ["EOF=a\r\n"]],
    ["in quotes, which is none", 'RUN "<<EOF"', []],
    ["in JSON, which is none", 'RUN ["<<EOF"]', []],
    ["three signs, which are none", "RUN a <<<EOF", []],
    ["a shift, which is none", "RUN $((1<<2<<3))", []],
    ["without a name", "RUN a <<", []],
    ["elsewhere, where there are none", "USER <<EOF", []],
  ])("%s", (_name, text, expected) => {
    expect(read(text)).toEqual(expected);
  });
});

describe("directives", () => {
  test.each<[string, Dockerfile["directives"]]>([
    ["# syntax=docker/dockerfile:1\n# escape=`", { syntax: "docker/dockerfile:1", escape: "`" }],
    ["#SyNtAx = a b", { syntax: "a", escape: "\\" }],
    ["#!/usr/bin/x\n# syntax=a\n# escape=`", { syntax: "a", escape: "\\" }],
    ["# comment\n# escape=`", { escape: "\\" }],
    ["# unknown=a\n# escape=`", { escape: "\\" }],
    ["\n# escape=`", { escape: "\\" }],
    ["# escape=", { escape: "\\" }],
    [
      "# check=skip=A,B;error=true;experimental=all",
      { escape: "\\", check: { skip: ["A", "B"], error: true, experimental: ["all"] } },
    ],
  ])("%j", (head, expected) => {
    expect(parsed(`${head}\nFROM a`).directives).toEqual(expected);
  });
});

/** All words of an instruction that stand in the file as they are. */
function wordsOf(given: Arguments): readonly Word[] {
  switch (given.kind) {
    case "json":
      return [];
    case "words":
      return given.values;
    case "text":
      return [given.value];
    case "pairs":
      return given.pairs.flatMap(({ name, value }) => (value === undefined ? [name] : [name, value]));
    case "health":
      return [given.test, ...wordsOf(given.command)];
    case "instruction":
      return wordsOf(given.instruction.arguments);
  }
}

const slice = (lines: readonly string[], span: Span): string =>
  (lines[span.line - 1] ?? "").slice(span.column - 1, span.endColumn - 1);

describe("places", () => {
  test("of words on continued lines", () => {
    const { instructions } = parsed('FROM a\n  COPY --from=b \\\n  # c\n   d \\\n e\nCMD ["f", "g"]');
    const [, copy, cmd] = instructions;
    const at = ({ line, column, endLine, endColumn }: Span): string =>
      `${line}:${column}-${endLine}:${endColumn}`;
    expect(copy?.flags.map(({ span }) => at(span))).toEqual(["2:8-2:16"]);
    expect(copy === undefined ? [] : wordsOf(copy.arguments).map(({ span }) => at(span))).toEqual([
      "4:4-4:5",
      "5:2-5:3",
    ]);
    expect(copy === undefined ? "" : at(copy.span)).toBe("2:3-5:3");
    expect(cmd?.arguments.kind === "json" ? cmd.arguments.values.map(({ span }) => at(span)) : []).toEqual([
      "6:6-6:9",
      "6:11-6:14",
    ]);
  });

  test("whatever the file is, a word on one line is what its place says", () => {
    fc.assert(
      fc.property(dockerfiles, (text) => {
        const { value } = parseDockerfile(text, "f");
        for (const { arguments: given } of value?.instructions ?? []) {
          for (const { text: word, span } of wordsOf(given)) {
            if (span.line === span.endLine) expect(slice(value?.lines ?? [], span)).toBe(word);
          }
        }
      }),
    );
  });
});

const fragment = fc.constantFrom(
  ...[
    "FROM a",
    "RUN",
    "COPY",
    "ENV",
    "ARG",
    "LABEL",
    "ONBUILD",
    "HEALTHCHECK",
    "CMD",
    "EXPOSE",
    "MAINTAINER",
    "VOLUME",
  ],
  ...[
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "\\",
    "\\\n",
    "`\n",
    "# ",
    "#",
    "# escape=`\n",
    "# syntax=a\n",
    "\ufeff",
  ],
  ...[
    "<<",
    "<<-",
    "<<E",
    "E\n",
    "3<<'E F'",
    "[",
    "]",
    '["a", "b"]',
    '"',
    "'",
    "=",
    "a=b",
    "a='b c'",
    "$",
    "${",
    "}",
    "${x:-",
    "--a",
    "--a=b",
    "--",
    "é",
    "\u2028",
    "😀",
    "\ud800",
    "\0",
  ],
);
const dockerfiles = fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join(""));

/** A file that means the same, from what was read. */
function written({ directives, instructions }: Dockerfile): string {
  const one = ({ original, heredocs }: Instruction): string =>
    [original, ...heredocs.map(({ content, name }) => `${content}${name}`)].join("\n");
  return [`# escape=${directives.escape}`, ...instructions.map(one), ""].join("\n");
}

describe("whatever the file is", () => {
  test("nothing is thrown, a value is there exactly where no error is, and checks throw nothing either", () => {
    fc.assert(
      fc.property(fc.oneof(dockerfiles, fc.string({ unit: "binary" })), (text) => {
        const { value, diagnostics } = parseDockerfile(text, "f");
        expect(value === undefined).toBe(diagnostics.some((one) => one.severity === "error"));
        if (value !== undefined) checkDockerfile(value);
      }),
      { numRuns: 2000 },
    );
  });

  test("what is read is read the same from its own lines", () => {
    fc.assert(
      fc.property(dockerfiles, (text) => {
        const { value } = parseDockerfile(text, "f");
        const escapeCharacter = value?.directives.escape ?? "";
        fc.pre(value?.instructions.every((one) => isWritable(one, escapeCharacter)) === true);
        expect(printDockerfile(parsed(written(value)))).toBe(printDockerfile(value));
      }),
      { numRuns: 1000 },
    );
  });
});

/** A joined line that ends with an escape character, or begins like a comment, would be read differently. */
function isWritable({ original, heredocs }: Instruction, escapeCharacter: string): boolean {
  return (
    !original.endsWith(escapeCharacter) &&
    heredocs.every(({ content }) => content === "" || content.endsWith("\n"))
  );
}
