// What a tree is made of: immutable entries with their origin. One shape for layers, packages, stages and declared files.
import type { Bytes } from "../base/bytes.ts";
import type { Span } from "../base/diagnostics.ts";
import type { Digest } from "../base/digest.ts";
import type { TreePath } from "./path.ts";

/** Where an entry came from. An entry merged from several sources (folders mostly) lists all of them, the last one decisive. */
export type Origin =
  | { readonly kind: "layer"; readonly digest: Digest; readonly index: number }
  /** `package` is "name:architecture"; `version` as dpkg knows it. */
  | { readonly kind: "package"; readonly package: string; readonly version: string }
  /** Made by the modelled effect of a package's maintainer script or trigger ("ldconfig", "update-alternatives" ...). */
  | { readonly kind: "effect"; readonly effect: string; readonly package?: string }
  /** Copied from a stage of a build; with `found`, not because it was named but because something needs it. */
  | { readonly kind: "stage"; readonly stage: string; readonly span?: Span; readonly found?: true }
  /** Written in the spec (files, directories, users, copy), or the built-in recipe for the base folders. */
  | { readonly kind: "declared"; readonly what: string; readonly span?: Span };

export interface Attributes {
  /** Permission bits with setuid, setgid and sticky: 0..0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since the epoch. */
  readonly mtime: number;
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

interface Common extends Attributes {
  readonly path: TreePath;
  readonly origins: readonly Origin[];
}

export interface DirectoryEntry extends Common {
  readonly kind: "directory";
}

export interface FileEntry extends Common {
  readonly kind: "file";
  readonly sizeBytes: number;
  /** Of the content. Known for every entry: whoever makes an entry has read its bytes once. */
  readonly digest: Digest;
  /** Equal for names of one inode (hard links); undefined where the file has one name. */
  readonly link?: string;
  readonly content: Bytes;
}

export interface SymlinkEntry extends Common {
  readonly kind: "symlink";
  /** As stored; not normalised. */
  readonly target: string;
}

export interface SpecialEntry extends Common {
  readonly kind: "fifo" | "character-device" | "block-device";
  readonly deviceMajor: number;
  readonly deviceMinor: number;
}

export type Entry = DirectoryEntry | FileEntry | SymlinkEntry | SpecialEntry;
