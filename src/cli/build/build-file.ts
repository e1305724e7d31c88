// Which file says what to build: a distill.yaml, or a Dockerfile; and the folder that it takes files from.
import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { InvalidInput, requireValue } from "../../base/diagnostics.ts";
import { systemCode, ToolError } from "../../base/errors.ts";
import { diskError } from "../../base/files.ts";
import { limits } from "../../base/limits.ts";
import { decodeText } from "../../formats/document/decode.ts";
import type { Context } from "../context.ts";
import { displayName } from "../display-name.ts";

export interface BuildFile {
  readonly kind: "spec" | "dockerfile";
  /** Absolute. */
  readonly file: string;
  /** The context: absolute. */
  readonly folder: string;
}

/** What is looked for in a folder, in this order. */
const names: readonly { readonly name: string; readonly kind: BuildFile["kind"] }[] = [
  { name: "distill.yaml", kind: "spec" },
  { name: "Dockerfile", kind: "dockerfile" },
  { name: "Containerfile", kind: "dockerfile" },
];

/**
 * The file that is named, or the folder's (default: the current one's). YAML is a spec, everything else a Dockerfile. A named
 * file may be of another folder than the context.
 * @throws ToolError "usage" where there is none
 */
export async function findBuildFile(
  context: Context,
  folderArgument: string | undefined,
  fileOption: string | undefined,
): Promise<BuildFile> {
  const folder = resolve(context.cwd, folderArgument ?? ".");
  if (fileOption !== undefined) {
    const file = resolve(context.cwd, fileOption);
    return {
      kind: /\.ya?ml$/i.test(file) ? "spec" : "dockerfile",
      file,
      folder: folderArgument === undefined ? dirname(file) : folder,
    };
  }
  for (const { kind, name } of names) {
    const file = join(folder, name);
    if (await isThere(file)) return { kind, file, folder };
  }
  throw new ToolError("usage", {
    what: `looking for what to build in ${displayName(folder, context.cwd) || "."}`,
    why: `there is no ${names.map((one) => one.name).join(", no ")}`,
    hint: "name the folder that holds one, or the file itself with -f",
  });
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw diskError(`reading ${file}`, thrown);
  }
}

/**
 * The text of a build file of ordinary size. `shown` is how it is named to people.
 * @throws InvalidInput where it is too large or no text, ToolError "usage" where it isn't there, "disk"
 */
export async function readBuildFile(file: string, shown: string): Promise<string> {
  return requireValue(decodeText(await readBytes(file, shown), shown));
}

async function readBytes(file: string, shown: string): Promise<Uint8Array> {
  try {
    const status = await stat(file);
    if (status.size > limits.specBytesMax) {
      throw new InvalidInput([
        {
          severity: "error",
          rule: "too-large",
          message: `${shown} is larger than ${limits.specBytesMax} bytes`,
        },
      ]);
    }
    return await readFile(file);
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === undefined) throw thrown;
    if (code !== "ENOENT" && code !== "ENOTDIR") throw diskError(`reading ${shown}`, thrown);
    throw new ToolError("usage", {
      what: `reading ${shown}`,
      why: "there is no such file",
      hint: "name the folder that holds a distill.yaml or a Dockerfile, or the file itself with -f",
    });
  }
}
