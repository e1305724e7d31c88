// What Go's linker writes about a program (package debug/buildinfo): a marked header, then the toolchain's version and the list
// of modules; inline since Go 1.18, behind pointers before. Either word size, either byte order.
import { limits } from "../../base/limits.ts";
import { type ElfImage, locate } from "../../formats/elf-image.ts";
import type { BuildInfo } from "../identity.ts";

type GoBuild = NonNullable<BuildInfo["go"]>;

const headerBytes = 32;
const flagBigEndian = 1;
const flagInline = 2;
/** Around the module list, so that tools find it in memory. */
const sentinelBytes = 16;
const versionBytesMax = 256;
const varintBytesMax = 10;

/** The build information whose header is at a file offset; undefined where it can't be read as such. */
export function goBuildAt(image: ElfImage, at: number): GoBuild | undefined {
  const header = image.file.bytes(at, headerBytes);
  if (header === undefined) return undefined;
  const flags = header[15] ?? 0;
  const [version, modules] =
    (flags & flagInline) !== 0 ? inlineTexts(image, at + headerBytes) : pointedTexts(image, header);
  if (version === undefined || !/^(?:go\d|devel|unknown)/.test(version)) return undefined;
  return { version, ...moduleList(modules ?? "") };
}

function inlineTexts(image: ElfImage, at: number): readonly (string | undefined)[] {
  const version = inlineText(image, at, versionBytesMax);
  if (version === undefined) return [];
  const modules = inlineText(image, version.end, limits.goModulesBytesMax);
  return [version.text, modules === undefined ? undefined : withoutSentinels(modules.text)];
}

/** A text after its length as a varint, 7 bits a byte, least first. */
function inlineText(
  image: ElfImage,
  at: number,
  most: number,
): { readonly text: string; readonly end: number } | undefined {
  let length = 0;
  for (let index = 0; index < varintBytesMax; index++) {
    const byte = image.file.bytes(at + index, 1)?.[0];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte >= 0x80) continue;
    const start = at + index + 1;
    const bytes = length > most ? undefined : image.file.bytes(start, length);
    return bytes === undefined ? undefined : { text: bytes.toString("utf8"), end: start + length };
  }
  return undefined;
}

/** Addresses of two Go strings, each an address and a length. */
function pointedTexts(image: ElfImage, header: Buffer): readonly (string | undefined)[] {
  const size = header[14] === 8 ? 8 : 4;
  const isBig = ((header[15] ?? 0) & flagBigEndian) !== 0;
  const word = (bytes: Buffer, at: number): number => {
    if (size === 8) return Number(isBig ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at));
    return isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
  };
  const textAt = (address: number, most: number): string | undefined => {
    const place = locate(image, address);
    const pair = place === undefined ? undefined : image.file.bytes(place.offset, 2 * size);
    if (pair === undefined) return undefined;
    const length = word(pair, size);
    const content = locate(image, word(pair, 0));
    if (content === undefined || length > Math.min(most, content.sizeBytes)) return undefined;
    return image.file.bytes(content.offset, length)?.toString("utf8");
  };
  const modules = textAt(word(header, 16 + size), limits.goModulesBytesMax);
  return [
    textAt(word(header, 16), versionBytesMax),
    modules === undefined ? undefined : withoutSentinels(modules),
  ];
}

/** They hold bytes that are no UTF-8: each of those becomes one character or more, so the list is found by its words. */
function withoutSentinels(text: string): string {
  if (text.length < 2 * sentinelBytes && !text.includes("\t")) return "";
  const start = text.search(/(?:path|mod|dep|build)\t/);
  const end = text.lastIndexOf("\n");
  return start < 0 ? "" : text.slice(start, end < start ? undefined : end);
}

function moduleList(text: string): Pick<GoBuild, "path" | "modules"> {
  let path = "";
  const modules: { path: string; version: string }[] = [];
  for (const line of text.split("\n")) {
    const [word, name = "", version = ""] = line.split("\t");
    if (word === "path") path = name;
    else if ((word === "mod" || word === "dep") && modules.length < limits.goModulesMax) {
      modules.push({ path: name, version });
    } else if (word === "=>" && modules.length > 0) {
      // What was linked in its place.
      modules[modules.length - 1] = { path: name, version };
    }
  }
  return { path, modules };
}
