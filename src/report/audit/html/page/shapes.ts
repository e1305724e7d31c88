// The data of the page, between who packs it (page-data.ts) and the script that shows it.

/** Columns of equal length; -1 stands for "none" wherever a number is an index. */
export interface FileColumns {
  readonly folder: readonly number[];
  readonly name: readonly string[];
  readonly sizeBytes: readonly number[];
  /** Indexes into `roles` and `kinds`. */
  readonly role: readonly number[];
  readonly kind: readonly number[];
  readonly package: readonly number[];
  readonly layer: readonly number[];
  /** A bit for each of `primitives`. */
  readonly primitives: readonly number[];
  readonly identities: readonly (readonly number[])[];
  /** The last step of the file's chain. */
  readonly chain: readonly number[];
}

/** The root is 0 and its own parent; every other folder comes after its parent. */
export interface Folders {
  readonly parent: readonly number[];
  readonly name: readonly string[];
}

/** Steps of all chains; a chain is read from its last step over `parent` to one without. */
export interface ChainGraph {
  readonly parent: readonly number[];
  readonly wording: readonly number[];
  /** The files whose paths go where the wording has a NUL, in this order. */
  readonly files: readonly (readonly number[])[];
  readonly wordings: readonly string[];
}

export interface RuleFiles {
  readonly id: string;
  readonly title: string;
  readonly files: readonly number[];
}

export type FileKind = "elf" | "script" | "archive" | "text" | "data";

/** A cell of a table that goes on: text, an index into files, or commands to copy. */
export type MoreCell = string | number | { readonly commands: readonly string[] };

export interface PageData {
  readonly folders: Folders;
  readonly files: FileColumns;
  /** Of the image; more than `files` has where there are too many. */
  readonly filesTotal: number;
  readonly chains: ChainGraph;
  readonly identities: readonly string[];
  readonly packages: readonly string[];
  readonly layers: number;
  readonly roles: readonly string[];
  readonly kinds: readonly FileKind[];
  readonly primitives: readonly string[];
  /** Rules with findings about files. */
  readonly rules: readonly RuleFiles[];
  /** Rows that follow those of a table in the page, by the table's `data-more`. */
  readonly more: Readonly<Record<string, readonly (readonly MoreCell[])[]>>;
}
