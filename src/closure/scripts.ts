// `#!` chains, as execve(2) and env(1) follow them. The rest of a script is not read: what it starts is not known.
import type { ScriptFacts } from "../content/facts.ts";
import { baseName, type TreePath, treePath } from "../tree/path.ts";
import type { Reason } from "./closure.ts";
import { keepProgram } from "./launch.ts";
import type { Work } from "./work.ts";

/** Keeps the interpreter of a script that is run, and the program that env(1) would start where that is the interpreter. */
export function keepScriptInterpreter(work: Work, path: TreePath, script: ScriptFacts): void {
  const line = `#!${script.interpreter}${script.argument === undefined ? "" : ` ${script.argument}`}`;
  const reason: Reason = { from: path, kind: "interpreter", evidence: line, confidence: "certain" };
  keepProgram(work, script.interpreter, reason);
  const written = treePath(script.interpreter);
  if (written === undefined || baseName(written) !== "env") return;
  const word = envProgram(script.argument ?? "");
  if (word !== undefined) keepProgram(work, word, reason);
}

/** The program that `env ARGUMENT` starts; the kernel passes the rest of the line as one argument, which `-S` splits. */
export function envProgram(argument: string): string | undefined {
  const split = /^(?:-[a-zA-Z0]*S|--split-string[= ]?)\s*(.*)$/s.exec(argument)?.[1];
  if (split === undefined) return argument === "" || argument.startsWith("-") ? undefined : argument;
  const words = splitWords(split);
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (/^(?:-u|-C|--unset|--chdir)$/.test(word)) index++;
    else if (!word.startsWith("-") && !/^[A-Za-z_][A-Za-z0-9_]*=/.test(word)) return word;
  }
  return undefined;
}

/** Words as `env -S` splits them: blanks separate, quotes and backslashes keep. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  for (const [, found = ""] of text.matchAll(/((?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+)/gs)) {
    words.push(found.replace(/\\(.)|["']/gs, (_, escaped: string | undefined) => escaped ?? ""));
  }
  return words;
}
