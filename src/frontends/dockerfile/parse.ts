// From the text of a Dockerfile to its instructions (docs.docker.com/reference/dockerfile; read as moby/buildkit's
// frontend/dockerfile/parser does). What an instruction means is not looked at here: checkDockerfile and lowering do that.
//
// Invariant: never throws, and takes time that is linear in the text.
import type { Diagnostic, Parsed, Span } from "../../base/diagnostics.ts";
import { limits } from "../../base/limits.ts";
import { nearestName } from "../../base/nearest.ts";
import { collectProblems, toldProblems } from "../../formats/document/problems.ts";
import { type ArgumentContext, readArguments } from "./arguments.ts";
import type { Arguments, Dockerfile, Flag, Heredoc, Instruction, InstructionName } from "./ast.ts";
import { checkInstruction } from "./check.ts";
import { type FoundDirectives, readDirectives } from "./directives.ts";
import { type HeredocMark, heredocMarks } from "./heredoc.ts";
import {
  isComment,
  joinLine,
  type LogicalLine,
  physicalLines,
  type Slice,
  spanOf,
  spanOfSlice,
  withoutLineEnd,
} from "./lines.ts";
import type { DockerfileProblems, DockerfileRule } from "./rules.ts";
import { instructionName, instructionNames } from "./table.ts";
import { cutFlags, cutWord, trimmed } from "./words.ts";

interface Reader {
  readonly file: string;
  /** With their ends. */
  readonly lines: readonly string[];
  readonly escape: "\\" | "`";
  readonly problems: DockerfileProblems;
}

/** `file` is how the file is called in diagnostics. */
export function parseDockerfile(text: string, file: string): Parsed<Dockerfile> {
  const problems = collectProblems<DockerfileRule>();
  const start = { file, line: 1, column: 1, endLine: 1, endColumn: 1 };
  if (text.length > limits.dockerfileBytesMax) {
    problems.error(
      "dockerfile-limit",
      start,
      `the file is larger than ${limits.dockerfileBytesMax} bytes (dockerfileBytesMax)`,
    );
    return { value: undefined, diagnostics: problems.found };
  }
  const lines = physicalLines(text);
  const found = readDirectives(lines, file, problems);
  if (found.foreign && found.syntaxSpan !== undefined) {
    problems.error(
      "foreign-syntax",
      found.syntaxSpan,
      `this is no Dockerfile: it is for the frontend ${found.directives.syntax}`,
    );
    return { value: undefined, diagnostics: problems.found };
  }
  checkSyntax(found, problems);
  checkLineLengths(lines, file, problems);
  const instructions = readInstructions(
    { file, lines, escape: found.directives.escape, problems },
    found.lines,
  );
  const failed = problems.found.some((one) => one.severity === "error");
  if (instructions.length === 0 && !failed) {
    problems.error("no-instructions", start, "the file holds no instruction", "begin with FROM");
  }
  // All mistakes at once: what could be read is checked although the rest could not.
  const more = failed ? instructions.flatMap(checkInstruction) : [];
  const diagnostics = toldProblems([...problems.found, ...more]);
  return {
    value: hasError(diagnostics)
      ? undefined
      : { file, lines: lines.map(withoutLineEnd), directives: found.directives, instructions },
    diagnostics,
  };
}

/** A trigger of ONBUILD that an image brings: one instruction, shown at `span`. */
export function parseTrigger(text: string, span: Span): Parsed<Instruction> {
  const parsed = parseDockerfile(text, span.file);
  const diagnostics = parsed.diagnostics.map((one) => ({ ...one, span }));
  const [instruction, second] = parsed.value?.instructions ?? [];
  if (instruction !== undefined && second === undefined) {
    return { value: relocated(instruction, span), diagnostics };
  }
  const problem: Diagnostic = {
    severity: "error",
    rule: "onbuild-trigger",
    message: `the image's ONBUILD trigger is no single instruction: ${text}`,
    span,
  };
  return { value: undefined, diagnostics: hasError(diagnostics) ? diagnostics : [...diagnostics, problem] };
}

function hasError(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((one) => one.severity === "error");
}

/** All spans in it become `span`: its text is in no file. */
function relocated(instruction: Instruction, span: Span): Instruction {
  return JSON.parse(JSON.stringify(instruction), (key, value: unknown) =>
    key === "span" ? span : value,
  ) as Instruction;
}

