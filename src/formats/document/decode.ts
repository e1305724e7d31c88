// The text of a file that a user wrote, or the place where it stops being UTF-8.
import type { Parsed, Span } from "../../base/diagnostics.ts";
import { collectProblems } from "./problems.ts";

/** The text of a file of a user, which is UTF-8. */
export function decodeText(bytes: Uint8Array, file: string): Parsed<string> {
  try {
    return {
      value: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
      diagnostics: [],
    };
  } catch {
    const { line, column } = firstInvalid(bytes);
    const span: Span = { file, line, column, endLine: line, endColumn: column + 1 };
    const problems = collectProblems();
    problems.error("yaml-encoding", span, "the file is not UTF-8", "save it as UTF-8");
    return { value: undefined, diagnostics: problems.found };
  }
}

/** Where a lenient decoder first disagrees with the bytes. */
function firstInvalid(bytes: Uint8Array): { line: number; column: number } {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let line = 1;
  let start = 0;
  for (let end = 0; end <= bytes.length; end++) {
    if (end < bytes.length && bytes[end] !== 0x0a) continue;
    const content = bytes.subarray(start, end);
    try {
      decoder.decode(content);
    } catch {
      return { line, column: firstInvalidColumn(content) };
    }
    line += 1;
    start = end + 1;
  }
  return { line: 1, column: 1 };
}

function firstInvalidColumn(line: Uint8Array): number {
  const lenient = new TextDecoder("utf-8", { ignoreBOM: true }).decode(line);
  let offset = 0;
  let column = 1;
  for (const character of lenient) {
    const bytes = Buffer.from(character, "utf8");
    if (!bytes.equals(line.subarray(offset, offset + bytes.length))) return column;
    offset += bytes.length;
    column += character.length;
  }
  return column;
}
