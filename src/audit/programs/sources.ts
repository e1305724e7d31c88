// What one file gives, and what says so: its content, its name, the calls that it makes. Content speaks first.
import type { Capability, Identity, ProgramKind } from "../../content/identity.ts";
import { baseName, parentOf, type TreePath, treePath } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Tree } from "../../tree/tree.ts";
import type { Primitive } from "../primitives.ts";
import type { Inode } from "./inodes.ts";
import { primitivesByName, programPrimitives } from "./primitives.ts";

export interface Source {
  readonly primitive: Primitive;
  /** "BusyBox 1.35.0", "imports execve", "its name only: nmap". */
  readonly by: string;
}

/** What a program can do by the calls that it makes itself. Listening alone gives its caller nothing. */
const ofCapability: Readonly<
  Record<Capability, { readonly gives: readonly Primitive[]; readonly by: string }>
> = {
  exec: { gives: ["exec"], by: "imports or links what starts programs" },
  connect: { gives: ["download", "upload"], by: "imports or links what connects" },
  load: { gives: ["library-load"], by: "imports or links what loads libraries" },
  listen: { gives: [], by: "imports or links what listens" },
};

const byKind: readonly ProgramKind[] = [
  "multi-call",
  "shell",
  "package-manager",
  "interpreter",
  "tool",
  "userland",
];

/** The gravest kind first: it says most of what a program is. */
export function gravestFirst(identities: readonly Identity[]): Identity[] {
  return [...identities].sort((a, b) => byKind.indexOf(a.kind) - byKind.indexOf(b.kind));
}

/** By what the content was recognised as, also inside the file. */
export function identifiedSources(identities: readonly Identity[]): Source[] {
  return gravestFirst(identities).flatMap((one) => {
    const by = `${one.name}${one.embedded === true ? ", as a library" : ""}${one.within === undefined ? "" : `, in ${one.within}`}`;
    return programPrimitives(one.id).map((primitive) => ({ primitive, by }));
  });
}

/** By the base names of a program or script whose content tells no more than that it is one. */
export function namedSources(inode: Inode): Source[] {
  const { elf, identities = [], script } = inode.facts;
  const own = identities.filter((one) => one.within === undefined);
  const runs =
    script === undefined
      ? elf?.interpreter !== undefined || elf?.program === true || elf?.startable === true
      : isCommand(inode);
  // Separate programs of one userland are recognised as that: which one it is, only a name tells.
  if (!runs || own.some((one) => one.kind !== "userland")) return [];
  const names = new Set(inode.names.map(baseName));
  return [...names].flatMap((name) =>
    primitivesByName(name).map((primitive) => ({ primitive, by: `its name only: ${name}` })),
  );
}

/** A script elsewhere that has a program's name is mostly about that program: /etc/cron.daily/dpkg. */
function isCommand({ callable, names }: Inode): boolean {
  return callable.length > 0 || names.some((one) => /^(?:s?bin|libexec)$/.test(baseName(parentOf(one))));
}

/** By the calls that its own code makes. */
export function capabilitySources(inode: Inode): Source[] {
  return (inode.facts.capabilities ?? []).flatMap((capability) => {
    const { by, gives } = ofCapability[capability];
    return gives.map((primitive) => ({ primitive, by }));
  });
}

/** A dynamic loader runs any ELF file that it is given, executable or not. */
export const loaderSources: readonly Source[] = programPrimitives("ld-linux").map((primitive) => ({
  primitive,
  by: "the dynamic loader: it runs any ELF file, executable or not",
}));

/** The loaders among ELF files: what PT_INTERP of any of them leads to, and what calls itself one. */
export function loadersOf(tree: Tree, inodes: readonly Inode[]): ReadonlySet<TreePath> {
  const interpreters = new Set<string>();
  const found = new Set<TreePath>();
  for (const { facts, names } of inodes) {
    if (facts.elf?.interpreter !== undefined) interpreters.add(facts.elf.interpreter);
    if (loaderSoname.test(facts.elf?.soname ?? "")) for (const name of names) found.add(name);
  }
  for (const interpreter of interpreters) {
    const named = interpreter.startsWith("/") ? treePath(interpreter) : undefined;
    const path = named === undefined ? undefined : resolve(tree, named)?.path;
    if (path !== undefined) found.add(path);
  }
  return found;
}

const loaderSoname = /^ld(?:-linux|-musl|64|32|-android|-elf)?[\w.-]*\.so(?:\.\d+)*$/;
