// What an ELF file says of itself (System V ABI gABI ch. 4-5; LSB symbol versions). Program headers only, as a loader does:
// section tables may be stripped. Invariant: a corrupt file gives undefined or facts, never an exception.
import { type DynamicFacts, readDynamic, readString } from "./elf-dynamic.ts";
import { type ElfImage, openElf, segmentType, startsInCode } from "./elf-image.ts";
import { readNotes } from "./elf-notes.ts";
import { readStrings } from "./elf-strings.ts";
import type { RandomAccess } from "./random-access.ts";

export interface ElfFacts {
  readonly class: 32 | 64;
  readonly machine: number;
  readonly type: "executable" | "shared" | "relocatable" | "core" | "other";
  /** EI_OSABI. */
  readonly osAbi: number;
  readonly interpreter?: string;
  readonly soname?: string;
  readonly needed: readonly string[];
  readonly rpath?: string;
  readonly runpath?: string;
  /** No PT_DYNAMIC, or no NEEDED and no interpreter: nothing is loaded for it. */
  readonly static: boolean;
  /** DF_1_PIE is set, or an executable type: it has an entry point of its own. */
  readonly program: boolean;
  /**
   * No `program` by type or flag, and yet nothing but one: it needs and is needed by name of nobody, and a kernel finds code at its
   * entry point. Absent otherwise.
   */
  readonly startable?: true;
  /** VERNEED: versions that `file` (a soname) must define. Weak ones are flagged. */
  readonly versionsNeeded: readonly {
    readonly file: string;
    readonly version: string;
    readonly weak: boolean;
  }[];
  readonly versionsDefined: readonly string[];
  /** .note.dlopen (UAPI "ELF Dlopen Metadata"). */
  readonly dlopen: readonly DlopenNote[];
  /** Minimum kernel of NT_GNU_ABI_TAG as [major, minor, patch], for ld.so.cache. */
  readonly kernelAbi?: readonly [number, number, number];
  /** x86 ISA level needed (NT_GNU_PROPERTY_TYPE_0), 0 where none: for ld.so.cache. */
  readonly isaNeeded: number;
  readonly buildId?: string;
  /** From read-only data: absolute paths, and names that look like sonames, in order of first appearance, unique. */
  readonly pathStrings: readonly string[];
  readonly sonameStrings: readonly string[];
}

export interface DlopenNote {
  readonly sonames: readonly string[];
  readonly feature?: string;
  readonly description?: string;
  readonly priority: "required" | "recommended" | "suggested";
}

const noDynamic: DynamicFacts = { needed: [], versionsNeeded: [], versionsDefined: [], pie: false };

/**
 * The facts of an ELF file; undefined where it isn't one, or where what it needs can't be read (program headers, dynamic
 * section or its names out of reach). Reads a few windows and the read-only data; never the whole file at once.
 */
export function elfFacts(source: RandomAccess): ElfFacts | undefined {
  const image = openElf(source);
  if (image === undefined) return undefined;
  const dynamic = readDynamic(image);
  const interpreter = readInterpreter(image);
  if (dynamic === "corrupt" || interpreter === "") return undefined;
  const type = typeOf(image.type);
  const { pie, ...names } = dynamic ?? noDynamic;
  const program = pie || type === "executable";
  const isStatic = interpreter === undefined && names.needed.length === 0;
  const startable = !program && isStatic && names.soname === undefined && startsInCode(image);
  const notes = readNotes(image);
  // Names that the dynamic section holds are no hints: they are certain already.
  const known = new Set([interpreter ?? "", names.soname ?? "", ...names.needed]);
  for (const folder of `${names.rpath ?? ""}:${names.runpath ?? ""}`.split(":")) known.add(folder);
  for (const { file } of names.versionsNeeded) known.add(file);
  for (const { sonames } of notes.dlopen) for (const soname of sonames) known.add(soname);
  return {
    class: image.class,
    machine: image.machine,
    type,
    osAbi: image.osAbi,
    ...names,
    ...(interpreter === undefined ? {} : { interpreter }),
    static: isStatic,
    program,
    ...(startable ? { startable } : {}),
    ...notes,
    ...readStrings(image, source, known),
  };
}

/** Undefined where there is no PT_INTERP, empty where it can't be read. */
function readInterpreter(image: ElfImage): string | undefined {
  const segment = image.segments.find((one) => one.type === segmentType.interpreter);
  if (segment === undefined) return undefined;
  return readString(image, segment.offset, segment.fileBytes) ?? "";
}

function typeOf(type: number): ElfFacts["type"] {
  return (["other", "relocatable", "executable", "shared", "core"] as const)[type] ?? "other";
}
