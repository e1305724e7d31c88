// What one file's content says. Pure, computed once per file digest, cached; the closure and the audit read the same facts.

import { bufferOf } from "../base/bytes.ts";
import { type ElfFacts, elfFacts } from "../formats/elf.ts";
import type { RandomAccess } from "../formats/random-access.ts";
import { javaPackages } from "./build-info/java.ts";
import { elfProgram, foreignProgram, type ProgramFacts, programsInside } from "./fingerprints/identify.ts";
import { moduleIdentities, scriptIdentities } from "./fingerprints/scripts.ts";
import { hiddenIn } from "./hidden.ts";
import type { BuildInfo, Capability, Hidden, Identity, Secret } from "./identity.ts";
import { isJimage } from "./jimage.ts";
import { type NestingBudget, nestingBudget } from "./nested/gather.ts";
import { nestedIn } from "./nested/nested.ts";
import { between, type Region } from "./regions.ts";
import { searchSecrets } from "./secrets/secrets.ts";

export interface ScriptFacts {
  /** The interpreter's path as written after `#!`. */
  readonly interpreter: string;
  /** The rest of the line, one argument as the kernel passes it (execve(2)). */
  readonly argument?: string;
}

export interface Facts {
  readonly magic: Magic;
  /** Data that is a runtime's container of modules: Java's. */
  readonly container?: "jimage";
  /** Present for a readable ELF file. `magic: "elf"` without it: a corrupt one, whose needs are unknown. */
  readonly elf?: ElfFacts;
  readonly script?: ScriptFacts;
  /** What the content was recognised as, also inside it; absent where nothing was. */
  readonly identities?: readonly Identity[];
  /** Why something in the content can't be told; absent where all of it was read. */
  readonly hidden?: Hidden;
  readonly secrets?: readonly Secret[];
  readonly build?: BuildInfo;
  readonly capabilities?: readonly Capability[];
  /** File offsets where other ELF files begin inside this one, of those that nobody recognised; absent where there are none. */
  readonly embeddedElf?: readonly number[];
}

export type Magic =
  | "empty"
  | "elf"
  | "script"
  | "archive"
  | "compressed"
  | "java-class"
  | "wasm"
  | "text"
  | "data";

/** What is read of a file that is no ELF: enough for every signature (tar's is at 257) and for Linux's longest `#!` line. */
const headBytes = 512;
/** BINPRM_BUF_SIZE of Linux >= 5.1, with the newline. */
const shebangBytesMax = 256;

interface Signature {
  readonly magic: Magic;
  readonly at: number;
  readonly bytes: string;
  /** Whether texts may have it there as well; the formats go on with bytes that no text has. */
  readonly isWord?: boolean;
}

const signatures: readonly Signature[] = [
  { magic: "elf", at: 0, bytes: "\x7fELF" },
  { magic: "compressed", at: 0, bytes: "\x1f\x8b" },
  { magic: "compressed", at: 0, bytes: "\x28\xb5\x2f\xfd" },
  { magic: "compressed", at: 0, bytes: "\xfd7zXZ\0" },
  { magic: "compressed", at: 0, bytes: "BZh", isWord: true },
  { magic: "compressed", at: 0, bytes: "\x04\x22\x4d\x18" },
  { magic: "archive", at: 0, bytes: "PK\x03\x04" },
  { magic: "archive", at: 0, bytes: "PK\x05\x06" },
  { magic: "archive", at: 0, bytes: "!<arch>\n" },
  { magic: "archive", at: 0, bytes: "!<thin>\n" },
  { magic: "archive", at: 0, bytes: "070701", isWord: true },
  { magic: "archive", at: 0, bytes: "070702", isWord: true },
  { magic: "archive", at: 257, bytes: "ustar", isWord: true },
  { magic: "java-class", at: 0, bytes: "\xca\xfe\xba\xbe" },
  { magic: "wasm", at: 0, bytes: "\0asm" },
];

/** The facts of a file's content. Never throws on content: what can't be read as what it claims to be has no details. */
export function factsOf(source: RandomAccess): Facts {
  const facts = factsWithin(source, nestingBudget());
  const java = facts.magic === "archive" ? javaPackages(source) : undefined;
  return java === undefined ? facts : { ...facts, build: { ...facts.build, java } };
}

