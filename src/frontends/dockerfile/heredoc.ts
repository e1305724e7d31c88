// Here-documents, `<<EOF`, in RUN, COPY and ADD (docs.docker.com/reference/dockerfile, "Here-Documents"). Which words of a line
// are marks of one, a shell's rules say; the escape character there is `\` whatever the file's is.
import { limits } from "../../base/limits.ts";
import type { Heredoc } from "./ast.ts";
import { type ExpandOptions, expandWords, isProblem } from "./expand/word.ts";
import { type LogicalLine, spanOf } from "./lines.ts";

/** What a mark says of a here-document; its content follows in the next lines. */
export type HeredocMark = Omit<Heredoc, "content">;

const raw: ExpandOptions = { variables: new Map(), escape: "\\", keepQuotes: true, keepUnset: true };

/** The marks of a line in their order, and those that can't be read; one more than may be is enough. */
export function heredocMarks(line: LogicalLine): {
  readonly marks: readonly HeredocMark[];
  readonly malformed: readonly Omit<HeredocMark, "name" | "expand">[];
} {
  const marks: HeredocMark[] = [];
  const malformed: Omit<HeredocMark, "name" | "expand">[] = [];
  const split = expandWords(line.text, { ...raw, keepEscapes: true });
  // A line that a shell can't read has no here-documents.
  for (const word of isProblem(split) ? [] : split.words) {
    if (marks.length > limits.heredocsMax) break;
    const match = /^(\d*)<<(-?)\s*((?:[^<\s][^<]*)?)$/.exec(word.text);
    if (match?.[3] === undefined || match[3] === "") continue;
    const common = {
      chomp: match[2] === "-",
      fileDescriptor: descriptorOf(match[1] ?? ""),
      span: spanOf(line, word.start, word.end),
    };
    const name = readName(match[3]);
    if (name === "malformed") malformed.push(common);
    else if (name !== undefined) marks.push({ ...name, ...common });
  }
  return { marks, malformed };
}

/** The name of the here-document that one word of COPY or ADD stands for. */
export function heredocName(word: string): string | undefined {
  const match = /^\d*<<-?\s*([^<\s][^<]*)$/.exec(word);
  const name = match?.[1] === undefined ? undefined : readName(match[1]);
  return typeof name === "object" ? name.name : undefined;
}

/** Leading tabs of every line are no content of `<<-EOF`. */
export function chomped(content: string): string {
  return content.replaceAll(/(^|\n)\t+/g, "$1");
}

function readName(text: string): { name: string; expand: boolean } | "malformed" | undefined {
  const plain = expandWords(text, { ...raw, keepQuotes: false });
  const kept = expandWords(text, raw);
  if (isProblem(plain) || isProblem(kept)) return "malformed";
  const [name, second] = plain.words;
  if (name === undefined || second !== undefined) return undefined;
  return { name: name.text, expand: quotes(name.text) === quotes(kept.words[0]?.text ?? "") };
}

function quotes(text: string): number {
  return text.match(/['"]/g)?.length ?? 0;
}

/** Go's ParseUint gives the greatest number for what is too great. */
function descriptorOf(digits: string): number {
  return digits === "" ? 0 : Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}
