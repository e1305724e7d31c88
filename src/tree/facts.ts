// What one file's content says. Pure, computed once per file digest, cached; the closure and the audit read the same facts.
import type { ElfFacts } from "../formats/elf.ts";

export interface ScriptFacts {
  /** The interpreter's path as written after `#!`. */
  readonly interpreter: string;
  /** The rest of the line, one argument as the kernel passes it (execve(2)). */
  readonly argument?: string;
}

export interface Facts {
  readonly magic: Magic;
  /** Present for a readable ELF file. `magic: "elf"` without it: a corrupt one, whose needs are unknown. */
  readonly elf?: ElfFacts;
  readonly script?: ScriptFacts;
}

export type Magic =
  | "empty"
  | "elf"
  | "script"
  | "archive"
  | "compressed"
  | "java-class"
  | "wasm"
  | "text"
  | "data";
