// What `distill new` looks at in a folder: names, kinds, and a few small files.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../../base/errors.ts";
import { diskError } from "../../base/files.ts";
import { limits } from "../../base/limits.ts";
import { decodeText } from "../../formats/document/decode.ts";
import { matchPatterns } from "../../formats/ignore-patterns.ts";
import type { Folder } from "../../frontends/new/from-folder.ts";

/** `patterns` are those of the folder's .dockerignore. */
export function contextFiles(folder: string, patterns: readonly string[]): Folder {
  const isIgnored = (path: string): boolean => patterns.length > 0 && matchPatterns(patterns, path);
  return {
    async kind(path) {
      const status = await orNothing(() => stat(join(folder, path)), path);
      if (status === undefined) return undefined;
      return status.isDirectory() ? "folder" : "file";
    },
    async names(below) {
      const names = (await orNothing(() => readdir(join(folder, below)), below)) ?? [];
      return names.filter((name) => !isIgnored(below === "" ? name : `${below}/${name}`)).sort();
    },
    async text(path) {
      const status = await orNothing(() => stat(join(folder, path)), path);
      if (status?.isFile() !== true || status.size > limits.specBytesMax) return undefined;
      const bytes = await orNothing(() => readFile(join(folder, path)), path);
      return bytes === undefined ? undefined : decodeText(bytes, path).value;
    },
  };
}

/** Undefined where there is nothing of that name. @throws ToolError "disk" */
async function orNothing<T>(read: () => Promise<T>, path: string): Promise<T | undefined> {
  try {
    return await read();
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "ENAMETOOLONG")
      return undefined;
    throw diskError(`reading ${path}`, thrown);
  }
}
