// A mistake that stops the lowering of one instruction; what follows is still looked at, so that all are told at once.
import type { Diagnostic, Span } from "../../../base/diagnostics.ts";
import type { LowerRule } from "./rules.ts";

export class Mistake extends Error {
  readonly diagnostic: Diagnostic;

  constructor(rule: LowerRule, span: Span | undefined, message: string, hint?: string) {
    super(message);
    this.diagnostic = {
      severity: "error",
      rule,
      message,
      ...(span === undefined ? {} : { span }),
      ...(hint === undefined ? {} : { hint }),
    };
  }
}

/** Runs `step`; a mistake in it goes to `found`. */
export async function collecting(found: Diagnostic[], step: () => Promise<void> | void): Promise<void> {
  try {
    await step();
  } catch (thrown) {
    if (!(thrown instanceof Mistake)) throw thrown;
    found.push(thrown.diagnostic);
  }
}
