// ar archives (ar(5), deb(5)): the common format with the GNU ("/123" into the "//" table, "name/") and BSD ("#1/len")
// long names. Invariant: every member returned lies inside the source.
import { bufferOf } from "../base/bytes.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { decodeName } from "../base/names.ts";
import type { RandomAccess } from "./random-access.ts";

export interface ArMember {
  readonly name: string;
  /** Of the content, from the start of the source. */
  readonly offset: number;
  readonly sizeBytes: number;
}

const magic = "!<arch>\n";
const headerBytes = 60;

interface RawHeader {
  readonly rawName: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * The members in archive order, without symbol tables and the table of long names.
 * @throws ToolError "malformed", "limit"; `what` names the archive in them
 */
export function arMembers(source: RandomAccess, what = "an ar archive"): ArMember[] {
  if (text(source.read(0, magic.length)) !== magic) throw malformed(what, 0, "the ar magic is missing");
  const members: ArMember[] = [];
  let longNames: Uint8Array | undefined;
  let at = magic.length;
  while (at < source.sizeBytes) {
    const header = readHeader(source, at, what);
    if (header.rawName === "//") {
      if (header.sizeBytes > limits.arNamesBytesMax) throw tooMany(what, "arNamesBytesMax");
      longNames = source.read(header.offset, header.sizeBytes);
    } else if (header.rawName !== "/" && header.rawName !== "/SYM64/") {
      const member = resolveName(source, header, longNames, what);
      if (!member.name.startsWith("__.SYMDEF")) members.push(member);
      if (members.length > limits.arMembersMax) throw tooMany(what, "arMembersMax");
    }
    at = header.offset + header.sizeBytes + (header.sizeBytes % 2);
  }
  return members;
}

function readHeader(source: RandomAccess, at: number, what: string): RawHeader {
  const block = source.read(at, headerBytes);
  if (block.length < headerBytes) throw malformed(what, at, "a member header is cut short");
  if (block[58] !== 0x60 || block[59] !== 0x0a) throw malformed(what, at, "a member header has no end mark");
  const size = text(block.subarray(48, 58)).trimEnd();
  if (!/^\d{1,10}$/.test(size)) throw malformed(what, at, "a member's size is not a decimal number");
  const offset = at + headerBytes;
  const sizeBytes = Number(size);
  if (offset + sizeBytes > source.sizeBytes) throw malformed(what, at, "a member reaches beyond the end");
  return { rawName: decodeName(block.subarray(0, 16)).replace(/ +$/, ""), offset, sizeBytes };
}

function resolveName(
  source: RandomAccess,
  header: RawHeader,
  longNames: Uint8Array | undefined,
  what: string,
): ArMember {
  const { rawName, offset, sizeBytes } = header;
  const bsd = /^#1\/(\d+)$/.exec(rawName);
  if (bsd !== null) {
    const length = Number(bsd[1]);
    if (length > sizeBytes || length > limits.pathBytesMax) {
      throw malformed(what, offset - headerBytes, "a long name is longer than its member");
    }
    const bytes = source.read(offset, length);
    const end = bytes.indexOf(0);
    const name = decodeName(end < 0 ? bytes : bytes.subarray(0, end));
    return { name, offset: offset + length, sizeBytes: sizeBytes - length };
  }
  const gnu = /^\/(\d+)$/.exec(rawName);
  if (gnu === null) return { name: rawName.replace(/\/$/, ""), offset, sizeBytes };
  const start = Number(gnu[1]);
  if (longNames === undefined || start >= longNames.length) {
    throw malformed(what, offset - headerBytes, "a name points outside the table of long names");
  }
  const end = longNames.indexOf(0x0a, start);
  const bytes = longNames.subarray(start, end < 0 ? longNames.length : end);
  if (bytes.length > limits.pathBytesMax) {
    throw malformed(
      what,
      offset - headerBytes,
      `a name is longer than pathBytesMax (${limits.pathBytesMax})`,
    );
  }
  return { name: decodeName(bytes).replace(/\/$/, ""), offset, sizeBytes };
}

function text(bytes: Uint8Array): string {
  return bufferOf(bytes).toString("latin1");
}

function malformed(what: string, offset: number, why: string): ToolError {
  return new ToolError("malformed", { what: `reading ${what}`, why: `${why} (at byte ${offset})` });
}

function tooMany(what: string, limit: "arMembersMax" | "arNamesBytesMax"): ToolError {
  return new ToolError("limit", { what: `reading ${what}`, why: `it exceeds ${limit} (${limits[limit]})` });
}
