// The shell form of commands.
import type { RunConfig } from "../../../oci/model.ts";

/** The words as one line for the shell that SHELL set. */
export function shellCommand({ Shell: shell }: RunConfig, words: readonly string[]): readonly string[] {
  return [...(shell === undefined || shell.length === 0 ? ["/bin/sh", "-c"] : shell), words.join(" ")];
}
