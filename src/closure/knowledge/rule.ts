// What a knowledge rule is: things that a program needs and no ELF header tells, as data. One file per subject in this
// folder; each rule has a test on a tree.

export interface KnowledgeRule {
  /** Unique, kebab-case; named in every reason that it gives. */
  readonly id: string;
  readonly when: {
    /** Sonames ("libssl.so.3"); a `*` stands for anything. */
    readonly sonames?: readonly string[];
    /** Globs over the real paths of kept programs and libraries. */
    readonly paths?: readonly string[];
  };
  /** Globs of the tree. Where nothing matches, nothing is kept: these are facts about what is there, no demands. */
  readonly keep?: readonly { readonly glob: string; readonly because: string }[];
  /** Libraries loaded by name. */
  readonly sonames?: readonly { readonly soname: string; readonly because: string }[];
  /** Parts of what `keep` matches that are left out all the same. */
  readonly except?: readonly { readonly glob: string; readonly because: string }[];
}
