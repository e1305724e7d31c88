// Files like .dockerignore, and lists of their patterns, with the meaning that moby/patternmatcher gives them
// (https://docs.docker.com/build/concepts/context/#dockerignore-files): a pattern covers what it matches and all below that, a
// later one wins over an earlier one, `!` takes paths out again. Patterns are in path-pattern.ts.
//
// Where that implementation turns a pattern into a regular expression and so gives characters a meaning that neither document
// has (`^` outside a class, `\d`, `[*]`), they stand for themselves here.
import { type Diagnostic, type Parsed, requireValue } from "../base/diagnostics.ts";
import { limits } from "../base/limits.ts";
import { hasWildcard, type PathPattern, parsePathPattern } from "./path-pattern.ts";

/** A list of patterns, compiled. */
export interface PatternList {
  readonly patterns: readonly ListedPattern[];
  /** Whether some begin with `!`. */
  readonly hasExceptions: boolean;
}

export interface ListedPattern {
  /** Takes out what it matches, rather than putting it in. */
  readonly exception: boolean;
  readonly pattern: PathPattern;
}

/** What a folder's patterns said, for those of its entries: whether each one matched it or a folder above it. */
export type PatternState = readonly boolean[];

/**
 * The patterns of an ignore file: comments and empty lines left out, spaces around them, leading slashes and what can be
 * shortened removed.
 */
export function parseIgnoreFile(text: string): readonly string[] {
  const patterns: string[] = [];
  for (const line of text.replace(/^\ufeff/, "").split("\n")) {
    if (line.startsWith("#")) continue;
    const trimmed = trimSpace(line);
    if (trimmed === "") continue;
    const exception = trimmed.startsWith("!");
    const written = exception ? trimSpace(trimmed.slice(1)) : trimmed;
    const cleaned = written === "" ? "" : cleanPath(written);
    const relative = cleaned.length > 1 && cleaned.startsWith("/") ? cleaned.slice(1) : cleaned;
    patterns.push(exception ? `!${relative}` : relative);
  }
  return patterns;
}

/**
 * Compiles patterns. A malformed one is an error, as it is in Docker: it would otherwise let through what it was to hold back.
 */
export function parsePatterns(patterns: readonly string[]): Parsed<PatternList> {
  const diagnostics: Diagnostic[] = [];
  const listed: ListedPattern[] = [];
  if (patterns.length > limits.ignorePatternsMax) {
    const message = `more than ${limits.ignorePatternsMax} patterns (ignorePatternsMax)`;
    return { value: undefined, diagnostics: [problem(message)] };
  }
  for (const written of patterns) {
    const trimmed = trimSpace(written);
    if (trimmed === "") continue;
    const cleaned = cleanPath(trimmed);
    const exception = cleaned.startsWith("!");
    const text = exception ? cleaned.slice(1) : cleaned;
    const pattern =
      text === "" || text.length > limits.pathBytesMax ? undefined : parsePathPattern(text, "patternmatcher");
    if (pattern !== undefined) listed.push({ exception, pattern });
    else diagnostics.push(problem(`not a pattern: ${JSON.stringify(written.slice(0, 200))}`));
  }
  if (diagnostics.length > 0) return { value: undefined, diagnostics };
  return {
    value: { patterns: listed, hasExceptions: listed.some(({ exception }) => exception) },
    diagnostics,
  };
}

/** `parsePatterns`, where a mistake ends the command. @throws InvalidInput */
export function compilePatterns(patterns: readonly string[]): PatternList {
  return requireValue(parsePatterns(patterns));
}

/**
 * Whether the patterns cover the path, relative to their folder ("src/main.go"). The folder itself is never covered.
 * @throws InvalidInput where a pattern is malformed
 */
export function matchPatterns(patterns: readonly string[], path: string): boolean {
  const cleaned = cleanPath(path);
  return cleaned === "." ? false : matchPath(compilePatterns(patterns), cleaned, undefined).matched;
}

/**
 * Whether the list covers an entry, and what to hand to those below where it is a folder. `parent` is what its folder gave;
 * without it, the folders above are tried as well.
 */
export function matchPath(
  list: PatternList,
  path: string,
  parent: PatternState | undefined,
): { readonly matched: boolean; readonly state: PatternState; readonly by: ListedPattern | undefined } {
  const state: boolean[] = [];
  let by: ListedPattern | undefined;
  let matched = false;
  for (const [index, listed] of list.patterns.entries()) {
    const { exception, pattern } = listed;
    let match = parent?.[index] === true;
    // One that would change nothing isn't tried.
    if (!match && exception === matched) {
      match =
        pattern.matches(path) ||
        (parent === undefined && foldersOf(path).some((folder) => pattern.matches(folder)));
    }
    state.push(match);
    if (!match) continue;
    matched = !exception;
    by = listed;
  }
  return { matched, state, by };
}

/**
 * Whether an exception of the list may match something below a folder. It may say so where none does: what it is for is to
 * leave folders unread.
 */
export function mayExceptBelow(list: PatternList, folder: string): boolean {
  return list.patterns.some(({ exception, pattern }) => exception && mayMatchBelow(pattern, folder));
}

/** Whether a pattern may match something below a folder, by the folders that it names. */
export function mayMatchBelow(pattern: PathPattern, folder: string): boolean {
  const parts = pattern.text.split("/");
  const names = folder.split("/");
  for (const [index, name] of names.entries()) {
    const part = parts[index];
    // A class or an escape may hold a slash: such a pattern isn't cut into names.
    if (part === undefined) return false;
    if (part.includes("**") || part.includes("[") || part.includes("\\")) return true;
    if (hasWildcard(part)) {
      if (parsePathPattern(part, "filepath-match")?.matches(name) === false) return false;
    } else if (part !== name) return false;
  }
  return parts.length > names.length;
}

/** The shortest text for the same path: Go's filepath.Clean. */
export function cleanPath(path: string): string {
  const rooted = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!rooted) parts.push(part);
  }
  const joined = parts.join("/");
  return rooted ? `/${joined}` : joined === "" ? "." : joined;
}

/** The folders that hold a path, from the top. */
function foldersOf(path: string): readonly string[] {
  const folders: string[] = [];
  for (let cut = path.indexOf("/"); cut >= 0; cut = path.indexOf("/", cut + 1))
    folders.push(path.slice(0, cut));
  return folders;
}

/** Go's strings.TrimSpace: Unicode's white space. */
function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  if (code === 0xfeff) return false;
  return code === 0x85 || /\s/.test(String.fromCharCode(code));
}

function problem(message: string): Diagnostic {
  return {
    severity: "error",
    rule: "ignore-pattern",
    message,
    hint: "* and ? stand for characters of one name, ** for folders, [a-z] for one of a class; \\ takes the meaning from the next character",
  };
}
