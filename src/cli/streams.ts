// Where output leaves the program: one printer, which removes credentials and knows about colour.
import type { Redactor } from "../report/redact.ts";
import { wantsColour } from "../report/style.ts";
import type { Environment, Output } from "./context.ts";

/** A stream of the process, or of a test. */
export interface RawStream {
  write(content: string | Uint8Array): void;
  readonly isTerminal: boolean;
  /** The width at this moment; undefined where it is no terminal. */
  readonly columns: () => number | undefined;
}

/** `before` runs ahead of each write: live progress lines step aside. */
export function outputFor(
  stream: RawStream,
  env: Environment,
  redactor: Redactor,
  before: () => void,
): Output {
  return {
    write: (content) => {
      before();
      stream.write(typeof content === "string" ? redactor.clean(content) : content);
    },
    isTerminal: stream.isTerminal,
    colour: wantsColour(env, stream.isTerminal),
    columns: stream.columns(),
  };
}
