// The folder that takes what a step changes. Its own attributes are those that the step sees of its root, so they are the root's:
// those of the highest folder below.
import { chmod, mkdir, stat } from "node:fs/promises";
import { type Bytes, bytesOf } from "../../../base/bytes.ts";
import { diskError } from "../../../base/files.ts";
import { type Packer, packerOf, type StartHelper } from "./packer.ts";
import { createRecordReader, encodeRecord, recordOf, type TreeRecord } from "./records.ts";

/**
 * Makes the upper folder of a step over `lower`, the highest last.
 * @throws ToolError "disk", "interrupted"
 */
export async function makeUpper(
  folder: string,
  lower: readonly string[],
  start: StartHelper,
  signal: AbortSignal,
): Promise<void> {
  const top = lower.at(-1);
  try {
    await mkdir(folder);
    const [own, below] = await Promise.all([stat(folder), top === undefined ? undefined : stat(top)]);
    if (below === undefined || (below.uid === own.uid && below.gid === own.gid)) {
      // Whatever the caller's umask is.
      await chmod(folder, (below?.mode ?? 0o755) & 0o7777);
      return;
    }
  } catch (thrown) {
    throw diskError("making a folder for a step", thrown);
  }
  if (top !== undefined) await copyTop(top, folder, packerOf(start), signal);
}

/** With the ids of steps: nobody else may give the folder away. */
async function copyTop(from: string, to: string, packer: Packer, signal: AbortSignal): Promise<void> {
  const record = await firstRecord(packer.pack(from, signal), from);
  const records = record === undefined ? [] : [record];
  const stream = [...records, recordOf({ kind: "end", path: "" })].map(encodeRecord);
  await packer.unpack(to, bytesOf(Buffer.concat(stream)), [], signal);
}

/** A folder's own record comes before those of what it holds, which aren't read. */
async function firstRecord(records: Bytes, what: string): Promise<TreeRecord | undefined> {
  let first: TreeRecord | undefined;
  const reader = createRecordReader(
    {
      record: (record) => {
        first ??= record;
      },
      data: () => undefined,
      contentEnd: () => undefined,
    },
    what,
  );
  for await (const chunk of records) {
    reader.write(chunk);
    if (first !== undefined) break;
  }
  return first;
}
