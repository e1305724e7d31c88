// Here-documents (XCU 2.7.4): the lines after the command's own, up to one that is the delimiter.
import type { Word, WordPart } from "./ast.ts";
import { type Cursor, nested, type PendingHereDocument, SyntaxFailure } from "./cursor.ts";
import { readQuotedParts } from "./word.ts";

/** Reads one body and hands it to its redirection. The cursor stands at the start of a line, and ends at one. */
export function readHereDocument(cursor: Cursor, pending: PendingHereDocument): void {
  const start = cursor.at;
  const { text, offsets, end } = takeLines(cursor, pending);
  const inner = nested(cursor, text, (offset) => offsets[offset] ?? end);
  const extent = { start: cursor.origin(start), end: cursor.origin(end) };
  const parts: WordPart[] = pending.quoted
    ? [{ kind: "quoted", quote: "single", text, extent }]
    : readBody(inner, text);
  pending.fill({ parts, extent } satisfies Word);
}

function readBody(inner: Cursor, text: string): WordPart[] {
  try {
    return readQuotedParts(inner, () => false, "");
  } catch (thrown) {
    // bash reads the expansions of a body only when it runs the command.
    if (!(thrown instanceof SyntaxFailure) || thrown.final || inner.dialect === "posix") throw thrown;
    const extent = { start: inner.origin(0), end: inner.origin(text.length) };
    return [{ kind: "quoted", quote: "single", text, extent }];
  }
}

interface Lines {
  readonly text: string;
  /** For each unit of `text`, its offset in the cursor's text. */
  readonly offsets: readonly number[];
  readonly end: number;
}

/** A missing delimiter is no error: shells take the rest of the script, some with a warning. */
function takeLines(cursor: Cursor, pending: PendingHereDocument): Lines {
  let text = "";
  const offsets: number[] = [];
  let joined = false;
  while (cursor.at < cursor.text.length) {
    const newline = cursor.text.indexOf("\n", cursor.at);
    const lineEnd = newline < 0 ? cursor.text.length : newline;
    let from = cursor.at;
    if (pending.stripTabs && !joined) while (cursor.text[from] === "\t") from++;
    const line = cursor.text.slice(from, lineEnd);
    const end = cursor.at;
    cursor.at = newline < 0 ? lineEnd : lineEnd + 1;
    if (line === pending.delimiter && !joined) return { text, offsets, end };
    for (let at = from; at < cursor.at; at++) offsets.push(at);
    text += cursor.text.slice(from, cursor.at);
    joined = !pending.quoted && /(?:^|[^\\])(?:\\\\)*\\$/.test(line);
  }
  return { text, offsets, end: cursor.at };
}
