// What a file's bytes were recognised as, and how anybody can check it. Names of files play no part.

export type ProgramKind =
  | "shell"
  /** One program with many commands: BusyBox, toybox. Those of them that hold a shell are told by it alone. */
  | "multi-call"
  | "package-manager"
  | "userland"
  | "interpreter"
  | "tool";

/** One signal, so that a reader can find it again. */
export interface Evidence {
  /** "string \"BusyBox v1.35.0\" at byte 1672008", "applet table: 300 of 402 known names at byte 1663488". */
  readonly what: string;
  /** A command of standard tools that shows it; FILE stands for the file: "grep -abo 'BusyBox v' FILE". */
  readonly check?: string;
}

/** A program that the bytes were recognised as. */
export interface Identity {
  /** The fingerprint's id: "busybox", "bash", "python" (content/fingerprints). */
  readonly id: string;
  readonly kind: ProgramKind;
  /** For people: "BusyBox 1.35.0 (static, 300 applets)". */
  readonly name: string;
  readonly version?: string;
  /** At least one. */
  readonly evidence: readonly Evidence[];
  /** Two independent signals at least. */
  readonly confirmed: boolean;
  /** The bytes are a library that holds the program's engine (libpython, libperl), no program. */
  readonly embedded?: boolean;
  /** Where in the file, if it is not the file itself: "member bin/sh of the zip", "an ELF file at byte 4096". */
  readonly within?: string;
}

/** Why nobody can tell what the bytes hold. */
export interface Hidden {
  /**
   * `packed`: it runs, and unpacks itself (UPX). `corrupt`: it claims to be what it can't be read as. `encrypted`: an
   * archive's member, or all of it. `limit`: nested deeper or expanding further than is followed, in a format that isn't read, or with
   * more that looks like secrets than is checked.
   */
  readonly kind: "packed" | "corrupt" | "encrypted" | "limit";
  /** "packed with UPX 3.96". */
  readonly why: string;
  readonly evidence: readonly Evidence[];
}

/** Something in the bytes that opens a door elsewhere. The secret itself is never kept: neither here, nor in a report. */
export interface Secret {
  /** The rule's id: "private-key", "aws-access-key". */
  readonly id: string;
  /** "a PEM private key (RSA)". */
  readonly what: string;
  /** Byte offset, and line where the content is text; both from the beginning of the file or, with `within`, of the member. */
  readonly at: number;
  readonly line?: number;
  readonly within?: string;
}

/** What its linker or compiler wrote into a program about what it was built of. */
export interface BuildInfo {
  readonly go?: {
    readonly version: string;
    /** The main package's import path. */
    readonly path: string;
    readonly modules: readonly { readonly path: string; readonly version: string }[];
  };
  /** cargo auditable, section .dep-v0; the program's own package first. */
  readonly cargo?: readonly { readonly name: string; readonly version: string }[];
  /** A jar's own package, and those in it. */
  readonly java?: readonly JavaPackage[];
}

export interface JavaPackage {
  /** "group:artifact" where Maven tells it, else the manifest's name. */
  readonly name: string;
  readonly version: string;
  /** The jar inside, or what was unpacked into this one: "BOOT-INF/lib/a-1.jar". Absent for the jar's own package. */
  readonly within?: string;
}

/** What a program or library asks of the system by itself: direct imports, or packages linked in. */
export type Capability = "exec" | "connect" | "listen" | "load";
