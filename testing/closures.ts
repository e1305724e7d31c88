// Closures over trees whose facts are written in the test: each file says what its content would tell.
import type { Digest } from "../src/base/digest.ts";
import { close } from "../src/closure/close.ts";
import type { Closure, ClosureInput, Launch } from "../src/closure/closure.ts";
import type { Facts } from "../src/content/facts.ts";
import type { Identity, ProgramKind } from "../src/content/identity.ts";
import type { ElfFacts } from "../src/formats/elf.ts";
import type { Attributes, Entry, FileEntry, Origin } from "../src/tree/entry.ts";
import { treeOf } from "../src/tree/memory-tree.ts";
import { path } from "../src/tree/path.ts";
import { file } from "./trees.ts";

const facts = new WeakMap<Entry, Facts>();
/** Of hard links, which a layer makes as copies of the entry that the test wrote: the last ones with this content. */
const factsOfLinks = new Map<Digest, Facts>();

type Options = Partial<Attributes> & { readonly origins?: readonly Origin[]; readonly link?: string };

export const loader64 = "/lib64/ld-linux-x86-64.so.2";

/** An ELF file with these facts; x86-64 and a shared object unless told. */
export function elf(
  name: string,
  given: Partial<ElfFacts> = {},
  options: Options & { readonly identities?: Facts["identities"] } = {},
): FileEntry {
  const { identities, ...attributes } = options;
  const made: ElfFacts = {
    class: 64,
    machine: 62,
    type: "shared",
    osAbi: 0,
    needed: [],
    static: false,
    program: given.interpreter !== undefined,
    versionsNeeded: [],
    versionsDefined: [],
    dlopen: [],
    isaNeeded: 0,
    pathStrings: [],
    sonameStrings: [],
    ...given,
  };
  return withFacts(file(name, `elf ${name}`, { mode: 0o755, ...attributes }), {
    magic: "elf",
    elf: made,
    ...(identities === undefined ? {} : { identities }),
  });
}

/** A program for glibc's loader. */
export function program(
  name: string,
  given: Partial<ElfFacts> = {},
  options: Parameters<typeof elf>[2] = {},
): FileEntry {
  return elf(name, { interpreter: loader64, ...given }, options);
}

/** A program whose content is recognised as this one. */
export function recognised(
  kind: ProgramKind,
  id: string,
  name: string,
  given: Partial<Identity> = {},
  options: Options = {},
): FileEntry {
  return program(name, {}, { identities: [identity(kind, id, given)], ...options });
}

export function identity(kind: ProgramKind, id: string, given: Partial<Identity> = {}): Identity {
  return { id, kind, name: id, evidence: [{ what: `signal of ${id}` }], confirmed: true, ...given };
}

/** A library called as its soname. */
export function library(name: string, given: Partial<ElfFacts> = {}, options: Options = {}): FileEntry {
  return elf(name, { soname: name.slice(name.lastIndexOf("/") + 1), ...given }, { mode: 0o644, ...options });
}

/** A script with this `#!` line. */
export function script(name: string, line: string, options: Options = {}): FileEntry {
  const [interpreter = "", ...rest] = line.split(" ");
  const argument = rest.join(" ");
  return withFacts(file(name, `#!${line}\n`, { mode: 0o755, ...options }), {
    magic: "script",
    script: argument === "" ? { interpreter } : { interpreter, argument },
  });
}

/** What starts nothing, with some members given. */
export function launch(given: Partial<Launch> = {}): Launch {
  return {
    entrypoint: [],
    command: [],
    env: {},
    workingDir: "/",
    user: "",
    healthcheck: [],
    architecture: "amd64",
    ...given,
  };
}

type Given = Partial<Omit<ClosureInput, "launch" | "settings">> & {
  readonly launch?: Partial<Launch>;
  readonly settings?: Readonly<Record<string, string>>;
};

/** The closure of these entries. Settings are given by path. */
export function closureOf(entries: readonly Entry[], given: Given): Closure {
  const { settings } = given;
  return close({
    tree: treeOf(entries),
    facts: (entry) => factsOfEntry(entry),
    keep: [],
    drop: [],
    ...given,
    launch: launch(given.launch),
    settings: new Map(Object.entries(settings ?? {}).map(([name, text]) => [path(name), text])),
  });
}

/** The facts written in the test, or plain text for a file without any. */
export function factsOfEntry(entry: FileEntry): Facts {
  const linked = entry.link === undefined ? undefined : factsOfLinks.get(entry.digest);
  return facts.get(entry) ?? linked ?? { magic: entry.sizeBytes === 0 ? "empty" : "text" };
}

function withFacts(entry: FileEntry, given: Facts): FileEntry {
  facts.set(entry, given);
  factsOfLinks.set(entry.digest, given);
  return entry;
}

/** Kept paths that aren't folders, in order. */
export function keptFiles(closure: Closure): string[] {
  return [...closure.reasons]
    .filter(([, reasons]) => reasons[0]?.kind !== "folder")
    .map(([kept]) => kept)
    .sort();
}
