// The .dockerignore of a context.
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemCode } from "../../base/errors.ts";
import { diskError } from "../../base/files.ts";
import { parseIgnoreFile } from "../../formats/ignore-patterns.ts";

/** Those of `<file>.dockerignore` beside a build file, else of the folder's own .dockerignore. @throws ToolError "disk" */
export async function ignorePatterns(
  folder: string | undefined,
  file: string | undefined,
): Promise<readonly string[]> {
  if (folder === undefined) return [];
  const own =
    file === undefined ? undefined : await textOf(join(dirname(file), `${basename(file)}.dockerignore`));
  const text = own ?? (await textOf(join(folder, ".dockerignore")));
  return text === undefined ? [] : parseIgnoreFile(text);
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw diskError(`reading ${file}`, thrown);
  }
}
