// Tar archives that no writer of ours makes, block by block, and what a reader tells of them as lines of text.
import { createHash } from "node:crypto";
import { formatPaxRecords } from "../src/formats/pax.ts";
import { checksums, writeNumber } from "../src/formats/tar-header.ts";
import { createTarReader, type TarHeader } from "../src/formats/tar-reader.ts";
import { tarEnd, tarHeader, tarPadding } from "../src/formats/tar-writer.ts";

/** One line for each entry: kind, mode, owner, time, name, link, size and the start of the content's hash. */
export function tarListing(archive: Uint8Array, pieces: Iterable<Uint8Array> = [archive]): string[] {
  const lines: string[] = [];
  let header: TarHeader | undefined;
  let hash = createHash("sha256");
  let size = 0;
  const reader = createTarReader(
    {
      entry: (entry) => {
        header = entry;
        hash = createHash("sha256");
        size = 0;
      },
      data: (chunk) => {
        hash.update(chunk);
        size += chunk.length;
      },
      end: () => {
        if (header !== undefined) lines.push(line(header, size, hash.digest("hex")));
      },
    },
    "the sample",
  );
  for (const piece of pieces) reader.write(piece);
  reader.finish();
  return lines;
}

function line(header: TarHeader, size: number, digest: string): string {
  if (size !== header.sizeBytes) throw new Error(`${size} bytes of content, not ${header.sizeBytes}`);
  const { kind, mode, uid, gid, mtime, name, linkName } = header;
  const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 3)}..(${text.length})` : text);
  const link = linkName === "" ? "" : ` -> ${short(linkName)}`;
  const content = kind === "file" ? ` ${size} ${digest.slice(0, 8)}` : "";
  return `${kind} ${mode.toString(8)} ${uid}:${gid} @${mtime} ${short(name)}${link}${content}`;
}

/** A header block with bytes changed and its checksum right again. */
export function tarBlock(
  header: Partial<TarHeader>,
  changes: readonly (readonly [number, string])[] = [],
): Buffer {
  const made = Buffer.from(tarHeader({ ...plain, ...header }).subarray(0, 512));
  for (const [at, text] of changes) made.write(text, at, "latin1");
  writeNumber(made, 148, 7, checksums(made).unsigned);
  return made;
}

const plain: TarHeader = {
  name: "a",
  kind: "file",
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 0,
  sizeBytes: 0,
  linkName: "",
  deviceMajor: 0,
  deviceMinor: 0,
};

export function extendedHeader(type: string, body: Uint8Array): Buffer {
  const head = tarBlock({ name: "meta", sizeBytes: body.length }, [[156, type]]);
  return Buffer.concat([head, body, tarPadding(body.length)]);
}

export function paxHeader(...records: readonly (readonly [string, string | Uint8Array])[]): Buffer {
  return extendedHeader("x", formatPaxRecords(records));
}

export const archiveOf = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat([...parts, tarEnd]);
