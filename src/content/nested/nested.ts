// What a file holds in other files: archives, compressed streams, archives behind another file's bytes. Their members are
// looked at like files, within limits; what can't be told is said.
import { ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { arMembers } from "../../formats/ar.ts";
import { inMemory, type RandomAccess } from "../../formats/random-access.ts";
import { blockBytes, hasValidChecksum, isZeroBlock } from "../../formats/tar-header.ts";
import { createTarReader } from "../../formats/tar-reader.ts";
import type { Facts, Magic } from "../facts.ts";
import { readCpio } from "./cpio.ts";
import { type CompressedFormat, expand, type Failure, headOf, inflated } from "./expand.ts";
import { bufferOf, type Gatherer, gatherer, type Nested, type NestingBudget, partOf } from "./gather.ts";
import { overlayAt, payloadAt, strangeOverlay } from "./payload.ts";
import { containerOf, unreadFormat } from "./signatures.ts";
import { type ZipDirectory, zipContentAt, zipDirectory } from "./zip.ts";

/**
 * What is in the file's archives; undefined where it has none. `inner` looks at a member as at a file, with the same budget.
 * Never throws on content.
 */
export function nestedIn(
  source: RandomAccess,
  magic: Magic,
  inner: (member: RandomAccess) => Facts,
  budget: NestingBudget,
): Nested | undefined {
  const found = gatherer(inner, budget);
  const isArchive = gatherFrom(source, magic, found);
  return isArchive ? found.result() : undefined;
}

/** Whether there was something to look into, or that should have been. */
function gatherFrom(source: RandomAccess, magic: Magic, found: Gatherer): boolean {
  if (magic === "empty" || magic === "java-class" || magic === "wasm") return false;
  if (magic === "archive" || magic === "compressed" || magic === "data") {
    if (gatherContainer(source, found)) return true;
  }
  // A zip archive is found from its end, whatever stands before it.
  const directory = magic !== "archive" && mayEndInZip(source, magic) ? zipDirectory(source) : undefined;
  if (directory !== undefined && directory.members.length > 0) {
    deeper(found, "a zip archive at its end", () => gatherZip(source, directory, found));
    return true;
  }
  const payload =
    magic === "elf"
      ? overlayAt(source)
      : magic === "script" || magic === "text"
        ? payloadAt(source)
        : undefined;
  if (payload !== undefined) return gatherContainer(partOf(source, payload, source.sizeBytes), found);
  const strange = magic === "elf" ? strangeOverlay(source) : undefined;
  if (strange === undefined) return false;
  const what = `${strange.sizeBytes} bytes behind the program's own, from byte ${strange.at} on, compressed or encrypted in an unknown way`;
  found.hide("limit", what, `tail -c +${strange.at + 1} FILE | file -`);
  return true;
}

/** Text has no byte 6, and the end record does: most files are done with one look at their tail. */
function mayEndInZip(source: RandomAccess, magic: Magic): boolean {
  if (source.sizeBytes < 100) return false;
  if (magic !== "text" && magic !== "script") return true;
  const tailBytes = Math.min(source.sizeBytes, 65_557);
  return source.read(source.sizeBytes - tailBytes, tailBytes).lastIndexOf(6) >= 0;
}

/** A whole file, or the part of one, that is a container by its beginning. */
function gatherContainer(source: RandomAccess, found: Gatherer): boolean {
  const head = bufferOf(source.read(0, blockBytes));
  const container = containerOf(head, source.sizeBytes);
  if (container === undefined) {
    const unread = unreadFormat(head);
    if (unread === undefined) return false;
    found.hide(unread.kind, unread.why, "file FILE");
    return true;
  }
  switch (container) {
    case "zip":
      return deeper(found, "a zip archive", () => {
        const directory = zipDirectory(source);
        if (directory === undefined)
          found.hide("corrupt", "a zip archive without its directory", "unzip -l FILE");
        else gatherZip(source, directory, found);
      });
    case "tar":
      return deeper(found, "a tar archive", () => gatherTar(source, found));
    case "ar":
      return deeper(found, "an ar archive", () => gatherAr(source, found));
    case "cpio":
      return deeper(found, "a cpio archive", () => gatherCpio(source, found));
    default:
      return deeper(found, `a ${container} stream`, () => gatherCompressed(source, container, found));
  }
}

/** Does the work one level deeper, unless that is too deep; always true: there was a container. */
function deeper(found: Gatherer, what: string, work: () => void): true {
  const { budget } = found;
  if (budget.depth <= 0) {
    found.hide("limit", `${what}, nested deeper than nestedDepthMax (${limits.nestedDepthMax})`);
    return true;
  }
  budget.depth -= 1;
  try {
    work();
  } finally {
    budget.depth += 1;
  }
  return true;
}

/** Whether there is room for one more member. */
function counts(found: Gatherer): boolean {
  if (found.budget.members <= 0) return false;
  found.budget.members -= 1;
  if (found.budget.members === 0)
    found.hide("limit", `more members than nestedMembersMax (${limits.nestedMembersMax})`);
  return found.budget.members > 0;
}

function fail(found: Gatherer, failure: Failure, place: string, check: string): void {
  const why =
    failure === "limit"
      ? `${place} is larger than is followed (nestedMemberBytesMax, nestedBytesMax)`
      : `${place} is corrupt or cut short`;
  found.hide(failure, why, check);
}

function gatherZip(source: RandomAccess, directory: ZipDirectory, found: Gatherer): void {
  if (directory.cut !== undefined) fail(found, directory.cut, "the zip archive's directory", "unzip -l FILE");
  for (const member of directory.members) {
    if (member.sizeBytes === 0 || member.name.endsWith("/")) continue;
    if (!counts(found)) return;
    const place = `member ${member.name} of the zip archive`;
    const check = "unzip -lv FILE";
    if (member.encrypted) {
      found.hide("encrypted", `${place} is encrypted`, check);
      continue;
    }
    const at = zipContentAt(source, member);
    if (at === undefined) fail(found, "corrupt", place, check);
    else if (member.method === 0) gatherStored(partOf(source, at, member.compressedBytes), place, found);
    else if (member.method !== 8)
      found.hide("limit", `${place} is compressed by method ${member.method}`, check);
    else if (member.compressedBytes > limits.nestedMemberBytesMax) fail(found, "limit", place, check);
    else if (!isClassFile(source, at, member.compressedBytes)) {
      const content = inflated(source.read(at, member.compressedBytes), found.budget);
      if (typeof content === "string") fail(found, content, place, check);
      else found.member(place, inMemory(content));
    }
  }
}

/** Members of a zip archive can lie over each other: what is stored counts like what is decompressed. */
function gatherStored(member: RandomAccess, place: string, found: Gatherer): void {
  if (member.sizeBytes > found.budget.bytes) {
    fail(found, "limit", place, "unzip -lv FILE");
    return;
  }
  found.budget.bytes -= member.sizeBytes;
  found.member(place, member);
}

const peekBytes = 64;
const classMagic = Buffer.from([0xca, 0xfe, 0xba, 0xbe]);

/** Most of a jar: nothing is told of compiled classes, so that their beginning is enough. */
function isClassFile(source: RandomAccess, at: number, compressedBytes: number): boolean {
  const head = headOf(source.read(at, Math.min(peekBytes, compressedBytes)), "deflate");
  return head.subarray(0, 4).equals(classMagic);
}

const feedBytes = 262_144;

function gatherTar(source: RandomAccess, found: Gatherer): void {
  const tar = tarGatherer(found);
  const failure = tarOutcome(() => {
    for (let at = 0; at < source.sizeBytes && !tar.isDone(); at += feedBytes)
      tar.write(bufferOf(source.read(at, feedBytes)));
    tar.finish();
  });
  if (failure !== undefined) fail(found, failure, "the tar archive", "tar -tf FILE");
}

interface TarGatherer {
  write(chunk: Buffer): void;
  finish(): void;
  /** Whether no more members are taken. */
  isDone(): boolean;
}

/** Members up to limits.nestedMemberBytesMax are held one at a time. */
function tarGatherer(found: Gatherer): TarGatherer {
  let parts: Buffer[] | undefined;
  let place = "";
  let done = false;
  const reader = createTarReader(
    {
      entry: (header) => {
        parts = undefined;
        if (done || header.kind !== "file" || header.sizeBytes === 0) return;
        place = `member ${header.name} of the tar archive`;
        done = !counts(found);
        if (done) return;
        if (header.sizeBytes > limits.nestedMemberBytesMax) fail(found, "limit", place, "tar -tvf FILE");
        else parts = [];
      },
      data: (chunk) => parts?.push(Buffer.from(chunk)),
      end: () => {
        if (parts !== undefined)
          found.member(
            place,
            inMemory(parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)),
          );
        parts = undefined;
      },
    },
    "a tar archive",
  );
  return {
    write: (chunk) => reader.write(chunk),
    finish: () => {
      if (!done) reader.finish();
    },
    isDone: () => done,
  };
}

