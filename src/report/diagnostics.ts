// Diagnostics as text: the place, the message, the line with a marker under what is meant, and what to do.
//
//   distill.yaml:7:3: error: run has no field entrypont [unknown-field]
//     7 |   entrypont: [/usr/bin/app]
//       |   ^~~~~~~~~
//   hint: did you mean entrypoint?
import type { Diagnostic, Span } from "../base/diagnostics.ts";
import { type Style, styleFor } from "./style.ts";
import { displayWidth, printable, wrap } from "./text.ts";

export interface RenderOptions {
  readonly colour: boolean;
  /** Where lines are broken; 80 where there is no terminal. */
  readonly columns?: number | undefined;
  /** The text of a file that a span names, where it can be had. */
  readonly sourceOf?: (file: string) => string | undefined;
}

const columnsDefault = 80;

/** All diagnostics, and their count where there are several. Ends with a line feed. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  const sources = new Map<string, readonly string[] | undefined>();
  const linesOf = (file: string): readonly string[] | undefined => {
    if (!sources.has(file)) sources.set(file, options.sourceOf?.(file)?.split(/\r?\n/));
    return sources.get(file);
  };
  const style = styleFor(options.colour);
  const columns = options.columns ?? columnsDefault;
  const blocks = diagnostics.map((one) => renderOne(one, style, columns, linesOf));
  return blocks.join("") + (diagnostics.length > 1 ? `${countOf(diagnostics)}\n` : "");
}

function renderOne(
  one: Diagnostic,
  style: Style,
  columns: number,
  linesOf: (file: string) => readonly string[] | undefined,
): string {
  const { span } = one;
  const place =
    span === undefined ? "" : `${style("bold", `${printable(span.file)}:${span.line}:${span.column}:`)} `;
  const severity = style(one.severity === "error" ? "red" : "yellow", `${one.severity}:`);
  const head = `${place}${severity} ${printable(one.message)} ${style("dim", `[${one.rule}]`)}\n`;
  const line = span === undefined ? undefined : linesOf(span.file)?.[span.line - 1];
  const excerpt = span === undefined || line === undefined ? "" : renderLine(span, line, style, columns);
  return head + excerpt + renderHint(one.hint, style, columns);
}

/** "hint: ..." in lines of at most `columns`. Empty where there is none. */
export function renderHint(hint: string | undefined, style: Style, columns: number): string {
  if (hint === undefined) return "";
  const [first = "", ...more] = wrap(printable(hint), Math.max(columns - "hint: ".length, 20));
  return `${style("cyan", "hint:")} ${first}\n${more.map((line) => `      ${line}\n`).join("")}`;
}

function renderLine(span: Span, line: string, style: Style, columns: number): string {
  const number = String(span.line).padStart(4);
  const end = span.endLine === span.line ? span.endColumn - 1 : line.length;
  const room = Math.max(columns - number.length - " | ".length, 20);
  const { before, marked, after } = excerptOf(line, span.column - 1, Math.max(end, span.column), room);
  const marker = `${" ".repeat(displayWidth(before))}^${"~".repeat(Math.max(displayWidth(marked) - 1, 0))}`;
  const bar = style("dim", "|");
  const text = `${before}${marked}${after}`.trimEnd();
  return `${style("dim", number)} ${bar} ${text}\n${" ".repeat(number.length)} ${bar} ${style("red", marker)}\n`;
}

/** The part of a line that fits, with what is marked in sight. Positions are UTF-16 units of the line. */
function excerptOf(
  line: string,
  start: number,
  end: number,
  room: number,
): { before: string; marked: string; after: string } {
  const shown = (text: string): string => printable(text.replaceAll("\t", " "));
  let before = shown(line.slice(0, start));
  let marked = shown(line.slice(start, end));
  let after = shown(line.slice(end));
  if (displayWidth(before) > room / 2 && displayWidth(before + marked + after) > room) {
    while (displayWidth(before) > room / 2)
      before = before.slice((before.codePointAt(0) ?? 0) > 0xffff ? 2 : 1);
    before = `…${before}`;
  }
  marked = take(marked, room - displayWidth(before));
  after = take(after, room - displayWidth(before + marked));
  return { before, marked, after };
}

function take(text: string, columns: number): string {
  let taken = "";
  let width = 0;
  for (const character of text) {
    width += displayWidth(character);
    if (width > columns) break;
    taken += character;
  }
  return taken;
}

function countOf(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((one) => one.severity === "error").length;
  const warnings = diagnostics.length - errors;
  const parts = [
    errors === 0 ? [] : [`${errors} error${errors === 1 ? "" : "s"}`],
    warnings === 0 ? [] : [`${warnings} warning${warnings === 1 ? "" : "s"}`],
  ];
  return parts.flat().join(", ");
}
