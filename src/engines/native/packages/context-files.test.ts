import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withFolder } from "../../../../testing/layouts.ts";
import { writeContext } from "../../../../testing/phases.ts";
import { collect } from "../../../base/bytes.ts";
import type { FileEntry } from "../../../tree/entry.ts";
import { type Copies, readCopies } from "./context-files.ts";

const { signal } = new AbortController();

const copiesOf = (context: string, source: string): Promise<Copies> =>
  readCopies([{ kind: "copy", source, target: "/target" }], { context, mtime: 0, signal });

async function copied(context: string, source: string): Promise<FileEntry> {
  const [made] = (await copiesOf(context, source)).values();
  const entry =
    made !== undefined && "entries" in made ? made.entries.find(({ kind }) => kind === "file") : undefined;
  if (entry?.kind !== "file") throw new Error("no file was copied");
  return entry;
}

describe("a file that changes after it was looked at is an error when it is read", () => {
  test.each<[string, (file: string) => void]>([
    ["other bytes of the same length", (file) => writeFileSync(file, "TEXT")],
    ["more", (file) => writeFileSync(file, "text and more")],
    ["less", (file) => truncateSync(file, 1)],
  ])("%s", async (_summary, change) => {
    await withFolder(async (context) => {
      await writeContext(context, { file: "text" });
      const entry = await copied(context, "file");
      expect(Buffer.from(await collect(entry.content, 100, "file")).toString()).toBe("text");
      change(join(context, "file"));
      await expect(collect(entry.content, 100, "file")).rejects.toMatchObject({
        code: "malformed",
        why: "it changed while it was being read",
      });
    });
  });
});

test("an interrupted build reads no more of the context", async () => {
  await withFolder(async (context) => {
    await writeContext(context, { file: "text" });
    const stopped = AbortSignal.abort(new Error("stopped"));
    const reading = readCopies([{ kind: "copy", source: "file", target: "/file" }], {
      context,
      mtime: 0,
      signal: stopped,
    });
    await expect(reading).rejects.toThrow("stopped");
  });
});
