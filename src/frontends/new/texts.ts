// What may stand in a spec, and how an instruction is quoted in a comment.
import { type FormatName, formats } from "../../formats/document/text-formats.ts";
import type { Instruction } from "../dockerfile/ast.ts";

export function fits(format: FormatName, text: string): boolean {
  return formats[format].pattern.test(text);
}

const quotedLengthMax = 160;

/** The instruction as the file has it, shortened, and why it is here as a comment. */
export function unsaid({ original }: Pick<Instruction, "original">, why: string): string {
  return `${shown(original)}: ${why}`;
}

export function shown(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= quotedLengthMax ? line : `${line.slice(0, quotedLengthMax)} ...`;
}

/** A name that a stage may have, and that no other has. */
export function stageName(text: string, taken: ReadonlySet<string>): string {
  const simple = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "");
  const name = simple === "" || simple === "context" ? `stage-${simple}`.replace(/-$/, "") : simple;
  for (let number = 2, tried = name; ; number++) {
    if (!taken.has(tried)) return tried;
    tried = `${name}-${number}`;
  }
}

/**
 * The words of a command that needs no shell; undefined where it does. Quotes, variables, patterns and operators are the shell's,
 * so is a word that is none of a program's name.
 */
export function plainWords(text: string): readonly string[] | undefined {
  const words = text
    .trim()
    .replace(/^exec\s+/, "")
    .split(/\s+/);
  const [program = ""] = words;
  if (!words.every((word) => /^[\w@%+=:,./-]+$/.test(word)) || program.includes("=")) return undefined;
  return builtins.has(program) ? undefined : words;
}

const builtins: ReadonlySet<string> = new Set(
  ". : alias bg cd command eval exec exit export fg set shift source test trap ulimit umask unset wait".split(
    " ",
  ),
);
