// A Dockerfile after parsing, before anything is expanded (docs.docker.com/reference/dockerfile). Every part that an error may
// name has its span. `parseDockerfile` makes it, `lowerDockerfile` reads it.
import type { Span } from "../../base/diagnostics.ts";

export interface Dockerfile {
  /** As it is shown to people. */
  readonly file: string;
  readonly lines: readonly string[];
  readonly directives: Directives;
  readonly instructions: readonly Instruction[];
}

/** Parser directives, the first lines of a file. */
export interface Directives {
  /** "docker/dockerfile:1". */
  readonly syntax?: string;
  readonly escape: "\\" | "`";
  /** `check=skip=JSONArgsRecommended;error=true`. */
  readonly check?: {
    readonly skip: readonly string[];
    readonly error: boolean;
    readonly experimental: readonly string[];
  };
}

export interface Instruction {
  /** In lower case: "from", "run". What isn't known is a diagnostic, and no instruction. */
  readonly name: InstructionName;
  /** As it was written: "RUN". */
  readonly keyword: string;
  /** "--from=build": in their order, not expanded. */
  readonly flags: readonly Flag[];
  readonly arguments: Arguments;
  readonly heredocs: readonly Heredoc[];
  /** The instruction with continued lines joined, as history shows it. */
  readonly original: string;
  readonly span: Span;
  /** Comment lines right above. */
  readonly comments: readonly string[];
}

export type InstructionName =
  | "add"
  | "arg"
  | "cmd"
  | "copy"
  | "entrypoint"
  | "env"
  | "expose"
  | "from"
  | "healthcheck"
  | "label"
  | "maintainer"
  | "onbuild"
  | "run"
  | "shell"
  | "stopsignal"
  | "user"
  | "volume"
  | "workdir";

export interface Flag {
  readonly name: string;
  /** Absent for "--link". */
  readonly value?: string;
  readonly span: Span;
}

export type Arguments =
  /** `["a", "b"]`. */
  | { readonly kind: "json"; readonly values: readonly Word[] }
  /** Separated by blanks: COPY, EXPOSE, FROM. */
  | { readonly kind: "words"; readonly values: readonly Word[] }
  /** The rest of the line as it is, which may be empty: RUN, CMD in shell form, USER, WORKDIR. */
  | { readonly kind: "text"; readonly value: Word }
  /** ENV, LABEL, ARG; `legacy` is "ENV name value". A value is absent for "ARG name". */
  | { readonly kind: "pairs"; readonly pairs: readonly Pair[]; readonly legacy: boolean }
  /** HEALTHCHECK: `test` is "CMD" or "NONE", as it was written. */
  | { readonly kind: "health"; readonly test: Word; readonly command: CommandArguments }
  /** ONBUILD. */
  | { readonly kind: "instruction"; readonly instruction: Instruction };

/** A program with its arguments, or a line for the shell, which is empty where nothing follows. */
export type CommandArguments = Extract<Arguments, { readonly kind: "json" | "text" }>;

export interface Word {
  /** With its quotes and variables; of a JSON form the value of the string. */
  readonly text: string;
  readonly span: Span;
}

export interface Pair {
  readonly name: Word;
  readonly value?: Word;
}

/** `<<EOF`, `<<-"EOF"`, `3<<EOF`. */
export interface Heredoc {
  readonly name: string;
  /** Not quoted: variables in it are expanded (COPY), or the shell does so (RUN). */
  readonly expand: boolean;
  /** `<<-`: leading tabs are no content. */
  readonly chomp: boolean;
  readonly fileDescriptor: number;
  readonly content: string;
  readonly span: Span;
}
