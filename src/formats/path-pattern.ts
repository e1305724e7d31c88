// Patterns of paths, in two dialects that share all but `**`: Go's filepath.Match (https://pkg.go.dev/path/filepath#Match),
// in which `*`, `?` and classes are all there is, and moby/patternmatcher, in which `**` crosses folders. As in both, `*` and
// `?` stop at "/", a class doesn't.
//
// Matching follows all ways through a pattern at once: its time is that of text times pattern, whatever either holds.

/** A compiled pattern. */
export interface PathPattern {
  readonly text: string;
  /** Whether it has no wildcard: it matches the one path that it spells. */
  readonly literal: string | undefined;
  matches(path: string): boolean;
}

export type PatternDialect = "filepath-match" | "patternmatcher";

type Part =
  | { readonly kind: "text"; readonly text: string }
  /** Any characters but "/". */
  | { readonly kind: "star" }
  /** One character but "/". */
  | { readonly kind: "any" }
  | {
      readonly kind: "class";
      readonly negated: boolean;
      readonly ranges: readonly (readonly [number, number])[];
    }
  /** Nothing, or any number of whole folders. */
  | { readonly kind: "folders" }
  /** Anything at all. */
  | { readonly kind: "rest" };

const slash = 0x2f;

/** The pattern; undefined where it is malformed (a class or an escape without end, an empty class). */
export function parsePathPattern(text: string, dialect: PatternDialect): PathPattern | undefined {
  const parts: Part[] = [];
  const characters = Array.from(text);
  let at = 0;
  while (at < characters.length) {
    const character = characters[at] ?? "";
    if (character === "[") {
      const found = parseClass(characters, at + 1);
      if (found === undefined) return undefined;
      parts.push(found.part);
      at = found.next;
    } else if (character === "*" && dialect === "patternmatcher" && characters[at + 1] === "*") {
      at = addDeep(parts, characters, at);
    } else {
      if (character === "\\") at += 1;
      const literal = characters[at];
      if (literal === undefined) return undefined;
      if (character === "*") parts.push({ kind: "star" });
      else if (character === "?") parts.push({ kind: "any" });
      else addText(parts, literal);
      at += 1;
    }
  }
  return compiled(text, parts);
}

/** Whether Go counts the text as a pattern: an unescaped `*`, `?` or `[`. */
export function hasWildcard(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") at += 1;
    else if (character === "*" || character === "?" || character === "[") return true;
  }
  return false;
}

/**
 * `**` at the end is anything; a leading one without a slash is anything as well where nothing else is special; all others are
 * whole folders, and swallow the slash after them.
 */
function addDeep(parts: Part[], characters: readonly string[], at: number): number {
  const next = characters[at + 2] === "/" ? at + 3 : at + 2;
  if (next >= characters.length) parts.push({ kind: "rest" });
  else if (at === 0 && next === at + 2 && isPlain(characters.slice(next))) parts.push({ kind: "rest" });
  else parts.push({ kind: "folders" });
  return next;
}

function isPlain(characters: readonly string[]): boolean {
  return !characters.some((one) => "*?[]\\".includes(one));
}

function addText(parts: Part[], text: string): void {
  const last = parts.at(-1);
  if (last?.kind === "text") parts[parts.length - 1] = { kind: "text", text: last.text + text };
  else parts.push({ kind: "text", text });
}

/** A class from behind its bracket. */
function parseClass(characters: readonly string[], start: number): { part: Part; next: number } | undefined {
  let at = start;
  const negated = characters[at] === "^";
  if (negated) at += 1;
  const ranges: (readonly [number, number])[] = [];
  const bound = (): number | undefined => {
    if (characters[at] === "-" || characters[at] === "]") return undefined;
    if (characters[at] === "\\") at += 1;
    const code = characters[at]?.codePointAt(0);
    at += 1;
    return code;
  };
  while (characters[at] !== "]" || ranges.length === 0) {
    const low = bound();
    if (low === undefined) return undefined;
    if (characters[at] !== "-") {
      ranges.push([low, low]);
      continue;
    }
    at += 1;
    const high = bound();
    if (high === undefined) return undefined;
    ranges.push([low, high]);
  }
  return { part: { kind: "class", negated, ranges }, next: at + 1 };
}

function compiled(text: string, parts: readonly Part[]): PathPattern {
  const [first, second, ...others] = parts;
  if (first === undefined) return { text, literal: "", matches: (path) => path === "" };
  if (first.kind === "text") {
    const { text: start } = first;
    if (second === undefined) return { text, literal: start, matches: (path) => path === start };
    if (second.kind === "rest" && others.length === 0) {
      return { text, literal: undefined, matches: (path) => path.startsWith(start) };
    }
  }
  if (second?.kind === "text" && others.length === 0) {
    const { text: end } = second;
    if (first.kind === "rest") return { text, literal: undefined, matches: (path) => path.endsWith(end) };
    if (first.kind === "folders") {
      const below = `/${end}`;
      return { text, literal: undefined, matches: (path) => path === end || path.endsWith(below) };
    }
  }
  return { text, literal: undefined, matches: (path) => matchParts(parts, path) };
}

/** Each part moves the set of places that the text can be read up to. */
function matchParts(parts: readonly Part[], path: string): boolean {
  let places = new Uint8Array(path.length + 1);
  places[0] = 1;
  for (const part of parts) {
    const next = new Uint8Array(path.length + 1);
    if (!advance(part, path, places, next)) return false;
    places = next;
  }
  return places[path.length] === 1;
}

/** Whether any place is left. */
function advance(part: Part, path: string, places: Uint8Array, next: Uint8Array): boolean {
  let found = false;
  const reach = (place: number): void => {
    next[place] = 1;
    found = true;
  };
  /** Whether some place before this one can be gone on from: for parts that take as much as they like. */
  let open = false;
  for (let at = 0; at <= path.length; at++) {
    const isPlace = places[at] === 1;
    switch (part.kind) {
      case "text":
        if (isPlace && path.startsWith(part.text, at)) reach(at + part.text.length);
        break;
      case "star":
        if (isPlace) open = true;
        if (open) reach(at);
        if (path.charCodeAt(at) === slash) open = false;
        break;
      case "rest":
        if (isPlace) open = true;
        if (open) reach(at);
        break;
      case "folders":
        if (isPlace || (open && path.charCodeAt(at - 1) === slash)) reach(at);
        if (isPlace) open = true;
        break;
      default: {
        const code = isPlace ? path.codePointAt(at) : undefined;
        if (code !== undefined && fits(part, code)) reach(at + (code > 0xffff ? 2 : 1));
      }
    }
  }
  return found;
}

function fits(part: Extract<Part, { kind: "any" | "class" }>, code: number): boolean {
  if (part.kind === "any") return code !== slash;
  return part.ranges.some(([low, high]) => low <= code && code <= high) !== part.negated;
}
