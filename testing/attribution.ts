// What the packages of a tree are read as, in lines that tables of tests can hold.
import { readPackages } from "../src/audit/packages/read.ts";
import { packageId } from "../src/audit/packages/view.ts";
import type { Facts } from "../src/content/facts.ts";
import type { Entry, FileEntry } from "../src/tree/entry.ts";
import { treeOf } from "../src/tree/memory-tree.ts";

export interface Attribution {
  /** "libc6:amd64 2.36-9" or, with dependencies, "bash:amd64 5.2-2 (libc6)". */
  readonly packages: readonly string[];
  /** The package of every entry that has one. */
  readonly owners: Readonly<Record<string, string>>;
  readonly unreadable: Readonly<Record<string, string>>;
}

const noFacts = (): Facts => ({ magic: "data" });

export async function attributionOf(
  entries: Iterable<Entry>,
  facts: (file: FileEntry) => Facts = noFacts,
): Promise<Attribution> {
  const tree = treeOf(entries);
  const index = await readPackages(tree, facts);
  const owners = [...tree.walk()].flatMap((entry) => {
    const owner = index.ownerOf(entry);
    return owner === undefined ? [] : [[entry.path, packageId(owner)] as const];
  });
  return {
    packages: index.packages.map((one) => {
      const told = one.depends.length === 0 ? "" : ` (${one.depends.join(", ")})`;
      return `${packageId(one)} ${one.version}${told}`;
    }),
    owners: Object.fromEntries(owners),
    unreadable: Object.fromEntries(index.unreadable.map(({ path, why }) => [path, why])),
  };
}