/** Frontends are images that a build would have to run: only those that read what is read here are left out. */
function checkSyntax(
  { directives: { syntax }, syntaxSpan }: FoundDirectives,
  problems: DockerfileProblems,
): void {
  if (syntax === undefined || syntaxSpan === undefined) return;
  if (/(?:^|\/)docker\/dockerfile(?:-upstream)?(?:[:@]|$)/.test(syntax)) return;
  problems.warning(
    "foreign-syntax",
    syntaxSpan,
    `the frontend ${clipped(syntax)} is not run: the file is read as docker/dockerfile:1 does`,
  );
}

function checkLineLengths(lines: readonly string[], file: string, problems: DockerfileProblems): void {
  for (const [index, line] of lines.entries()) {
    if (line.length <= limits.dockerfileLineLengthMax) continue;
    const span = { file, line: index + 1, column: 1, endLine: index + 1, endColumn: 2 };
    problems.error(
      "dockerfile-limit",
      span,
      `the line is longer than ${limits.dockerfileLineLengthMax} characters (dockerfileLineLengthMax)`,
    );
    return;
  }
}

function readInstructions(reader: Reader, directives: ReadonlySet<number>): readonly Instruction[] {
  const { file, lines, problems } = reader;
  const instructions: Instruction[] = [];
  let comments: string[] = [];
  let count = 0;
  let index = 0;
  while (index < lines.length) {
    const line = lines[index] ?? "";
    if (isComment(line)) {
      const comment = line.trim().slice(1).trim();
      if (comment === "") comments = [];
      else if (!directives.has(index)) comments.push(comment);
      index++;
      continue;
    }
    const { logical, next, blank } = joinLine(lines, index, file, reader.escape);
    index = next;
    if (blank !== undefined) {
      const span = { file, line: blank, column: 1, endLine: blank, endColumn: 2 };
      problems.warning(
        "empty-continuation",
        span,
        "a blank line stands between continued lines",
        "remove it, or make it a comment",
      );
    }
    if (logical.text.trim() === "") continue;
    const read = readInstruction(reader, logical, index, comments);
    index = read.next;
    comments = [];
    if (++count > limits.dockerfileInstructionsMax) {
      problems.error(
        "dockerfile-limit",
        spanOf(logical, 0, 1),
        `there are more than ${limits.dockerfileInstructionsMax} instructions (dockerfileInstructionsMax)`,
      );
      break;
    }
    if (read.instruction !== undefined) instructions.push(read.instruction);
  }
  return instructions;
}

/** `next` is the line after it: here-documents follow their instruction. */
function readInstruction(
  reader: Reader,
  line: LogicalLine,
  next: number,
  comments: readonly string[],
): { instruction: Instruction | undefined; next: number } {
  const context = { line, escape: reader.escape, problems: reader.problems };
  const whole = trimmed({ text: line.text, offset: 0 });
  const statement = readStatement(whole, context);
  const documents = statement.takesHeredocs ? readHeredocs(reader, line, next) : { heredocs: [], next };
  if (statement.name === undefined || statement.arguments === undefined) {
    return { instruction: undefined, next: documents.next };
  }
  const start = spanOf(line, whole.offset, whole.offset + 1);
  const last = withoutLineEnd(reader.lines[documents.next - 1] ?? "");
  const end =
    documents.next > next
      ? { endLine: documents.next, endColumn: last.length + 1 }
      : spanOfSlice(line, whole);
  const instruction: Instruction = {
    name: statement.name,
    keyword: statement.keyword,
    flags: statement.flags,
    arguments: withHeredocs(statement.arguments, documents.heredocs),
    heredocs: documents.heredocs,
    original: whole.text,
    span: { ...start, endLine: end.endLine, endColumn: end.endColumn },
    comments,
  };
  return { instruction, next: documents.next };
}

/** The here-documents of an ONBUILD are those of its trigger. */
function withHeredocs(given: Arguments, heredocs: readonly Heredoc[]): Arguments {
  return given.kind === "instruction"
    ? { kind: "instruction", instruction: { ...given.instruction, heredocs } }
    : given;
}

interface Statement {
  readonly name: InstructionName | undefined;
  readonly keyword: string;
  readonly flags: readonly Flag[];
  /** Undefined where they can't be read. */
  readonly arguments: Arguments | undefined;
  readonly takesHeredocs: boolean;
}

const heredocInstructions: readonly string[] = ["add", "copy", "run"];

