// What a command is: data for the parser and the help, and one function.
import type { Context } from "./context.ts";
import type { Arguments, OptionTable } from "./options.ts";

interface Example {
  /** What it is for, in a few words. */
  readonly does: string;
  /** The line to type. */
  readonly line: string;
}

export interface Command<T extends OptionTable = OptionTable> {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** The arguments after the options: "IMAGE [PATH]"; usage.ts has the grammar. */
  readonly usage: string;
  readonly options: T;
  readonly examples: readonly Example[];
  /** Returns the exit code. Throws ToolError and InvalidInput for what could not be done. */
  run(context: Context, args: Arguments<T>): Promise<number>;
}

/** Types `args` by the table of options; the registry holds commands without that detail. */
export function defineCommand<const T extends OptionTable>(command: Command<T>): Command {
  return command;
}
