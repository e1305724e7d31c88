// Names of files as users see them.
import { relative } from "node:path";

/** How a file is named to the user: relative where it lies below the current folder. */
export function displayName(file: string, cwd: string): string {
  const short = relative(cwd, file);
  return short.startsWith("..") ? file : short;
}