function readStatement(whole: Slice, context: ArgumentContext, trigger = false): Statement {
  const [keyword, after] = cutWord(whole);
  const [words, rest] = cutFlags(
    after ?? { text: "", offset: whole.offset + whole.text.length },
    context.escape,
  );
  const name = instructionName(keyword.text);
  const flags = words.map((word) => flagOf(word.text, spanOf(context.line, word.offset, word.end)));
  const common = { name, keyword: keyword.text, flags };
  if (name === undefined) {
    const near = nearestName(keyword.text, instructionNames);
    context.problems.error(
      "unknown-instruction",
      spanOfSlice(context.line, keyword),
      `${clipped(keyword.text)} is no instruction`,
      near === undefined ? undefined : `did you mean ${near.toUpperCase()}?`,
    );
    // What is meant decides whether its here-documents follow, and so where reading goes on.
    return { ...common, arguments: undefined, takesHeredocs: heredocInstructions.includes(near ?? "") };
  }
  if (name !== "onbuild") {
    const read = readArguments(name, rest, context);
    return {
      ...common,
      arguments: read,
      takesHeredocs: heredocInstructions.includes(name) && read?.kind !== "json",
    };
  }
  if (trigger || rest.text === "") {
    // One trigger can't hold another; where there is none, the check tells.
    const missing: Arguments = { kind: "words", values: [] };
    if (trigger) {
      context.problems.error(
        "onbuild-trigger",
        spanOfSlice(context.line, keyword),
        "ONBUILD can't be the trigger of ONBUILD",
      );
    }
    return { ...common, arguments: trigger ? undefined : missing, takesHeredocs: false };
  }
  return readTriggerStatement(common, rest, context);
}

function readTriggerStatement(
  common: Pick<Statement, "name" | "keyword" | "flags">,
  rest: Slice,
  context: ArgumentContext,
): Statement {
  const inner = readStatement(rest, context, true);
  if (inner.name === undefined || inner.arguments === undefined) {
    return { ...common, arguments: undefined, takesHeredocs: inner.takesHeredocs };
  }
  const instruction: Instruction = {
    name: inner.name,
    keyword: inner.keyword,
    flags: inner.flags,
    arguments: inner.arguments,
    heredocs: [],
    original: rest.text,
    span: spanOfSlice(context.line, rest),
    comments: [],
  };
  return { ...common, arguments: { kind: "instruction", instruction }, takesHeredocs: inner.takesHeredocs };
}

/** The beginning of what may be long. */
function clipped(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}...`;
}

function flagOf(text: string, span: Span): Flag {
  const equals = text.indexOf("=");
  return equals < 0
    ? { name: text.slice(2), span }
    : { name: text.slice(2, equals), value: text.slice(equals + 1), span };
}

function readHeredocs(
  reader: Reader,
  line: LogicalLine,
  start: number,
): { heredocs: readonly Heredoc[]; next: number } {
  if (!line.text.includes("<<")) return { heredocs: [], next: start };
  const { problems } = reader;
  const { marks, malformed } = heredocMarks(line);
  for (const { span } of malformed) {
    problems.error("malformed-heredoc", span, "the name of the here-document has a quote that is not closed");
  }
  const excess = marks[limits.heredocsMax];
  if (excess !== undefined) {
    problems.error(
      "dockerfile-limit",
      excess.span,
      `an instruction has more than ${limits.heredocsMax} here-documents (heredocsMax)`,
    );
  }
  const heredocs: Heredoc[] = [];
  let next = start;
  for (const mark of marks.slice(0, limits.heredocsMax)) {
    const end = endOf(reader.lines, next, mark);
    if (end === undefined) {
      problems.error(
        "unterminated-heredoc",
        mark.span,
        `the here-document ${mark.name} has no end`,
        `a line that holds ${mark.name} alone ends it`,
      );
      return { heredocs, next: reader.lines.length };
    }
    heredocs.push({ ...mark, content: reader.lines.slice(next, end).join("") });
    next = end + 1;
  }
  return { heredocs, next };
}

/** Index of the line that ends a here-document. */
function endOf(lines: readonly string[], start: number, { name, chomp }: HeredocMark): number | undefined {
  for (let index = start; index < lines.length; index++) {
    const line = withoutLineEnd(lines[index] ?? "");
    if ((chomp ? line.replace(/^\t+/, "") : line) === name) return index;
  }
  return undefined;
}
