// Mistakes of a file operation, told at the instruction that asked for it.
import { type Diagnostic, InvalidInput, type Span } from "../../../base/diagnostics.ts";

/** What is wrong, for `refuse`. */
export type Mistake = Pick<Diagnostic, "rule" | "message" | "hint">;

/** @throws InvalidInput */
export function refuse(mistake: Mistake, span: Span | undefined): never {
  throw new InvalidInput([{ severity: "error", ...mistake, ...(span === undefined ? {} : { span }) }]);
}
