// What is wrong with a user's input: all of it at once, each with its place and what to do. Parsers never throw on input;
// they return `Parsed<T>`.

/** A range of a text file. Lines and columns count from 1; a column counts UTF-16 units; the end is exclusive. */
export interface Span {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** A stable kebab-case id ("unknown-field"), documented in docs/reference/diagnostics.md. */
  readonly rule: string;
  readonly message: string;
  readonly span?: Span;
  readonly hint?: string;
}

export interface Parsed<T> {
  /** Undefined exactly where a diagnostic of severity "error" is present. */
  readonly value: T | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Invalid input that stops a command: exit code 2. */
export class InvalidInput extends Error {
  override readonly name = "InvalidInput";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((one) => one.message).join("; "));
    this.diagnostics = diagnostics;
  }
}

/** The value of `parsed`, or InvalidInput with all its diagnostics. */
export function requireValue<T>(parsed: Parsed<T>): T {
  if (parsed.value === undefined) throw new InvalidInput(parsed.diagnostics);
  return parsed.value;
}
