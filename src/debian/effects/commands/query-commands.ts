// Commands that ask about names, paths and the machine, and change nothing.
import { treePath } from "../../../tree/path.ts";
import { emit, isPrivate } from "../emit.ts";
import { testFile } from "../files.ts";
import { known, unknown } from "../value.ts";
import {
  type Call,
  failure,
  type Handler,
  literal,
  notUnderstood,
  type Outcome,
  pathsOf,
  printed,
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

function sequence(_call: Call, words: readonly string[]): Outcome {
  const numbers = words.map(Number);
  const [first, last] = numbers.length === 1 ? [1, numbers[0]] : [numbers[0], numbers[1]];
  if (numbers.length > 2 || first === undefined || last === undefined || !(last - first < 10_000)) {
    return unknownOutput("a long sequence");
  }
  return printed(
    Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => `${first + index}\n`).join(""),
  );
}

function list(call: Call, words: readonly string[]): Outcome {
  const names = words.filter((word) => !word.startsWith("-"));
  const absent = names.some((name) => {
    const path = name.startsWith("/") ? treePath(name) : undefined;
    return path !== undefined && testFile(call.state, path, "exists") === false;
  });
  return absent ? failure : undecided("what ls lists is not known", unknown("what ls lists is not known"));
}

export const queryCommands: Readonly<Record<string, Handler>> = {
  which: literal(which),
  type: literal(which),
  basename: literal(basename),
  dirname: literal(dirname),
  readlink: literal(readlink),
  uname: literal(uname),
  find: literal(find),
  seq: literal(sequence),
  ls: literal(list),
  pwd: (call) => ({ status: 0, output: call.state.directory }),
  whoami: (call) => printed(`${call.state.account}\n`),
  arch: literal((call) => uname(call, ["-m"])),
};

/** Commands whose answers are not modelled, and which change nothing in any form. */
const readers: ReadonlySet<string> = new Set(
  "stat md5sum sha1sum sha256sum cksum date hostname comm ps df du od file getcap realpath expr tty nproc locale debconf-show ip ss lsof fuser runlevel bc xxd dmesg who ldd".split(
    " ",
  ),
);

/** A command that only asks: undecided, but harmless. */
export function readingCommand(name: string): Handler | undefined {
  if (!readers.has(name)) return undefined;
  return (call) =>
    undecided(`what ${call.name} says is not known`, unknown(`what ${call.name} says is not known`));
}
