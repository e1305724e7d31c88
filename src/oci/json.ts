// JSON from outside (RFC 8259), with what JSON.parse lets pass refused: bytes that are not UTF-8, nesting past
// limits.jsonDepthMax, and a member given twice, which two readers of one manifest may understand differently.
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

export type JsonObject = { readonly [key: string]: unknown };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The object that `bytes` hold; `what` names them in errors ("the manifest sha256:...").
 * @throws ToolError "limit" where they are longer than `bytesMax`; "malformed"
 */
export function parseJsonObject(bytes: Uint8Array, bytesMax: number, what: string): JsonObject {
  const value = parseJsonValue(bytes, bytesMax, what);
  if (!isObject(value)) throw malformed(what, "it is not a JSON object");
  return value;
}

/** The value that `bytes` hold, of any type; otherwise as `parseJsonObject`. */
export function parseJsonValue(bytes: Uint8Array, bytesMax: number, what: string): unknown {
  if (bytes.length > bytesMax) {
    throw new ToolError("limit", { what: `reading ${what}`, why: `it is larger than ${bytesMax} bytes` });
  }
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw malformed(what, "it is not UTF-8 text");
  }
  const fault = structureFault(text);
  if (fault !== undefined) throw malformed(what, fault);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw malformed(what, "it is not JSON");
  }
}

/** Whether a JSON value is an object (an array is none). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The error for content that breaks its format. */
export function malformed(what: string, why: string): ToolError {
  return new ToolError("malformed", { what: `reading ${what}`, why });
}

/** Text too deep, or with a member twice. Other faults are JSON.parse's to find, so strings are only skipped here. */
function structureFault(text: string): string | undefined {
  const members: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "{" || character === "[") {
      members.push(character === "{" ? new Set() : undefined);
      if (members.length > limits.jsonDepthMax)
        return `it is nested deeper than ${limits.jsonDepthMax} levels`;
    } else if (character === "}" || character === "]") {
      members.pop();
    } else if (character === '"') {
      const start = at;
      at = endOfString(text, start);
      const known = members.at(-1);
      if (known === undefined || !isFollowedByColon(text, at)) continue;
      const name = memberName(text.slice(start, at + 1));
      if (known.has(name)) return `it has the member ${JSON.stringify(name)} twice`;
      known.add(name);
    }
  }
  return undefined;
}

/** The place of the quote that ends the string begun at `start`, or the text's end. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === '"') return at;
    if (character === "\\") at += 1;
  }
  return text.length;
}

function isFollowedByColon(text: string, at: number): boolean {
  let next = at + 1;
  while (" \t\r\n".includes(text[next] ?? ":")) next += 1;
  return text[next] === ":";
}

/** A member's name with its escapes resolved: "\\u0061" is "a". */
function memberName(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return literal;
  }
}
