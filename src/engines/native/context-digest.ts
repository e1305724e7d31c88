// What copied files hold, as lines: the part of a build's key that depends on the context.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { finishDigest } from "../../base/digest.ts";
import { systemCode } from "../../base/errors.ts";
import { diskError } from "../../base/files.ts";
import { encodeName } from "../../base/names.ts";
import type { Addition } from "../../graph/plan.ts";
import { linkTarget, namesIn } from "./context-files.ts";

/**
 * One line for each file, folder and link that copies name: kind, execute bit, name, digest or target. What is absent has a
 * line, too: the build itself reports it. Times and owners don't count.
 * @throws ToolError "disk"
 */
export async function contextDigests(
  additions: readonly Addition[],
  context: string,
): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const addition of additions) {
    if (addition.kind === "copy") await describe(lines, context, addition.source);
  }
  return lines;
}

async function describe(lines: string[], context: string, name: string): Promise<void> {
  const file = join(context, name);
  const quoted = JSON.stringify(name);
  try {
    const status = await lstat(encodeName(file));
    if (status.isSymbolicLink()) lines.push(`link ${quoted} ${JSON.stringify(await linkTarget(file))}`);
    else if (status.isDirectory()) {
      lines.push(`folder ${quoted}`);
      for (const child of await namesIn(file)) await describe(lines, context, join(name, child));
    } else if (status.isFile()) {
      const hash = createHash("sha256");
      for await (const chunk of createReadStream(encodeName(file), { highWaterMark: 1 << 20 }))
        hash.update(chunk as Buffer);
      lines.push(`file ${String((status.mode & 0o100) !== 0)} ${quoted} ${finishDigest(hash)}`);
    } else lines.push(`special ${quoted}`);
  } catch (thrown) {
    if (systemCode(thrown) !== "ENOENT" && systemCode(thrown) !== "ENOTDIR")
      throw diskError(`reading ${name}`, thrown);
    lines.push(`absent ${quoted}`);
  }
}
