// ELF facts (System V ABI gABI ch. 4-5; LSB symbol versions). Program headers first; section tables may be stripped.

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
