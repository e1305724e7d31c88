// Commands that ask about names, paths and the machine, and change nothing.
import { mergedPath } from "../../merged-usr.ts";
import { emit, isPrivate } from "../emit.ts";
import { testFile } from "../files.ts";
import { known, unknown } from "../value.ts";
import {
  type Call,
  type Handler,
  literal,
  notUnderstood,
  type Outcome,
  pathsOf,
  printed,
  reading,
  undecided,
} from "./call.ts";
import { findCommand } from "./find-command.ts";

function which(call: Call, words: readonly string[]): Outcome {
  const names = words.filter((word) => !word.startsWith("-"));
  const found = names.map((name) => findCommand(call.state, name));
  const output = known(found.flatMap((path) => (path === undefined ? [] : [`${path}\n`])).join(""));
  return { status: found.every((path) => path !== undefined) ? 0 : 1, output };
}

function basename(_call: Call, words: readonly string[]): Outcome {
  const [path = "", suffix = ""] = words.filter((word) => word !== "--" && word !== "-s");
  const name = path.replace(/\/+$/, "").split("/").at(-1) ?? "";
  const cut = suffix !== "" && name !== suffix && name.endsWith(suffix);
  return printed(`${cut ? name.slice(0, -suffix.length) : name}\n`);
}

function dirname(_call: Call, words: readonly string[]): Outcome {
  const trimmed = (words[0] ?? "").replace(/\/+$/, "");
  const cut = trimmed.lastIndexOf("/");
  return printed(`${cut < 0 ? "." : cut === 0 ? "/" : trimmed.slice(0, cut)}\n`);
}

function readlink(call: Call, words: readonly string[]): Outcome {
  const [path] = pathsOf(call, [words.at(-1) ?? ""]);
  if (path === undefined) return undecided("the path is not known", unknown("the path is not known"));
  const made = call.state.files.get(path);
  const canonical = words.some((word) => /^-[a-z]*[fem]/.test(word));
  const shipped = call.state.world.context.shipped(mergedPath(path));
  if (canonical && (mergedPath(path) !== path || shipped === "file")) return printed(`${mergedPath(path)}\n`);
  if (made?.kind === "symlink" && !canonical) return printed(`${made.target}\n`);
  if (testFile(call.state, path, "exists") === false) return { status: 1, output: known("") };
  return undecided(`whether ${path} is a link`, unknown(`where ${path} leads is not known`));
}

const machines: Readonly<Record<string, string>> = { amd64: "x86_64", arm64: "aarch64" };

function uname(call: Call, words: readonly string[]): Outcome {
  if (words.length === 0 || words[0] === "-s") return printed("Linux\n");
  const machine = machines[call.state.world.context.architecture];
  if (words[0] === "-m" && machine !== undefined) return printed(`${machine}\n`);
  return unknownOutput("the kernel of the machine");
}

function unknownOutput(what: string): Outcome {
  return { status: 0, output: unknown(`${what} is not known`) };
}

