// Which commands a maintainer script finds: those of the base system, and what the image's packages ship. A tool of neither
// isn't there, whatever the machine that composes has.
import { treePath } from "../../../tree/path.ts";
import { baseCommands } from "../base-commands.ts";
import { programPath, testFile } from "../files.ts";
import type { State } from "../state.ts";

/** Where the shell finds a command; undefined where it doesn't. */
export function findCommand(state: State, name: string): string | undefined {
  if (state.functions.has(name)) return name;
  if (!name.includes("/")) return baseCommands.get(name) ?? programPath(state, name);
  const path = treePath(name);
  return path !== undefined && testFile(state, path, "executable") === true ? name : undefined;
}
