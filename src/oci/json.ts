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
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(what, "it is not JSON");
  }
  if (!isObject(value)) throw malformed(what, "it is not a JSON object");
  return value;
}

/** Whether a JSON value is an object (an array is none). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The error for content that breaks its format. */
export function malformed(what: string, why: string): ToolError {
  return new ToolError("malformed", { what: `reading ${what}`, why });
}

/** Text too deep, or with a member twice. Other faults are JSON.parse's to find, so a string is only skipped here. */
function structureFault(text: string): string | undefined {
  const members: (Set<string> | undefined)[] = [];
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[[\]{}]/gs;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [found, colon] = match;
    if (found === "{" || found === "[") {
      members.push(found === "{" ? new Set() : undefined);
      if (members.length > limits.jsonDepthMax)
        return `it is nested deeper than ${limits.jsonDepthMax} levels`;
    } else if (found === "}" || found === "]") {
      members.pop();
    } else if (colon !== undefined) {
      const name = memberName(found.slice(0, -colon.length));
      const known = members.at(-1);
      if (known?.has(name) === true) return `it has the member ${JSON.stringify(name)} twice`;
      known?.add(name);
    }
  }
  return undefined;
}

/** Go's reader takes "Layers" for "layers" too, so names that differ only by case count as one. */
function memberName(literal: string): string {
  try {
    return (JSON.parse(literal) as string).toLowerCase();
  } catch {
    return literal;
  }
}
