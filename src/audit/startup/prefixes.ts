// Builtins of shells that start what follows them, or take a command line as an argument (POSIX.1-2024 XCU 2.15, bash(1)).
import type { MaybeWord } from "./shells.ts";

/** `exec exec` does what `exec` does; nobody writes more of them. */
const prefixesMax = 8;

/** The command behind `exec`, `command` and `builtin`; the words themselves where there is none. */
export function startedWords(words: readonly MaybeWord[]): readonly MaybeWord[] {
  let left = words;
  for (let round = 0; round < prefixesMax; round++) {
    const started = behindPrefix(left);
    if (started === undefined) break;
    left = started;
  }
  return left;
}

function behindPrefix([name, ...words]: readonly MaybeWord[]): readonly MaybeWord[] | undefined {
  if (name !== "exec" && name !== "command" && name !== "builtin") return undefined;
  let at = 0;
  for (let word = words[at]; word?.startsWith("-") === true; word = words[at]) {
    at += 1;
    if (word === "--") break;
    // `command -v` only says where it is.
    if (name === "command" && /[vV]/.test(word)) return undefined;
    if (name === "exec" && word.endsWith("a")) at += 1;
  }
  return at < words.length ? words.slice(at) : undefined;
}

/** The file that `.` reads into the shell. */
export function sourcedWord([name, file]: readonly MaybeWord[]): MaybeWord {
  return name === "." || name === "source" ? file : undefined;
}

/** The command line that `eval` or `trap` is given; undefined where it isn't known. */
export function evaluatedText([name, ...words]: readonly MaybeWord[]): MaybeWord {
  if (name === "eval") return words.includes(undefined) ? undefined : words.join(" ");
  return name === "trap" && words.length > 1 && words[0] !== "-" ? words[0] : undefined;
}