/** find(1): a search by itself changes nothing; deleting by one pattern in one folder is a removal. */
function find(call: Call, words: readonly string[]): Outcome {
  const roots = words.slice(
    0,
    words.findIndex((word) => /^[-(!]/.test(word)),
  );
  const acts = words.some((word) => /^-(?:delete|exec|execdir|ok|okdir|fprint|fprintf|fls)$/.test(word));
  const paths = pathsOf(call, roots);
  if (!acts) return unknownOutput("what find finds");
  if (
    paths.every(
      (path) => path !== undefined && (isPrivate(path) || testFile(call.state, path, "exists") === false),
    )
  ) {
    return { status: 0, output: known("") };
  }
  const [root] = paths;
  const name = after(words, "-name");
  const type = after(words, "-type");
  const simple = words.filter((word) => /^[-(!]/.test(word) && word !== "-empty").join(" ");
  const form =
    /^-maxdepth(?: -mindepth)?(?: -type)? -name -delete$/.test(simple) && after(words, "-maxdepth") === "1";
  if (!form || root === undefined || paths.length !== 1 || name === undefined) {
    return notUnderstood(call, "which files find acts on is not known");
  }
  const what = type === "d" ? "empty-folder" : "file";
  emit(call.state, call.extent, { kind: "remove", path: `${root}/${name}`, glob: true, what });
  return { status: 0, output: known("") };
}

function after(words: readonly string[], option: string): string | undefined {
  const at = words.indexOf(option);
  return at < 0 ? undefined : words[at + 1];
}

/** seq(1): LAST, FIRST LAST, or FIRST STEP LAST. */
function sequence(_call: Call, words: readonly string[]): Outcome {
  const numbers = words.map(Number);
  const last = numbers.at(-1) ?? Number.NaN;
  const first = numbers.length > 1 ? (numbers[0] ?? 1) : 1;
  const step = numbers.length > 2 ? (numbers[1] ?? 1) : 1;
  const count = Math.floor((last - first) / step) + 1;
  if (step === 0 || !(count < 10_000)) return unknownOutput("a long sequence");
  return printed(
    Array.from({ length: Math.max(0, count) }, (_, index) => `${first + index * step}\n`).join(""),
  );
}

function list(call: Call, words: readonly string[]): Outcome {
  const paths = pathsOf(
    call,
    words.filter((word) => !word.startsWith("-")),
  );
  const output = unknown("what ls lists is not known");
  const [path] = paths;
  if (path === undefined || paths.length > 1) return undecided("what ls lists is not known", output);
  const there = testFile(call.state, path, "exists");
  if (there === undefined) return { status: undefined, output, question: { path, test: "exists" } };
  return there ? { status: 0, output } : { status: 2, output: known("") };
}

/** awk(1) only reads, unless its program prints to a file or runs a command. */
function awk(call: Call): Outcome {
  const program = call.fields.find(({ value }) => !(value.known && value.text.startsWith("-")))?.value;
  const acts = program?.known === true && /\bsystem\b|print[^\n;}]*[>|]|\bgetline\b/.test(program.text);
  if (acts || call.fields.some(({ value }) => value.known && value.text.startsWith("-f"))) {
    return notUnderstood(call, "what its program does is not modelled");
  }
  return unknownOutput("what awk prints");
}

/** An empty program only tells whether perl works. */
function perl(call: Call, words: readonly string[]): Outcome {
  const [option, program] = words;
  return option === "-e" && program?.trim() === ""
    ? undecided("whether perl works")
    : notUnderstood(call, "what a Perl program does is not modelled");
}

export const queryCommands: Readonly<Record<string, Handler>> = {
  which: reading(which),
  type: reading(which),
  basename: reading(basename),
  dirname: reading(dirname),
  readlink: reading(readlink),
  uname: reading(uname),
  find: literal(find),
  seq: reading(sequence),
  ls: reading(list),
  awk,
  gawk: awk,
  mawk: awk,
  perl: literal(perl),
  pwd: (call) => ({ status: 0, output: call.state.directory }),
  whoami: (call) => printed(`${call.state.account}\n`),
  arch: literal((call) => uname(call, ["-m"])),
};

/** Commands whose answers are not modelled, and which change nothing in any form. */
const readers: ReadonlySet<string> = new Set(
  "stat md5sum sha1sum sha256sum cksum date hostname comm ps df du od file getcap realpath expr tty nproc locale debconf-show ip ss lsof fuser bc xxd dmesg who ldd pg_conftool pg_lsclusters pg_controldata pam_getenv tzselect".split(
    " ",
  ),
);

/** A command that only asks: undecided, but harmless. */
export function readingCommand(name: string): Handler | undefined {
  if (!readers.has(name)) return undefined;
  return (call) =>
    undecided(`what ${call.name} says is not known`, unknown(`what ${call.name} says is not known`));
}
