// How messages quote the files that they are about.
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { limits } from "../base/limits.ts";
import type { RenderOptions } from "../report/diagnostics.ts";
import type { Output } from "./context.ts";

/** How messages are to be rendered for an output; quotes lines of the files that they name. */
export function renderOptions(output: Output, cwd: string): RenderOptions {
  return { colour: output.colour, columns: output.columns, sourceOf: (file) => sourceOf(resolve(cwd, file)) };
}

/** A file's text, for quoting a line of it. A file that can't be read again costs the quotation, nothing else. */
function sourceOf(file: string): string | undefined {
  try {
    return statSync(file).size > limits.specBytesMax ? undefined : readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
