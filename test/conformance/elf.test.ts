// ELF facts against binutils' readelf, for the machine's own libraries and programs and for files built in memory.
import { spawnSync } from "node:child_process";
import {
  closeSync,
  type Dirent,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ElfFacts, elfFacts } from "../../src/formats/elf.ts";
import { ofFile } from "../../src/formats/random-access.ts";
import { elfOf } from "../../testing/builders.ts";

const noReadelf =
  spawnSync("readelf", ["--version"]).error === undefined ? "" : " (skipped: readelf is not installed)";
const filesMax = 500;
const candidatesMax = 3000;
const batchSize = 50;

/** What both can tell. */
type Shared = Pick<
  ElfFacts,
  | "class"
  | "type"
  | "interpreter"
  | "soname"
  | "needed"
  | "rpath"
  | "runpath"
  | "versionsNeeded"
  | "versionsDefined"
> &
  Pick<ElfFacts, "kernelAbi" | "isaNeeded" | "buildId"> & { readonly pie: boolean };

test.skipIf(noReadelf !== "")(`says what readelf -hldVn says of the machine's files${noReadelf}`, () => {
  const files = elfFiles();
  expect(files.length).toBeGreaterThan(200);
  const differences: unknown[] = [];
  let compared = 0;
  for (let at = 0; at < files.length; at += batchSize) {
    const theirs = readelf(files.slice(at, at + batchSize));
    for (const [file, expected] of theirs) {
      const ours = shared(factsOf(file));
      // readelf reads sections too: objects have no segments, and Go's linker puts the build id in none.
      if (expected.type === "relocatable") continue;
      const missed =
        ours?.buildId === undefined && isLinkedByGo(file) ? { ...expected, buildId: undefined } : expected;
      compared += 1;
      if (JSON.stringify(ours) !== JSON.stringify(missed)) differences.push({ file, ours, expected });
    }
  }
  expect(differences).toEqual([]);
  expect(compared).toBeGreaterThan(0.9 * files.length);
});

