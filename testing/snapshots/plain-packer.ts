// A packer without the helper program, for tests: files are made on disk as this user can, what else is known of them lies
// beside them in the folder, as the records that made it.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Bytes, bytesOf } from "../../src/base/bytes.ts";
import { assert } from "../../src/base/errors.ts";
import { encodeName } from "../../src/base/names.ts";
import type { Packer } from "../../src/engines/native/snapshots/packer.ts";
import { encodeRecord, recordOf } from "../../src/engines/native/snapshots/records.ts";
import { recordsOf, type WholeRecord } from "./overlay-model.ts";

export interface PlainPacker extends Packer {
  /** What was done, in words: "unpack", "pack", "read a/b". */
  readonly done: string[];
}

const beside = ".records";

export function plainPacker(): PlainPacker {
  const done: string[] = [];
  return {
    done,
    pack: (folder) => {
      done.push("pack");
      return { [Symbol.asyncIterator]: () => again(folder) };
    },
    reader: (folder) => ({
      read: (path) => {
        done.push(`read ${path}`);
        return contentOf(folder, path);
      },
      close: () => Promise.resolve(),
    }),
    unpack: async (folder, records, sources) => {
      done.push("unpack");
      const stored = (source: number, offset: number, sizeBytes: number): Buffer =>
        readFileSync(sources[source] ?? "").subarray(offset, offset + sizeBytes);
      writePlain(folder, await recordsOf(records, stored));
      return [];
    },
    remove: (path) => {
      rmSync(path, { recursive: true, force: true });
      return Promise.resolve();
    },
    move: (from, to) => {
      renameSync(from, to);
      return Promise.resolve();
    },
  };
}

/** Makes a folder as a build step would leave it. */
export function writePlain(folder: string, records: readonly WholeRecord[]): void {
  const placeOf = (name: string): Buffer => Buffer.concat([Buffer.from(`${folder}/`), encodeName(name)]);
  const parts: Buffer[] = [];
  for (const { content, record } of records) {
    const inline = record.kind === "file";
    parts.push(encodeRecord(inline ? { ...record, content: { kind: "inline" } } : record), content);
    const place = placeOf(record.path);
    if (record.kind === "directory") mkdirSync(place, { recursive: true });
    if (inline) writeFileSync(place, content);
    if (record.kind === "hardlink") linkSync(placeOf(record.target), place);
  }
  parts.push(encodeRecord(recordOf({ kind: "end", path: "" })));
  writeFileSync(join(folder, beside), Buffer.concat(parts));
}

async function* again(folder: string): AsyncGenerator<Uint8Array> {
  yield await readFile(join(folder, beside));
}

function contentOf(folder: string, path: string): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      const all = await recordsOf(bytesOf(await readFile(join(folder, beside))), () => Buffer.alloc(0));
      const found = all.find(({ record }) => record.path === path);
      assert(found !== undefined, `${path} is there`);
      yield found.content;
    },
  };
}