function tarOutcome(work: () => void): Failure | undefined {
  try {
    work();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    return thrown.code === "limit" ? "limit" : "corrupt";
  }
}

function gatherAr(source: RandomAccess, found: Gatherer): void {
  const failure = tarOutcome(() => {
    for (const { name, offset, sizeBytes } of arMembers(source)) {
      if (isObject(source, offset) || sizeBytes === 0) continue;
      if (!counts(found)) return;
      found.member(`member ${name} of the ar archive`, partOf(source, offset, sizeBytes));
    }
  });
  if (failure !== undefined) fail(found, failure, "the ar archive", "ar -t FILE");
}

/** ET_REL: a static library's part, which no kernel starts. */
function isObject(source: RandomAccess, at: number): boolean {
  const head = bufferOf(source.read(at, 18));
  return (
    head.length === 18 &&
    head.readUInt32BE(0) === 0x7f454c46 &&
    (head[5] === 2 ? head.readUInt16BE(16) : head.readUInt16LE(16)) === 1
  );
}

function gatherCpio(source: RandomAccess, found: Gatherer): void {
  const { members, end } = readCpio(source);
  for (const { name, offset, sizeBytes } of members) {
    if (!counts(found)) return;
    found.member(`member ${name} of the cpio archive`, partOf(source, offset, sizeBytes));
  }
  if (end === undefined) {
    fail(found, "corrupt", "the cpio archive", "cpio -tv < FILE");
    return;
  }
  // An initramfs is a row of archives, with zeros between them.
  const rest = afterZeros(source, end);
  if (rest < source.sizeBytes) gatherContainer(partOf(source, rest, source.sizeBytes), found);
}

