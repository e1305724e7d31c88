// deb822(5): stanzas of "Field: value" lines with continuation lines and comments, as in control files, Packages and
// Release. Invariant: `parseStanzas(stanzas.map(formatStanza).join("\n"))` gives the same stanzas.
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

/** Field names as written, in file order. A value's lines are joined by "\n"; each lost its one leading blank. */
export type Stanza = ReadonlyMap<string, string>;

const fieldName = /^[!"$-,.-9;-~][!-9;-~]*$/;

/** The value of a field, whatever the case of its name. */
export function field(stanza: Stanza, name: string): string | undefined {
  const exact = stanza.get(name);
  if (exact !== undefined) return exact;
  const lower = name.toLowerCase();
  for (const [key, value] of stanza) if (key.toLowerCase() === lower) return value;
  return undefined;
}

/**
 * The stanza's text, one field per line, continuation lines indented by one space, ended by a line feed. Blank ones become
 * " .", as deb822(5) has them: no value can end its stanza.
 */
export function formatStanza(stanza: Stanza): string {
  let text = "";
  for (const [name, value] of stanza) {
    const lines = value.split("\n");
    const first = lines[0] ?? "";
    text += first === "" ? `${name}:\n` : `${name}: ${first}\n`;
    // A line of nothing would end the stanza; deb822 has a dot for it.
    for (const line of lines.slice(1)) text += isBlank(line) ? " .\n" : ` ${line}\n`;
  }
  return text;
}

interface OpenStanza {
  readonly fields: Map<string, string>;
  /** Lower-case names, to find a field given twice in two spellings. */
  readonly seen: Set<string>;
  readonly start: number;
  name: string | undefined;
  lines: string[];
}

/**
 * All stanzas of a file. Lines end in LF or CRLF; a line of blanks ends a stanza; a line that starts with "#" is skipped.
 * @throws ToolError "malformed" with the line, "limit" past stanzaBytesMax or packagesIndexBytesMax; `what` names the file
 */
export function parseStanzas(text: string, what: string): Stanza[] {
  if (text.length > limits.packagesIndexBytesMax) throw tooLarge(what, "packagesIndexBytesMax");
  const stanzas: Stanza[] = [];
  let open: OpenStanza | undefined;
  let lineNumber = 0;
  for (let at = 0; at < text.length; ) {
    const feed = text.indexOf("\n", at);
    const end = feed < 0 ? text.length : feed;
    const line = text.slice(at, text.charCodeAt(end - 1) === 0x0d && end > at ? end - 1 : end);
    lineNumber += 1;
    if (isBlank(line)) {
      if (open !== undefined) stanzas.push(close(open));
      open = undefined;
    } else if (!line.startsWith("#")) {
      open ??= { fields: new Map(), seen: new Set(), start: at, name: undefined, lines: [] };
      if (end - open.start > limits.stanzaBytesMax) throw tooLarge(what, "stanzaBytesMax");
      addLine(open, line, what, lineNumber);
    }
    at = end + 1;
  }
  if (open !== undefined) stanzas.push(close(open));
  return stanzas;
}

function addLine(open: OpenStanza, line: string, what: string, lineNumber: number): void {
  const first = line.charCodeAt(0);
  if (first === 0x20 || first === 0x09) {
    if (open.name === undefined)
      throw malformed(what, lineNumber, "a continuation line with no field above it");
    open.lines.push(trimEnd(line.slice(1)));
    return;
  }
  const colon = line.indexOf(":");
  const name = line.slice(0, colon);
  if (colon < 1 || !fieldName.test(name)) throw malformed(what, lineNumber, 'expected "Field: value"');
  flush(open);
  const lower = name.toLowerCase();
  if (open.seen.has(lower)) throw malformed(what, lineNumber, `the field ${name} is given twice`);
  open.seen.add(lower);
  open.name = name;
  open.lines = [trim(line.slice(colon + 1))];
}

function flush(open: OpenStanza): void {
  if (open.name !== undefined) open.fields.set(open.name, open.lines.join("\n"));
}

function close(open: OpenStanza): Stanza {
  flush(open);
  return open.fields;
}

/** Space, tab, and the carriage return before a line feed. Unicode's others are text, to trimming as to what ends a stanza. */
function isBlankAt(line: string, at: number): boolean {
  const code = line.charCodeAt(at);
  return code === 0x20 || code === 0x09 || code === 0x0d;
}

function isBlank(line: string): boolean {
  for (let at = 0; at < line.length; at++) if (!isBlankAt(line, at)) return false;
  return true;
}

function trimEnd(line: string): string {
  let end = line.length;
  while (end > 0 && isBlankAt(line, end - 1)) end -= 1;
  return line.slice(0, end);
}

function trim(line: string): string {
  let start = 0;
  while (start < line.length && isBlankAt(line, start)) start += 1;
  return trimEnd(line.slice(start));
}

function malformed(what: string, line: number, why: string): ToolError {
  return new ToolError("malformed", { what: `reading ${what}`, why: `line ${line}: ${why}` });
}

function tooLarge(what: string, limit: "stanzaBytesMax" | "packagesIndexBytesMax"): ToolError {
  return new ToolError("limit", { what: `reading ${what}`, why: `it exceeds ${limit} (${limits[limit]})` });
}
