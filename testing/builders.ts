// Small real files built in memory, for tests: tar archives, .deb packages. ELF files: elf-builder.ts.
import { gzipSync, zstdCompressSync } from "node:zlib";
import { encodeName } from "../src/base/names.ts";
import type { TarHeader, TarKind } from "../src/formats/tar-reader.ts";
import { tarEnd, tarHeader, tarPadding } from "../src/formats/tar-writer.ts";

export { elfOf } from "./elf-builder.ts";

/** An entry as short as a test can say it. A name that ends in "/" is a folder, one with `target` a symlink. */
export interface TarEntry extends Partial<Omit<TarHeader, "sizeBytes" | "kind" | "linkName">> {
  readonly name: string;
  readonly kind?: TarKind;
  readonly content?: string | Uint8Array;
  /** Of a symlink or, with `kind: "hardlink"`, of a hard link. */
  readonly target?: string;
}

/** The header of an entry: mode 0755 for folders, 0777 for symlinks, else 0644; root:root; time 0, unless given. */
export function headerOf(entry: TarEntry): TarHeader {
  const { content, target, ...given } = entry;
  const kind =
    given.kind ?? (entry.name.endsWith("/") ? "directory" : target === undefined ? "file" : "symlink");
  return {
    mode: kind === "directory" ? 0o755 : kind === "symlink" ? 0o777 : 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    deviceMajor: 0,
    deviceMinor: 0,
    ...given,
    kind,
    sizeBytes: kind === "file" ? bytesOf(content ?? "").length : 0,
    linkName: target ?? "",
  };
}

/** A tar archive of the entries, in their order. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const header = headerOf(entry);
    parts.push(tarHeader(header));
    if (header.kind === "file") parts.push(bytesOf(entry.content ?? ""), tarPadding(header.sizeBytes));
  }
  return Buffer.concat([...parts, tarEnd]);
}

/** An ar archive of members with short names, as dpkg-deb writes it. */
export function arOf(members: readonly (readonly [name: string, content: Uint8Array])[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from("!<arch>\n")];
  for (const [name, content] of members) {
    const fields = [name.padEnd(16), "0".padEnd(12), "0".padEnd(6), "0".padEnd(6), "100644".padEnd(8)];
    parts.push(encodeName(`${fields.join("")}${String(content.length).padEnd(10)}\`\n`), content);
    if (content.length % 2 === 1) parts.push(Buffer.from("\n"));
  }
  return Buffer.concat(parts);
}

export interface DebContent {
  /** Fields of the control file. Package, Version, Architecture, Maintainer, Description have defaults. */
  readonly control?: Readonly<Record<string, string>>;
  /** Of data.tar; names as in a .deb ("./usr/bin/x"). Parent folders are not added. */
  readonly data?: readonly TarEntry[];
  /** "postinst" ... with their text. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** Other files of control.tar by name: md5sums, conffiles, triggers, shlibs, symbols. */
  readonly files?: Readonly<Record<string, string>>;
  /** Of both members: gzip if not given. */
  readonly compression?: "none" | "gzip" | "zstd";
}

/** A .deb (deb(5)). */
export function debOf(deb: DebContent): Buffer {
  const fields = {
    Package: "sample",
    Version: "1.0-1",
    Architecture: "amd64",
    Maintainer: "Nobody <nobody@example.test>",
    Description: "a sample",
    ...deb.control,
  };
  const control = Object.entries(fields).map(
    ([name, value]) => `${name}: ${value.replaceAll("\n", "\n ")}\n`,
  );
  const controlTar = tarOf([
    { name: "./" },
    { name: "./control", content: control.join("") },
    ...Object.entries(deb.files ?? {}).map(([name, content]) => ({ name: `./${name}`, content })),
    ...Object.entries(deb.scripts ?? {}).map(([name, content]) => ({
      name: `./${name}`,
      content,
      mode: 0o755,
    })),
  ]);
  const { suffix, pack } = compressions[deb.compression ?? "gzip"];
  return arOf([
    ["debian-binary", Buffer.from("2.0\n")],
    [`control.tar${suffix}`, pack(controlTar)],
    [`data.tar${suffix}`, pack(tarOf(deb.data ?? [{ name: "./" }]))],
  ]);
}

const compressions = {
  none: { suffix: "", pack: (bytes: Buffer) => bytes },
  gzip: { suffix: ".gz", pack: (bytes: Buffer) => gzipSync(bytes) },
  zstd: { suffix: ".zst", pack: (bytes: Buffer) => zstdCompressSync(bytes) },
} as const;

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? Buffer.from(content) : content;
}