function afterZeros(source: RandomAccess, from: number): number {
  for (let at = from; at < source.sizeBytes; at += feedBytes) {
    const index = source.read(at, feedBytes).findIndex((byte) => byte !== 0);
    if (index >= 0) return at + index;
  }
  return source.sizeBytes;
}

/** Manual pages (roff), Debian's changelogs, GNU's, histories of git, info files, character maps: thousands of any distribution. */
const documentHead: readonly RegExp[] = [
  /^(?:[.']\\"|\.(?:TH|Dd|de|so|ig|nr|if|ie|mso|hy|ds)\b)/,
  /^[a-z0-9][a-z0-9.+-]+ \([^)\n]{1,80}\)(?: [\w.-]+)+; urgency=/,
  /^\d{4}-\d\d-\d\d[ \t]+\S[^\n]{2,80}\n/,
  /^commit [0-9a-f]{40}\n/,
  /^This is [\w.+-]+, produced by makeinfo/,
  /^<code_set_name> /,
];
const gzipPeekBytes = 256;

function gatherCompressed(source: RandomAccess, format: CompressedFormat, found: Gatherer): void {
  if (format === "gzip") {
    const head = headOf(source.read(0, Math.min(gzipPeekBytes, source.sizeBytes)), "gzip").toString(
      "latin1",
      0,
      200,
    );
    if (documentHead.some((form) => form.test(head))) return;
  }
  if (!counts(found)) return;
  const place = `the ${format} stream`;
  const pieces: Buffer[] = [];
  let held = 0;
  let tar: TarGatherer | undefined;
  const failure = expand(source, format, found.budget, (piece) => {
    if (tar === undefined && held === 0 && startsTar(piece)) tar = tarGatherer(found);
    if (tar !== undefined) {
      tar.write(piece);
      return;
    }
    held += piece.length;
    if (held > limits.nestedMemberBytesMax)
      throw new ToolError("limit", {
        what: "decompressing a member",
        why: "it is larger than nestedMemberBytesMax",
      });
    pieces.push(format === "xz" ? Buffer.from(piece) : piece);
  });
  const outcome = failure ?? (tar === undefined ? undefined : tarOutcome(() => tar?.finish()));
  if (outcome !== undefined)
    fail(found, outcome, place, format === "gzip" ? "gzip -t FILE" : `${format} -t FILE`);
  else if (tar === undefined)
    found.member(
      place,
      inMemory(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)),
    );
}

function startsTar(piece: Buffer): boolean {
  const block = piece.subarray(0, blockBytes);
  return block.length === blockBytes && !isZeroBlock(block) && hasValidChecksum(block);
}
