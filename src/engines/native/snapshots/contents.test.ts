import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withFolder } from "../../../../testing/layouts.ts";
import { bytesOf, collect } from "../../../base/bytes.ts";
import { digestOf } from "../../../base/digest.ts";
import { folderContent, folderReaders, isStored, storedContent } from "./contents.ts";

function expectedFor(text: string): Parameters<typeof storedContent>[2] {
  return {
    digest: digestOf(text),
    sizeBytes: Buffer.byteLength(text),
    damaged: (why) => Promise.resolve(new Error(`damaged: ${why}`)),
  };
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.from(await collect(content, 1e7, "a content")).toString();
}

describe("a content among others", () => {
  test("is its part of the file, as often as it is read", async () => {
    await withFolder(async (folder) => {
      const file = join(folder, "content");
      writeFileSync(file, "beforetextafter");
      const content = storedContent(file, 6, expectedFor("text"));
      expect([await textOf(content), await textOf(content)]).toEqual(["text", "text"]);
      expect(isStored(content)).toBe(true);
      expect(isStored(bytesOf(Buffer.from("text")))).toBe(false);
    });
  });

  const damages: readonly [string, string][] = [
    ["other bytes", "beforeTEXTafter"],
    ["fewer bytes", "beforete"],
    ["nothing", ""],
  ];
  test.each(damages)("is damaged with %s", async (_what, whole) => {
    await withFolder(async (folder) => {
      const file = join(folder, "content");
      writeFileSync(file, whole);
      await expect(textOf(storedContent(file, 6, expectedFor("text")))).rejects.toThrow("damaged: ");
    });
  });
});

describe("a file of a folder", () => {
  const none = folderReaders(() => {
    throw new Error("it isn't asked for");
  });

  test.each([
    ["small", "text"],
    ["large", "0123456789".repeat(100_000)],
  ])("%s, is read where it may be", async (_size, text) => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, "a"), text);
      expect(await textOf(folderContent(none, folder, "a", expectedFor(text)))).toBe(text);
      await expect(textOf(folderContent(none, folder, "a", expectedFor("other")))).rejects.toThrow(
        "damaged: ",
      );
    });
  });

  test("is not looked for where it has nothing", async () => {
    expect(await textOf(folderContent(none, "/nowhere", "a", expectedFor("")))).toBe("");
  });

  test("that is gone is an error", async () => {
    await withFolder(async (folder) => {
      await expect(textOf(folderContent(none, folder, "a", expectedFor("x")))).rejects.toMatchObject({
        code: "disk",
      });
    });
  });
});

describe("readers of folders", () => {
  test("are used again, few are kept, and all are closed", async () => {
    const closed: string[] = [];
    let opened = 0;
    const readers = folderReaders((folder) => {
      const name = `${folder}${opened++}`;
      return {
        read: () => bytesOf(Buffer.from(name)),
        close: () => {
          closed.push(name);
          return Promise.resolve();
        },
      };
    });
    const first = readers.take("a");
    const second = readers.take("a");
    expect(await Promise.all([first, second].map((one) => textOf(one.read(""))))).toEqual(["a0", "a1"]);
    await readers.giveBack("a", first);
    expect(readers.take("a")).toBe(first);
    await readers.giveBack("a", first);
    await readers.giveBack("a", second);
    for (const folder of ["b", "c", "d"]) await readers.giveBack(folder, readers.take(folder));
    expect(closed).toEqual(["a0"]);
    await readers.close();
    expect(closed.toSorted()).toEqual(["a0", "a1", "b2", "c3", "d4"]);
  });
});
