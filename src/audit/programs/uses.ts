// The primitives of a whole image: which files give each of them, what says so, and whether the application needs the file
// itself. What an application's own runtime gives is always in there: no image without it.
import type { FileEntry } from "../../tree/entry.ts";
import { comparePaths } from "../../tree/path.ts";
import type { PrimitiveUse } from "../finding.ts";
import { type Primitive, primitives } from "../primitives.ts";
import type { Subject } from "../subject.ts";
import { type Inode, inodesOf } from "./inodes.ts";
import {
  capabilitySources,
  identifiedSources,
  loaderSources,
  loadersOf,
  namedSources,
  type Source,
} from "./sources.ts";

type Giver = PrimitiveUse["files"][number];

/** Every primitive that some file gives, in the order of `primitives`; its files in path order, one line for each inode. */
export function primitiveUses(subject: Subject): PrimitiveUse[] {
  const byPrimitive = new Map<Primitive, Giver[]>();
  for (const { inode, sources } of sourcesByInode(subject)) {
    const given = new Set<Primitive>();
    for (const { by, primitive } of sources) {
      if (given.has(primitive)) continue;
      given.add(primitive);
      const giver = { path: inode.path, by, needed: inode.needed };
      const others = byPrimitive.get(primitive);
      if (others === undefined) byPrimitive.set(primitive, [giver]);
      else others.push(giver);
    }
  }
  return primitives.flatMap((primitive) => {
    const files = byPrimitive.get(primitive);
    return files === undefined
      ? []
      : [{ primitive, files: files.sort((a, b) => comparePaths(a.path, b.path)) }];
  });
}

function sourcesByInode(subject: Subject): { readonly inode: Inode; readonly sources: readonly Source[] }[] {
  const inodes = inodesOf(subject, isCode);
  const loaders = loadersOf(subject.tree, inodes);
  return inodes.flatMap((inode) => {
    const sources = [
      ...identifiedSources(inode.facts.identities ?? []),
      ...(inode.names.some((name) => loaders.has(name)) ? loaderSources : []),
      // A call in code that nothing runs is nobody's; one in the application's is there for whoever breaks into it.
      ...(inode.needed ? capabilitySources(inode) : []),
      ...namedSources(inode),
    ];
    return sources.length === 0 ? [] : [{ inode, sources }];
  });
}

function isCode(_: FileEntry, facts: Inode["facts"]): boolean {
  return facts.elf !== undefined || facts.script !== undefined || (facts.identities?.length ?? 0) > 0;
}
