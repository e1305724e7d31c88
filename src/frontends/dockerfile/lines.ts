// Lines of a Dockerfile: physical ones as the file has them, and logical ones, which an escape character at the end continues.
// Comments and blank lines between continued lines are no part of a logical line (docs.docker.com/reference/dockerfile, "Format").
//
// Invariant: every character of a logical line knows its place in the file.
import type { Span } from "../../base/diagnostics.ts";

/** The text of a logical line, and where its pieces begin. */
export interface LogicalLine {
  readonly file: string;
  readonly text: string;
  /** In ascending order of `offset`; the first has 0. */
  readonly pieces: readonly Piece[];
}

interface Piece {
  /** In the logical line's text. */
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** A logical line with the physical lines that it took. */
export interface JoinedLine {
  readonly logical: LogicalLine;
  /** Index of the first physical line after it. */
  readonly next: number;
  /** The first line (from 1) that is blank between continued ones, which is deprecated. */
  readonly blank: number | undefined;
}

/** A part of a logical line. */
export interface Slice {
  readonly text: string;
  /** Where it begins in the line. */
  readonly offset: number;
}

/** Physical lines with their ends; a byte order mark is no part of the first. */
export function physicalLines(text: string): readonly string[] {
  const lines: string[] = [];
  let start = text.startsWith("\ufeff") ? 1 : 0;
  while (start < text.length) {
    const end = text.indexOf("\n", start);
    const next = end < 0 ? text.length : end + 1;
    lines.push(text.slice(start, next));
    start = next;
  }
  return lines;
}

export function withoutLineEnd(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === "\n" || line[end - 1] === "\r")) end--;
  return line.slice(0, end);
}

export function isComment(line: string): boolean {
  return line.trimStart().startsWith("#");
}

/** The logical line that begins at `index`; leading blanks of its first physical line are dropped. */
export function joinLine(
  lines: readonly string[],
  index: number,
  file: string,
  escapeCharacter: string,
): JoinedLine {
  const first = withoutLineEnd(lines[index] ?? "");
  const indent = first.length - first.trimStart().length;
  const pieces: Piece[] = [{ offset: 0, line: index + 1, column: indent + 1 }];
  let blank: number | undefined;
  let { text, continued } = cutContinuation(first.slice(indent), escapeCharacter);
  const texts = [text];
  let length = text.length;
  let next = index + 1;
  for (; continued && next < lines.length; next++) {
    const line = withoutLineEnd(lines[next] ?? "");
    if (isComment(line)) continue;
    if (line.trimStart() === "") {
      blank ??= next + 1;
      continue;
    }
    pieces.push({ offset: length, line: next + 1, column: 1 });
    ({ text, continued } = cutContinuation(line, escapeCharacter));
    texts.push(text);
    length += text.length;
  }
  return { logical: { file, text: texts.join(""), pieces }, next, blank };
}

/** An escape character at the end continues a line, unless another one stands before it. */
function cutContinuation(line: string, escapeCharacter: string): { text: string; continued: boolean } {
  let end = line.length;
  while (end > 0 && (line[end - 1] === " " || line[end - 1] === "\t")) end--;
  const continued =
    end > 0 && line[end - 1] === escapeCharacter && (end === 1 || line[end - 2] !== escapeCharacter);
  return { text: continued ? line.slice(0, end - 1) : line, continued };
}

/** The place in the file of `[start, end)` of a logical line; an empty range is one column wide at least where it can be. */
export function spanOf(line: LogicalLine, start: number, end: number): Span {
  const from = placeOf(line, start);
  const to = end > start ? placeOf(line, end - 1) : { ...from, column: from.column - 1 };
  return {
    file: line.file,
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column + 1,
  };
}

export function spanOfSlice(line: LogicalLine, { text, offset }: Slice): Span {
  return spanOf(line, offset, offset + text.length);
}

function placeOf(line: LogicalLine, offset: number): { line: number; column: number } {
  let low = 0;
  let high = line.pieces.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((line.pieces[middle]?.offset ?? 0) <= offset) low = middle;
    else high = middle;
  }
  const piece = line.pieces[low] ?? { offset: 0, line: 1, column: 1 };
  return { line: piece.line, column: piece.column + offset - piece.offset };
}
