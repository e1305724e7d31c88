// The members of a zip archive, each looked at as a file; also those that no directory tells of.
import { limits } from "../../base/limits.ts";
import { inMemory } from "../../formats/random-access.ts";
import { inflated } from "./expand.ts";
import { type Gatherer, type Part, partOf } from "./gather.ts";
import { inflatedHead } from "./inflate.ts";
import { counts, fail } from "./outcome.ts";
import { type ZipDirectory, type ZipMember, zipContentAt, zipDeflatedAt } from "./zip.ts";

const check = "unzip -lv FILE";

export function gatherZip(source: Part, directory: ZipDirectory, found: Gatherer): void {
  found.account(source.start + directory.start, source.start + directory.end);
  if (directory.cut !== undefined) fail(found, directory.cut, "the zip archive's directory", check);
  for (const member of directory.members) {
    // Sizes of the plain content are only claimed; what has no compressed bytes has none.
    if (member.compressedBytes === 0) continue;
    if (!counts(found)) return;
    gatherMember(source, member, found);
  }
}

function gatherMember(source: Part, member: ZipMember, found: Gatherer): void {
  const place = `member ${member.name} of the zip archive`;
  const at = zipContentAt(source, member);
  // What lies there is told one way or the other: it isn't looked for once more.
  if (at !== undefined)
    found.account(source.start + member.offset, source.start + at + member.compressedBytes);
  if (member.encrypted) found.hide("encrypted", `${place} is encrypted`, check);
  else if (at === undefined) fail(found, "corrupt", place, check);
  else if (member.method === 0) gatherStored(partOf(source, at, member.compressedBytes), place, found);
  else if (member.method !== 8)
    found.hide("limit", `${place} is compressed by method ${member.method}`, check);
  else if (member.compressedBytes > limits.nestedMemberBytesMax) fail(found, "limit", place, check);
  else if (!isClassFile(source, at, member)) {
    const content = inflated(source.read(at, member.compressedBytes), found.budget);
    if (typeof content === "string") fail(found, content, place, check);
    else found.member(place, inMemory(content.content));
  }
}

/** Members of a zip archive can lie over each other: what is stored counts like what is decompressed. */
function gatherStored(member: Part, place: string, found: Gatherer): void {
  if (member.sizeBytes > found.budget.bytes) {
    fail(found, "limit", place, check);
    return;
  }
  found.budget.bytes -= member.sizeBytes;
  found.memberAt(place, member);
}

const peekBytes = 64;
const classMagic = Buffer.from([0xca, 0xfe, 0xba, 0xbe]);
/** Larger ones are rare enough to be looked at: a program would be. */
const classBytesMax = 16_384;

/** Most of a jar: nothing is told of compiled classes, so that the beginning of the usual ones is enough. */
function isClassFile(source: Part, at: number, { compressedBytes }: ZipMember): boolean {
  if (compressedBytes > classBytesMax) return false;
  const head = inflatedHead(source.read(at, Math.min(peekBytes, compressedBytes)));
  return head.subarray(0, 4).equals(classMagic);
}

/** A deflated member by its local header alone; where it ends, or undefined where there is none. */
export function gatherLooseMember(source: Part, offset: number, found: Gatherer): number | undefined {
  const at = zipDeflatedAt(source, offset);
  if (at === undefined || inflatedHead(source.read(at, peekBytes)).length === 0) return undefined;
  const content = inflated(source.read(at, limits.nestedMemberBytesMax), found.budget);
  const place = `a member of a zip archive at byte ${source.start + offset}`;
  // What is corrupt began like one, and is none.
  if (content === "limit") fail(found, content, place, `tail -c +${source.start + offset + 1} FILE | file -`);
  if (typeof content === "string" || !counts(found)) return undefined;
  found.member(place, inMemory(content.content));
  return at + content.consumed;
}
