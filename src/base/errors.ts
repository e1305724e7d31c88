// The two failures that are not bugs: an operation that could not be done (ToolError) and input that is wrong
// (diagnostics.ts). Everything else that is thrown is a bug and ends with exit code 70.
//
// Every code has a row in docs/reference/errors.md; a tidy test compares the two.

export const errorCodes = {
  usage: 2,
  "invalid-input": 2,
  "check-failed": 1,
  "lock-differs": 1,
  network: 3,
  registry: 3,
  unauthorized: 3,
  "not-found": 3,
  "digest-mismatch": 3,
  signature: 3,
  malformed: 3,
  limit: 3,
  unsatisfiable: 3,
  "unknown-effect": 3,
  "missing-dependency": 3,
  disk: 3,
  cache: 3,
  engine: 3,
  "step-failed": 3,
  configuration: 3,
  interrupted: 130,
} as const;

export type ErrorCode = keyof typeof errorCodes;

interface ToolErrorDetail {
  /** What could not be done, in one clause without a full stop: "fetching InRelease of bookworm". */
  readonly what: string;
  /** Why: what was met, what was expected. Never holds a credential. */
  readonly why: string;
  /** What the user can do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An operation that could not be done, for a reason outside this program. */
export class ToolError extends Error {
  override readonly name = "ToolError";
  readonly code: ErrorCode;
  readonly what: string;
  readonly why: string;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, detail: ToolErrorDetail) {
    super(`${detail.what}: ${detail.why}`, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.what = detail.what;
    this.why = detail.why;
    this.hint = detail.hint;
  }
}

/** A broken promise of this program itself. Reaching this is a bug. */
export function assert(condition: unknown, promise: string): asserts condition {
  if (!condition) throw new Error(`internal error: ${promise}`);
}

/** For the default branch of a switch over a closed union: the compiler proves that it can't be reached. */
export function unreachable(value: never): never {
  throw new Error(`internal error: unexpected ${JSON.stringify(value)}`);
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node.js system error ("ENOENT" ...), else undefined. */
export function systemCode(thrown: unknown): string | undefined {
  // A ToolError has a code as well, of another table.
  if (!(thrown instanceof Error) || thrown instanceof ToolError || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}
