// What a file holds in other files: archives, compressed streams, archives behind another file's bytes. Their members are
// looked at like files, within limits; what can't be told is said.

import { bufferOf } from "../../base/bytes.ts";
import type { RandomAccess } from "../../formats/random-access.ts";
import { blockBytes } from "../../formats/tar-header.ts";
import type { Facts, Magic } from "../facts.ts";
import { between } from "../regions.ts";
import { gatherAr, gatherCpio, gatherStream, gatherTar } from "./archives.ts";
import { gatherEmbedded } from "./embedded.ts";
import type { CompressedFormat } from "./expand.ts";
import {
  type Gatherer,
  gatherer,
  type Nested,
  type NestingBudget,
  type Part,
  partOf,
  wholeOf,
} from "./gather.ts";
import { counts, deeper, fail } from "./outcome.ts";
import { overlayAt, payloadAt, strangeOverlay } from "./payload.ts";
import { containerOf, unreadFormat, unreadImage } from "./signatures.ts";
import { type ZipDirectory, zipDirectory } from "./zip.ts";
import { gatherZip } from "./zip-members.ts";

/**
 * What is in the file's archives. `inner` looks at a member as at a file, with the same budget. What a file is by its beginning
 * switches nothing off: whatever it is, others may follow. Never throws on content.
 */
export function nestedIn(
  source: RandomAccess,
  magic: Magic,
  inner: (member: RandomAccess) => Facts,
  budget: NestingBudget,
): Nested {
  const found = gatherer(inner, budget);
  const whole = wholeOf(source);
  const isContainer = gatherContainer(whole, found);
  const directory = gatherZipAtEnd(whole, found);
  const isZip = directory !== undefined && directory.members.length > 0;
  const payload = isContainer || isZip ? undefined : payloadOf(whole, magic);
  if (payload !== undefined) gatherContainer(partOf(whole, payload, whole.sizeBytes), found);
  gatherEmbedded(whole, found);
  if (directory === undefined && beginsZip(whole) && between(found.accounted(), 0, 1).length > 0)
    found.hide("corrupt", "a zip archive without its directory", "unzip -l FILE");
  if (magic === "elf" && !isZip && payload === undefined) gatherStrange(whole, found);
  return found.result();
}

function beginsZip(whole: Part): boolean {
  return containerOf(bufferOf(whole.read(0, blockBytes)), whole.sizeBytes) === "zip";
}

function payloadOf(whole: Part, magic: Magic): number | undefined {
  if (magic === "elf") return overlayAt(whole);
  return magic === "script" || magic === "text" ? payloadAt(whole) : undefined;
}

/** A zip archive is found from its end, whatever stands before it. Its directory, where there is one. */
function gatherZipAtEnd(whole: Part, found: Gatherer): ZipDirectory | undefined {
  const directory = zipDirectory(whole);
  if (directory === undefined) return undefined;
  const isEmpty = directory.members.length === 0 && directory.cut === undefined;
  // The last member of an archive may be one, and was looked at.
  const isKnown = between(found.accounted(), directory.start, directory.end).length === 0;
  if (!isEmpty && !isKnown) deeper(found, whole, "a zip archive", () => gatherZip(whole, directory, found));
  return directory;
}

/** A whole file, or the part of one, that is a container by its beginning; whether it is one. */
function gatherContainer(source: Part, found: Gatherer): boolean {
  const head = bufferOf(source.read(0, blockBytes));
  const container = containerOf(head, source.sizeBytes);
  if (container === undefined) {
    const unread = unreadFormat(head) ?? unreadImage(source);
    if (unread === undefined) return false;
    found.hide(unread.kind, unread.why, "file FILE");
    return true;
  }
  switch (container) {
    case "zip":
      // Found from the end of the file.
      return false;
    case "tar":
      deeper(found, source, "a tar archive", () => gatherTar(source, found));
      break;
    case "ar":
      deeper(found, source, "an ar archive", () => gatherAr(source, found));
      break;
    case "cpio":
      deeper(found, source, "a cpio archive", () => {
        const rest = gatherCpio(source, found);
        // An initramfs is a row of archives, with zeros between them.
        if (rest < source.sizeBytes) gatherContainer(partOf(source, rest, source.sizeBytes), found);
      });
      break;
    default:
      deeper(found, source, `a ${container} stream`, () => gatherCompressed(source, container, found));
  }
  return true;
}

function gatherCompressed(source: Part, format: CompressedFormat, found: Gatherer): void {
  if (!counts(found)) return;
  const place = `the ${format} stream`;
  const { consumed, failure } = gatherStream(source, format, place, found);
  // Of what failed, the beginning is told, and isn't looked for once more.
  found.account(source.start, source.start + Math.max(1, consumed));
  if (failure !== undefined) fail(found, failure, place, `${format} -t FILE`);
}

/** Bytes behind a program's own that nobody accounted for. */
function gatherStrange(whole: Part, found: Gatherer): void {
  const strange = strangeOverlay(whole, found.accounted());
  if (strange === undefined) return;
  const what = `${strange.sizeBytes} bytes behind the program's own, from byte ${strange.at} on, compressed or encrypted in an unknown way`;
  found.hide("limit", what, `tail -c +${strange.at + 1} FILE | file -`);
}
