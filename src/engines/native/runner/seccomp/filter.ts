// The filter of a step's system calls as a program for the kernel (seccomp(2), classic BPF): the default profile of Docker as
// it is for its default capabilities (syscalls.ts), and stricter in four ways: new namespaces can't be made with unshare
// either, no text can be put into a terminal's input (TIOCSTI, TIOCLINUX), arguments of 32 bits are looked at as the kernel
// does, without what lies above them, and there is no x32.
//
// Invariant: an architecture that the table does not know ends the process.
import {
  type ArchitectureName,
  allowedNumbers,
  architectures,
  type JudgedCall,
  lastNumber,
  numberOfJudged,
} from "./syscalls.ts";

type Outcome = "allow" | "not-permitted" | "no-such-call";

/** What is decided by the low 32 bits of an argument. */
interface Judgement {
  readonly argument: number;
  /** Bits that count. */
  readonly mask: number;
  readonly values: readonly number[];
  readonly on: Outcome;
  readonly otherwise: Outcome;
}

type Verdict = Outcome | Judgement;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const namespaces = 0x7e020000;
/** CLONE_NEWTIME; for clone these bits are a signal. */
const timeNamespace = 0x80;

const judgements: { readonly [call in JudgedCall]: Verdict } = {
  // AF_ALG, AF_VSOCK
  socket: { argument: 0, mask: ~0, values: [38, 40], on: "not-permitted", otherwise: "allow" },
  personality: {
    argument: 0,
    mask: ~0,
    values: [0, 0x8, 0x20000, 0x20008, 0xffffffff],
    on: "allow",
    otherwise: "not-permitted",
  },
  clone: { argument: 0, mask: namespaces, values: [0], on: "allow", otherwise: "not-permitted" },
  // Its flags lie in memory, where a filter can't look; C libraries then use clone.
  clone3: "no-such-call",
  unshare: {
    argument: 0,
    mask: namespaces | timeNamespace,
    values: [0],
    on: "allow",
    otherwise: "not-permitted",
  },
  // TIOCSTI, TIOCLINUX
  ioctl: { argument: 1, mask: ~0, values: [0x5412, 0x541c], on: "not-permitted", otherwise: "allow" },
};

const codes = { load: 0x20, and: 0x54, jump: 0x05, jumpEqual: 0x15, jumpGreaterEqual: 0x35, return: 0x06 };
const returns = {
  allow: 0x7fff0000,
  "not-permitted": 0x00050001,
  "no-such-call": 0x00050026,
  kill: 0x80000000,
};
/** Places in struct seccomp_data (linux/seccomp.h). */
const offsets = { number: 0, architecture: 4, arguments: 16 };
const firstX32 = 0x40000000;

interface Instruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly value: number;
}

/** The filter for a machine's own and its older, 32 bit programs: instructions of eight bytes, as struct sock_filter. */
export function filterProgram(machine: "x64" | "arm64"): Uint8Array {
  const names: readonly ArchitectureName[] = machine === "x64" ? ["x86_64", "i386"] : ["aarch64", "arm"];
  const sections = names.map((name) => ({ value: architectures[name], body: sectionOf(name) }));
  const program = [op(codes.load, offsets.architecture)];
  for (const { value, body } of sections)
    program.push(
      branch(codes.jumpEqual, value, 0, 1),
      op(codes.jump, 1),
      op(codes.jump, body.length),
      ...body,
    );
  program.push(op(codes.return, returns.kill));
  return encoded(program);
}

function sectionOf(name: ArchitectureName): readonly Instruction[] {
  const verdicts = new Map<number, Verdict>(allowedNumbers(name).map((number) => [number, "allow"]));
  for (const [call, verdict] of Object.entries(judgements) as [JudgedCall, Verdict][])
    verdicts.set(numberOfJudged(call, name), verdict);
  return [op(codes.load, offsets.number), ...searched(rangesOf(verdicts))];
}

interface Range {
  readonly start: number;
  readonly verdict: Verdict;
}

/** From each start on its verdict holds, to the next. */
function rangesOf(verdicts: ReadonlyMap<number, Verdict>): readonly Range[] {
  const verdictOf = (number: number): Verdict =>
    verdicts.get(number) ?? (number > lastNumber ? "no-such-call" : "not-permitted");
  const places = [...verdicts.keys()].flatMap((number) => [number, number + 1]);
  const starts = [...new Set([0, ...places, lastNumber + 1, firstX32])].toSorted((a, b) => a - b);
  const ranges = starts.map((start) => ({ start, verdict: verdictOf(start) }));
  return ranges.filter(({ verdict }, index) => verdict !== ranges[index - 1]?.verdict);
}

/** A binary search, so that no call takes more than some ten steps. */
function searched(ranges: readonly Range[]): readonly Instruction[] {
  const [first] = ranges;
  if (first === undefined) return [];
  if (ranges.length === 1) return judged(first.verdict);
  const middle = ranges.length >> 1;
  const below = searched(ranges.slice(0, middle));
  const above = searched(ranges.slice(middle));
  const start = ranges[middle]?.start ?? 0;
  // A conditional jump reaches 255 instructions, an unconditional one all.
  return below.length <= 255
    ? [branch(codes.jumpGreaterEqual, start, below.length, 0), ...below, ...above]
    : [branch(codes.jumpGreaterEqual, start, 0, 1), op(codes.jump, below.length), ...below, ...above];
}

function judged(verdict: Verdict): readonly Instruction[] {
  if (typeof verdict === "string") return [op(codes.return, returns[verdict])];
  const { argument, mask, values, on, otherwise } = verdict;
  return [
    op(codes.load, offsets.arguments + 8 * argument),
    op(codes.and, mask),
    ...values.map((value, index) => branch(codes.jumpEqual, value, values.length - index, 0)),
    op(codes.return, returns[otherwise]),
    op(codes.return, returns[on]),
  ];
}

function op(code: number, value: number): Instruction {
  return { code, jumpTrue: 0, jumpFalse: 0, value };
}

function branch(code: number, value: number, jumpTrue: number, jumpFalse: number): Instruction {
  return { code, value, jumpTrue, jumpFalse };
}

function encoded(program: readonly Instruction[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(program.length * 8));
  for (const [index, { code, jumpTrue, jumpFalse, value }] of program.entries()) {
    bytes.setUint16(index * 8, code, true);
    bytes.setUint8(index * 8 + 2, jumpTrue);
    bytes.setUint8(index * 8 + 3, jumpFalse);
    bytes.setUint32(index * 8 + 4, value >>> 0, true);
  }
  return new Uint8Array(bytes.buffer);
}
