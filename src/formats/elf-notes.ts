// Notes of an ELF file (gABI ch. 5 "Note Section"): GNU ABI tag, build id, GNU properties (Linux Extensions to gABI), and
// .note.dlopen (UAPI Group "ELF Dlopen Metadata"). What is malformed is left out; notes never make a file unreadable.
import { limits } from "../base/limits.ts";
import type { DlopenNote, ElfFacts } from "./elf.ts";
import { type ElfImage, segmentType } from "./elf-image.ts";

interface Note {
  readonly owner: string;
  readonly type: number;
  readonly content: Buffer;
}

export type NoteFacts = Pick<ElfFacts, "kernelAbi" | "isaNeeded" | "buildId" | "dlopen">;

const gnuAbiTag = 1;
const gnuBuildId = 3;
const gnuProperties = 5;
const fdoDlopen = 0x407c0c0a;
const x86IsaNeeded = 0xc0008002;

/** What the notes say. */
export function readNotes(image: ElfImage): NoteFacts {
  const dlopen: DlopenNote[] = [];
  let kernelAbi: ElfFacts["kernelAbi"];
  let buildId: string | undefined;
  let isaNeeded = 0;
  for (const note of notes(image)) {
    if (note.owner === "FDO" && note.type === fdoDlopen) dlopen.push(...parseDlopen(note.content));
    if (note.owner !== "GNU") continue;
    if (note.type === gnuAbiTag) kernelAbi ??= parseAbiTag(image, note.content);
    else if (note.type === gnuBuildId) buildId ??= note.content.toString("hex");
    else if (note.type === gnuProperties)
      isaNeeded = Math.max(isaNeeded, parseIsaNeeded(image, note.content));
  }
  return {
    isaNeeded,
    dlopen,
    ...(kernelAbi === undefined ? {} : { kernelAbi }),
    ...(buildId === undefined ? {} : { buildId }),
  };
}

/** Notes of PT_NOTE; of PT_GNU_PROPERTY where no PT_NOTE covers it. */
function* notes(image: ElfImage): Generator<Note> {
  const seen = new Set<number>();
  let budget: number = limits.elfNotesBytesMax;
  for (const wanted of [segmentType.note, segmentType.gnuProperty]) {
    for (const segment of image.segments) {
      if (segment.type !== wanted || seen.has(segment.offset)) continue;
      seen.add(segment.offset);
      budget -= segment.fileBytes;
      const table = budget < 0 ? undefined : image.file.bytes(segment.offset, segment.fileBytes);
      // Notes are aligned to 4 bytes, and to 8 where the segment says so.
      if (table !== undefined) yield* notesIn(image, table, segment.align === 8 ? 8 : 4);
    }
  }
}

function* notesIn(image: ElfImage, table: Buffer, align: number): Generator<Note> {
  const up = (value: number): number => Math.ceil(value / align) * align;
  let at = 0;
  while (at + 12 <= table.length) {
    const nameBytes = image.file.number(table, at, 4);
    const contentBytes = image.file.number(table, at + 4, 4);
    const type = image.file.number(table, at + 8, 4);
    const content = up(at + 12 + nameBytes);
    if (content + contentBytes > table.length) return;
    const owner = table.toString("latin1", at + 12, at + 12 + Math.min(nameBytes, 16)).replace(/\0.*$/s, "");
    yield { owner, type, content: table.subarray(content, content + contentBytes) };
    at = up(content + contentBytes);
  }
}

/** Operating system, major, minor, patch; only Linux (0) counts. */
function parseAbiTag(image: ElfImage, content: Buffer): ElfFacts["kernelAbi"] {
  if (content.length < 16 || image.file.number(content, 0, 4) !== 0) return undefined;
  return [
    image.file.number(content, 4, 4),
    image.file.number(content, 8, 4),
    image.file.number(content, 12, 4),
  ];
}

/** The highest bit of GNU_PROPERTY_X86_ISA_1_NEEDED, as ldconfig stores it: 0 for the baseline, 1 for x86-64-v2 ... */
function parseIsaNeeded(image: ElfImage, content: Buffer): number {
  const isX86 = image.machine === 3 || image.machine === 62;
  let at = 0;
  while (isX86 && at + 8 <= content.length) {
    const type = image.file.number(content, at, 4);
    const sizeBytes = image.file.number(content, at + 4, 4);
    if (type === x86IsaNeeded && sizeBytes === 4 && at + 12 <= content.length) {
      const bits = image.file.number(content, at + 8, 4);
      return bits === 0 ? 0 : 31 - Math.clz32(bits);
    }
    at += 8 + Math.ceil(sizeBytes / image.file.wordBytes) * image.file.wordBytes;
  }
  return 0;
}

/** A JSON array of objects; "soname" is a list, "priority" is "recommended" if absent. */
function parseDlopen(content: Buffer): DlopenNote[] {
  let value: unknown;
  let end = content.length;
  while (end > 0 && content[end - 1] === 0) end -= 1;
  try {
    value = JSON.parse(content.toString("utf8", 0, end));
  } catch {
    return [];
  }
  return Array.isArray(value) ? value.flatMap(dlopenNote) : [];
}

function dlopenNote(value: unknown): DlopenNote[] {
  if (typeof value !== "object" || value === null) return [];
  const { soname, feature, description, priority } = value as Readonly<Record<string, unknown>>;
  const sonames = (Array.isArray(soname) ? soname : []).filter(
    (one) => typeof one === "string" && one !== "",
  );
  if (sonames.length === 0) return [];
  return [
    {
      sonames: sonames as string[],
      ...(typeof feature === "string" ? { feature } : {}),
      ...(typeof description === "string" ? { description } : {}),
      priority: priority === "required" || priority === "suggested" ? priority : "recommended",
    },
  ];
}