test.skipIf(noReadelf !== "")(`reads files from the builder as readelf does${noReadelf}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "elf-"));
  try {
    for (const wordClass of [32, 64] as const) {
      for (const order of ["little", "big"] as const) {
        const file = join(folder, `${wordClass}-${order}`);
        writeFileSync(
          file,
          elfOf({
            class: wordClass,
            order,
            machine: wordClass === 32 ? 3 : 62,
            needed: ["liba.so.1", "libb.so.2"],
            soname: "libc.so.3",
            rpath: "/opt/old",
            runpath: "$ORIGIN",
            interpreter: "/lib/ld.so",
            pie: true,
            kernelAbi: [3, 2, 1],
            buildId: "0102fe",
            isaNeededBits: 3,
          }),
        );
        const [theirs] = readelf([file]).values();
        expect(shared(factsOf(file))).toEqual(theirs);
        expect(theirs).toMatchObject({
          needed: ["liba.so.1", "libb.so.2"],
          kernelAbi: [3, 2, 1],
          isaNeeded: 1,
        });
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** ELF files of the usual folders, spread over them. Two levels: whole trees of /usr/lib take minutes to walk. */
function elfFiles(): string[] {
  const libraries = foldersIn("/usr/lib").flatMap((folder) => [folder, ...foldersIn(folder)]);
  const found = ["/usr/bin", "/usr/sbin", "/usr/lib", ...libraries].flatMap((folder) =>
    entriesOf(folder)
      .filter((entry) => entry.isFile())
      .map((entry) => join(folder, entry.name)),
  );
  return spread(spread(found, candidatesMax).filter(isElf), filesMax);
}

/** At most `most` of the items, at even distances. */
function spread<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, Math.ceil(items.length / most));
  return items.filter((_, index) => index % step === 0);
}

function foldersIn(folder: string): string[] {
  const folders = entriesOf(folder).filter((entry) => entry.isDirectory());
  return folders.map((entry) => join(folder, entry.name));
}

function entriesOf(folder: string): Dirent[] {
  return readdirSync(folder, { withFileTypes: true });
}

function isElf(file: string): boolean {
  const fd = openSync(file, "r");
  try {
    const head = Buffer.alloc(4);
    readSync(fd, head);
    return head.toString("latin1") === "\x7fELF";
  } finally {
    closeSync(fd);
  }
}

function isLinkedByGo(file: string): boolean {
  const sections = spawnSync("readelf", ["-SW", file], { encoding: "latin1" });
  return sections.stdout.includes(" .note.go.buildid ");
}

function factsOf(file: string): ElfFacts | undefined {
  const fd = openSync(file, "r");
  try {
    return elfFacts(ofFile(fd, 0, fstatSync(fd).size));
  } finally {
    closeSync(fd);
  }
}

function shared(facts: ElfFacts | undefined): Shared | undefined {
  if (facts === undefined) return undefined;
  return {
    class: facts.class,
    type: facts.type,
    ...optional("interpreter", facts.interpreter),
    ...optional("soname", facts.soname),
    needed: facts.needed,
    ...optional("rpath", facts.rpath),
    ...optional("runpath", facts.runpath),
    versionsNeeded: facts.versionsNeeded,
    versionsDefined: facts.versionsDefined,
    ...optional("kernelAbi", facts.kernelAbi),
    isaNeeded: facts.isaNeeded,
    ...optional("buildId", facts.buildId),
    pie: facts.program && facts.type !== "executable",
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, V>>);
}

function readelf(files: readonly string[]): Map<string, Shared> {
  const { stdout } = spawnSync("readelf", ["-hldVnW", ...files], {
    encoding: "latin1",
    env: { ...process.env, LC_ALL: "C" },
    maxBuffer: 1 << 30,
  });
  // One file has no heading.
  const parts = files.length === 1 ? [`${files[0] ?? ""}\n${stdout}`] : stdout.split(/^File: /m).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf("\n")), parse(part)]));
}

const types: Readonly<Record<string, ElfFacts["type"]>> = {
  REL: "relocatable",
  EXEC: "executable",
  DYN: "shared",
  CORE: "core",
};
const isaLevels = ["x86-64-baseline", "x86-64-v2", "x86-64-v3", "x86-64-v4"];

function parse(text: string): Shared {
  const all = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? "");
  const first = (pattern: RegExp): string | undefined => pattern.exec(text)?.[1];
  const abi = /OS: Linux, ABI: (\d+)\.(\d+)\.(\d+)/.exec(text);
  const isa = (first(/x86 ISA needed: (.*)$/m) ?? "").split(", ").map((one) => isaLevels.indexOf(one));
  const abiTag = abi === null ? undefined : ([Number(abi[1]), Number(abi[2]), Number(abi[3])] as const);
  return {
    class: first(/Class: +ELF(\d+)/) === "32" ? 32 : 64,
    type: types[first(/Type: +(\w+)/) ?? ""] ?? "other",
    ...optional("interpreter", first(/Requesting program interpreter: (.*)\]$/m)),
    ...optional("soname", first(/\(SONAME\) +Library soname: \[(.*)\]$/m)),
    needed: all(/\(NEEDED\) +Shared library: \[(.*)\]$/gm),
    ...optional("rpath", first(/\(RPATH\) +Library rpath: \[(.*)\]$/m)),
    ...optional("runpath", first(/\(RUNPATH\) +Library runpath: \[(.*)\]$/m)),
    versionsNeeded: versionsNeeded(text),
    versionsDefined: [...new Set(all(/: Rev: \d+ +Flags: (?!BASE).* Index: \d+ +Cnt: \d+ +Name: (.*)$/gm))],
    ...optional("kernelAbi", abiTag),
    isaNeeded: Math.max(0, ...isa),
    ...optional("buildId", first(/Build ID: ([0-9a-f]+)/)),
    pie: /\(FLAGS_1\) .*\bPIE\b/.test(text),
  };
}

function versionsNeeded(text: string): ElfFacts["versionsNeeded"] {
  const found: ElfFacts["versionsNeeded"][number][] = [];
  let file = "";
  for (const line of text.split("\n")) {
    const library = /: Version: \d+ +File: (.*?) +Cnt: \d+$/.exec(line);
    if (library !== null) file = library[1] ?? "";
    const version = /: +Name: (.*?) +Flags: (.*?) +Version: \d+$/.exec(line);
    if (version === null) continue;
    found.push({ file, version: version[1] ?? "", weak: version[2]?.includes("WEAK") === true });
  }
  return found;
}