/** Of a file, or of a member of archives around it: they share what one file may take. */
function factsWithin(source: RandomAccess, budget: NestingBudget): Facts {
  const read = source.read(0, Math.min(headBytes, source.sizeBytes));
  const head = bufferOf(read);
  if (head.length === 0) return { magic: "empty" };
  const magic = magicOf(head);
  const nested = nestedIn(source, magic, (member) => factsWithin(member, budget), budget);
  const facts = ownFacts(source, magic, head, nested.stored);
  // What was met in a member as well is told of that.
  const search = searchSecrets(source, facts.magic);
  const own = search.secrets.filter(
    ({ at, id }) =>
      !isIn(nested.stored, at) &&
      !(isIn(nested.accounted, at) && nested.secrets.some((one) => one.id === id)),
  );
  const secrets = [...own, ...nested.secrets];
  const identities = [...(facts.identities ?? []), ...nested.identities];
  const hidden = hiddenIn(source, facts.magic, facts.elf) ?? nested.hidden ?? search.hidden;
  return {
    ...facts,
    ...(identities.length === 0 ? {} : { identities }),
    ...(secrets.length === 0 ? {} : { secrets }),
    ...(hidden === undefined ? {} : { hidden }),
  };
}

function isIn(regions: readonly Region[], at: number): boolean {
  return regions.some(({ end, start }) => start <= at && at < end);
}

/** What the file's own bytes say, members of archives apart. */
function ownFacts(source: RandomAccess, magic: Magic, head: Buffer, stored: readonly Region[]): Facts {
  if (magic === "elf") return elfFactsOf(source);
  const inside = programsInside(source, between(stored, 0, source.sizeBytes));
  if (magic === "script") return scriptFactsOf(source, head, inside);
  const container = isJimage(head, source.sizeBytes) ? ({ container: "jimage" } as const) : {};
  return { magic, ...container, ...told(programIn(source, head, magic, inside)) };
}

function elfFactsOf(source: RandomAccess): Facts {
  const elf = elfFacts(source);
  return { magic: "elf", ...(elf === undefined ? {} : { elf }), ...told(elfProgram(source, elf)) };
}

function scriptFactsOf(source: RandomAccess, head: Buffer, inside: ProgramFacts): Facts {
  const script = shebangOf(head);
  if (script === undefined) return { magic: isText(head) ? "text" : "data", ...told(inside) };
  const identities = [...scriptIdentities(source), ...inside.identities];
  return { magic: "script", script, ...told({ ...inside, identities }) };
}

/** Of a file that is neither ELF nor script. */
function programIn(source: RandomAccess, head: Buffer, magic: Magic, inside: ProgramFacts): ProgramFacts {
  if (magic === "text") return { ...inside, identities: [...moduleIdentities(source), ...inside.identities] };
  if (head[0] !== 0x4d || head[1] !== 0x5a) return inside;
  return { ...inside, identities: [...foreignProgram(source), ...inside.identities] };
}

/** What there is to tell: a member that would be empty is absent. */
function told({ identities, build, capabilities, embeddedElf }: ProgramFacts): Partial<Facts> {
  return {
    ...(identities.length === 0 ? {} : { identities }),
    ...(build === undefined ? {} : { build }),
    ...(capabilities.length === 0 ? {} : { capabilities }),
    ...(embeddedElf.length === 0 ? {} : { embeddedElf }),
  };
}

function magicOf(head: Buffer): Magic {
  if (head[0] === 0x23 && head[1] === 0x21) return "script";
  const text = head.toString("latin1");
  const found = signatures.find((one) => text.startsWith(one.bytes, one.at));
  const asText = isText(head);
  if (found === undefined || (found.isWord === true && asText)) return asText ? "text" : "data";
  return found.magic;
}

/** The `#!` line as Linux's binfmt_script reads it: blanks around the interpreter, then one argument; undefined where it names none. */
function shebangOf(head: Buffer): ScriptFacts | undefined {
  const end = head.indexOf(0x0a);
  const line = head.toString("latin1", 2, Math.min(end < 0 ? head.length : end, shebangBytesMax));
  const zero = line.indexOf("\0");
  const words = /^[ \t]*([^ \t]+)(?:[ \t]+(.*))?$/s.exec(zero < 0 ? line : line.slice(0, zero));
  const interpreter = words?.[1];
  if (interpreter === undefined) return undefined;
  const argument = words?.[2]?.replace(/[ \t]+$/, "") ?? "";
  return argument === "" ? { interpreter } : { interpreter, argument };
}

/** Whether the beginning of a file is text: no control characters but white space, escape and form feed. */
function isText(head: Buffer): boolean {
  for (const byte of head) {
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x0c && byte !== 0x1b)
      return false;
    if (byte === 0x7f) return false;
  }
  return true;
}
