// What is a shell, and what it is told to run: by the content of the program, and where the image has none, by the name (POSIX
// sh(1), bash(1), BusyBox). A name says little of a program that is there: a server can be called rc. Only what is called as
// `sh -c` is taken at its word.
import type { Facts } from "../../content/facts.ts";
import type { ProgramKind } from "../../content/identity.ts";
import { shellNames } from "../../content/shell-names.ts";

/** A word of a command; undefined where only running it tells. */
export type MaybeWord = string | undefined;

/** Those whose scripts this program's parser reads; the others have a grammar of their own. */
const readable: ReadonlySet<string> = new Set(
  "sh ash bash rbash dash hush lash ksh ksh93 mksh lksh pdksh oksh loksh zsh posh yash gosh osh".split(" "),
);

/** Of a word or path: what follows the last slash. */
export function nameOf(word: string): string {
  return word.slice(word.lastIndexOf("/") + 1);
}

/** Whether a name is a shell's: "bash", "bash5", "zsh-5.9". */
export function isShellName(name: string): boolean {
  return shellNames.has(withoutVersion(name));
}

/** Whether scripts of a shell with this name can be read here. */
export function isReadableShell(name: string): boolean {
  return readable.has(withoutVersion(name));
}

/** Longer than any shell's name: a word of an image can be of any length. */
const nameLengthMax = 64;

function withoutVersion(name: string): string {
  if (name.length > nameLengthMax || shellNames.has(name)) return name;
  return name.replace(/-?[\d.]+$/, "");
}

export interface ShellRun {
  /** Of the shell as it was called: "sh". */
  readonly name: string;
  /** Its arguments. */
  readonly words: readonly MaybeWord[];
}

/**
 * The shell that a command starts, where its program is one. A multi-call binary is what it is called as; a program that isn't
 * there is what its name says.
 */
export function shellRunOf(words: readonly MaybeWord[], facts: Facts | undefined): ShellRun | undefined {
  const [first = "", ...rest] = words;
  const name = nameOf(first);
  const own = facts === undefined ? undefined : (facts.identities ?? []);
  const is = (kind: ProgramKind): boolean | undefined =>
    own?.some((one) => one.within === undefined && one.kind === kind);
  const isMany = is("multi-call") ?? multiCall.test(name);
  if (isMany && multiCall.test(name)) {
    const [applet, ...more] = rest;
    return applet !== undefined && isShellName(applet) ? { name: applet, words: more } : undefined;
  }
  const byName = isMany || own === undefined || (own.length === 0 && isCalledAsShell(name, rest));
  const isShell = is("shell") === true || (byName && isShellName(name));
  return isShell ? { name, words: rest } : undefined;
}

/** A command line for what is no recognised program: whatever it is, it stands in for a shell. */
function isCalledAsShell(name: string, [option]: readonly MaybeWord[]): boolean {
  return /^(?:sh|ash|dash|bash)$/.test(name) && option !== undefined && /^-[a-z]*c$/.test(option);
}

const multiCall = /^(?:busybox|toybox)(?:[-_.].*)?$/;

export type ShellTask =
  /** `-c`: a command line, and what its "$@" are. */
  | { readonly kind: "text"; readonly text: MaybeWord; readonly args: readonly MaybeWord[] }
  | { readonly kind: "script"; readonly file: MaybeWord; readonly args: readonly MaybeWord[] }
  /** It reads commands from its standard input. */
  | { readonly kind: "input" };

/** What the arguments of a shell tell it to do. */
export function shellTask(words: readonly MaybeWord[]): ShellTask {
  let isText = false;
  let at = 0;
  for (let word = words[at]; word !== undefined && /^[-+]./.test(word); word = words[at]) {
    at += 1;
    if (word === "--") break;
    // Long options of bash, two of which have a value.
    if (word.startsWith("--")) at += /^--(?:rcfile|init-file)$/.test(word) ? 1 : 0;
    else {
      if (word.startsWith("-") && word.includes("c")) isText = true;
      if (/[oO]$/.test(word)) at += 1;
    }
  }
  if (at >= words.length) return { kind: "input" };
  // The word after a command line is its $0.
  return isText
    ? { kind: "text", text: words[at], args: words.slice(at + 2) }
    : { kind: "script", file: words[at], args: words.slice(at + 1) };
}

const builtins: ReadonlySet<string> = new Set(
  // POSIX.1-2024 XCU 2.15 and those that shells have to have, then dash's, BusyBox's and bash's.
  (
    ": . break continue eval exec exit export readonly return set shift times trap unset alias bg cd command fc fg getopts hash jobs " +
    "kill read type ulimit umask unalias wait [ echo false printf pwd test true local chdir let source [[ builtin bind caller " +
    "compgen complete compopt declare dirs disown enable help history logout mapfile popd pushd readarray shopt suspend typeset " +
    "print whence autoload setopt unsetopt emulate zmodload"
  ).split(" "),
);

/** Whether a shell does this itself. */
export function isBuiltin(name: string): boolean {
  return builtins.has(name);
}
