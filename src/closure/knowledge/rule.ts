// What a knowledge rule is: things that a program needs and no ELF header tells, as data. One file per subject in this
// folder, and a test on a tree for each.

export interface KnowledgeRule {
  /** Unique, kebab-case; named in every reason that it gives. */
  readonly id: string;
  readonly when: {
    /** Sonames ("libssl.so.3"); a `*` stands for anything. */
    readonly sonames?: readonly string[];
    /** Globs over the real paths of kept programs and libraries. */
    readonly paths?: readonly string[];
  };
  /** Identities (content/fingerprints) of what the rule is about: of a file without any, the rule is a guess by its name. */
  readonly content?: readonly string[];
  /** The first glob that matches a path decides. Where none matches, nothing is kept: these are facts, no demands. */
  readonly files?: readonly FileFact[];
  /** Libraries loaded by name. */
  readonly sonames?: readonly { readonly soname: string; readonly because: string }[];
}

/** Globs of the tree, each with why what matches is needed, or may be left out all the same. */
export type FileFact =
  | { readonly keep: string; readonly because: string }
  | { readonly leave: string; readonly because: string };
