// Digests of entries by what shows of them in an image: names, kinds, modes, owners, contents and targets, which names are of
// one file; no times.
import { createHash } from "node:crypto";
import { type Digest, finishDigest } from "../../../base/digest.ts";
import type { Entry } from "../../../tree/entry.ts";

/** A digest that grows by entries. */
export interface EntryDigest {
  /** A fact that is no entry. */
  note(fact: string): void;
  /** `name` stands for the entry's path; `omit` says what of it is no part of the digest. */
  add(name: string, entry: Entry, omit: { readonly owner: boolean; readonly mode: boolean }): void;
  finish(): Digest;
}

export function entryDigest(): EntryDigest {
  const hash = createHash("sha256");
  /** Files with several names, numbered as they come. */
  const links = new Map<string, number>();
  let lines: string[] = [];
  const push = (line: string): void => {
    lines.push(line);
    if (lines.length < 1000) return;
    hash.update(`${lines.join("\n")}\n`);
    lines = [];
  };
  const numberOf = (link: string): number => {
    const number = links.get(link) ?? links.size;
    links.set(link, number);
    return number;
  };
  return {
    note: (fact) => push(JSON.stringify([fact])),
    add: (name, entry, omit) => {
      const { gid, kind, mode, uid } = entry;
      const fields: unknown[] = [name, kind, omit.mode ? "" : mode, omit.owner ? "" : `${uid}:${gid}`];
      if (kind === "file") fields.push(entry.digest, entry.link === undefined ? "" : numberOf(entry.link));
      else if (kind === "symlink") fields.push(entry.target);
      else if (kind !== "directory") fields.push(entry.deviceMajor, entry.deviceMinor);
      if (entry.xattrs !== undefined && entry.xattrs.size > 0) fields.push(attributesOf(entry.xattrs));
      push(JSON.stringify(fields));
    },
    finish: () => {
      hash.update(lines.join("\n"));
      return finishDigest(hash);
    },
  };
}

function attributesOf(xattrs: ReadonlyMap<string, Uint8Array>): readonly (readonly [string, string])[] {
  return [...xattrs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, Buffer.from(value).toString("base64")] as const);
}
