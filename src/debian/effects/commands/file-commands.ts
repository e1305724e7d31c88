// Commands that make, copy, move and remove files (XCU 4 "Utilities"; coreutils where Debian's scripts rely on it).
import { baseName, isName, joinPath, type TreePath } from "../../../tree/path.ts";
import { emit, isPrivate, maskedMode, remember, writeFile } from "../emit.ts";
import { contentAt, contentWhenApplied, testFile } from "../files.ts";
import { known } from "../value.ts";
import {
  type Call,
  failure,
  type Handler,
  literal,
  notUnderstood,
  type Options,
  type Outcome,
  optionOf,
  parseOptions,
  pathsOf,
  printed,
  success,
  undecided,
} from "./call.ts";

function stranger(call: Call, options: Options): Outcome | undefined {
  const { stranger: option } = options;
  return option === undefined ? undefined : notUnderstood(call, `its option ${option} is not modelled`);
}

/** All operands as paths; undefined where one can't be told, which is noted. */
function requirePaths(call: Call, operands: readonly string[]): TreePath[] | undefined {
  const paths = pathsOf(call, operands);
  if (paths.every((path) => path !== undefined)) return paths;
  notUnderstood(call, "one of its paths is not known");
  return undefined;
}

const unnamed: Outcome = { status: undefined, why: "one of its paths is not known" };

function makeFolders(call: Call, words: readonly string[]): Outcome {
  const options = parseOptions(words, ["p=parents", "v=verbose", "m=mode:", "Z"]);
  const bad = stranger(call, options);
  if (bad !== undefined) return bad;
  const paths = requirePaths(call, options.operands);
  if (paths === undefined) return unnamed;
  const mode = optionOf(options, "mode") ?? maskedMode(0o777, call.state.umask);
  for (const path of paths) {
    if (!options.values.has("parents") && testFile(call.state, path, "exists") === true) return failure;
    remember(call.state, path, { kind: "directory" });
    if (!isPrivate(path)) emit(call.state, call.extent, { kind: "directory", path, mode, adjust: false });
  }
  return success;
}

function install(call: Call, words: readonly string[]): Outcome {
  const options = parseOptions(words, [
    "d=directory",
    "D",
    "m=mode:",
    "o=owner:",
    "g=group:",
    "p=preserve-timestamps",
    "c",
    "v=verbose",
    "T=no-target-directory",
    "t=target-directory:",
  ]);
  const bad = stranger(call, options);
  if (bad !== undefined) return bad;
  const paths = requirePaths(call, options.operands);
  if (paths === undefined) return unnamed;
  const owner = ownerOf(optionOf(options, "owner"), optionOf(options, "group"));
  const mode = optionOf(options, "mode") ?? "0755";
  if (options.values.has("directory")) {
    for (const path of paths) {
      remember(call.state, path, { kind: "directory" });
      if (!isPrivate(path))
        emit(call.state, call.extent, { kind: "directory", path, mode, ...owner, adjust: true });
    }
    return success;
  }
  return eachCopy(call, options, paths, (from, to) => {
    writeFile(call.state, call.extent, to, contentAt(call.state, from), { mode, ...owner });
  });
}

function ownerOf(user: string | undefined, group: string | undefined): { user?: string; group?: string } {
  return { ...(user === undefined ? {} : { user }), ...(group === undefined ? {} : { group }) };
}

/** Sources and their destinations, as cp, mv and install share them. */
function eachCopy(
  call: Call,
  options: Options,
  paths: readonly TreePath[],
  copy: (from: TreePath, to: TreePath) => void,
): Outcome {
  const folder = optionOf(options, "target-directory");
  const [into] = folder === undefined ? [paths.at(-1)] : pathsOf(call, [folder]);
  const sources = folder === undefined ? paths.slice(0, -1) : paths;
  if (into === undefined || sources.length === 0)
    return notUnderstood(call, "it needs a source and a destination");
  const operand = options.operands.at(-1) ?? "";
  const inside =
    folder !== undefined ||
    (!options.values.has("no-target-directory") &&
      (operand.endsWith("/") || sources.length > 1 || testFile(call.state, into, "directory") === true));
  for (const from of sources)
    copy(from, inside && isName(baseName(from)) ? joinPath(into, baseName(from)) : into);
  return success;
}

const copyOptions = [
  "a=archive",
  "p",
  "preserve:",
  "d",
  "f=force",
  "r",
  "R=recursive",
  "v=verbose",
  "n=no-clobber",
  "u=update",
  "T=no-target-directory",
  "t=target-directory:",
  "P=no-dereference",
  "L=dereference",
  "Z",
];

function copyFiles(call: Call, words: readonly string[]): Outcome {
  // `--preserve=mode` and a bare `--preserve` differ in their arguments, so the latter is taken off first.
  const options = parseOptions(
    words.map((word) => (word === "--preserve" ? "-p" : word)),
    copyOptions,
  );
  const bad = stranger(call, options);
  if (bad !== undefined) return bad;
  const paths = requirePaths(call, options.operands);
  if (paths === undefined) return unnamed;
  const { values } = options;
  const recursive = values.has("archive") || values.has("r") || values.has("recursive");
  const preserve = values.has("archive") || values.has("p") || values.has("preserve");
  return eachCopy(call, options, paths, (from, to) => {
    const isFile = testFile(call.state, from, "file");
    if (recursive && isFile !== true) {
      if (isPrivate(from)) notUnderstood(call, `what ${from} holds is not known`);
      else emit(call.state, call.extent, { kind: "copy-tree", from, to });
      remember(call.state, to, { kind: "unknown" });
    } else
      writeFile(call.state, call.extent, to, contentWhenApplied(call.state, from), {
        preserve: preserve || !isPrivate(from),
      });
  });
}

function moveFiles(call: Call, words: readonly string[]): Outcome {
  const options = parseOptions(words, [
    "f=force",
    "v=verbose",
    "n=no-clobber",
    "T=no-target-directory",
    "t=target-directory:",
    "Z",
    "b",
  ]);
  const bad = stranger(call, options);
  if (bad !== undefined) return bad;
  const paths = requirePaths(call, options.operands);
  if (paths === undefined) return unnamed;
  return eachCopy(call, options, paths, (from, to) => {
    const made = call.state.files.get(from);
    const fromPrivate = isPrivate(from);
    if (fromPrivate && made?.kind === "file") writeFile(call.state, call.extent, to, made.content);
    else if (fromPrivate && isPrivate(to)) remember(call.state, to, made ?? { kind: "unknown" });
    else if (fromPrivate && made?.kind === "symlink") {
      emit(call.state, call.extent, { kind: "symlink", path: to, target: made.target, replace: true });
    } else if (fromPrivate) notUnderstood(call, `what ${from} holds is not known`);
    else if (!isPrivate(to)) emit(call.state, call.extent, { kind: "move", from, to });
    if (!fromPrivate) remember(call.state, to, made ?? { kind: "unknown" });
    remember(call.state, from, { kind: "absent" });
  });
}

function remove(call: Call): Outcome {
  const words: string[] = [];
  const globs: string[] = [];
  for (const { value, pattern } of call.fields) {
    if (!value.known) return notUnderstood(call, `what it removes is not known: ${value.why}`);
    if (pattern === undefined) words.push(value.text);
    else globs.push(pattern);
  }
  const options = parseOptions(words, [
    "f=force",
    "r",
    "R=recursive",
    "v=verbose",
    "d=dir",
    "one-file-system",
  ]);
  const bad = stranger(call, options);
  if (bad !== undefined) return bad;
  const tree = options.values.has("r") || options.values.has("recursive");
  const paths = requirePaths(
    call,
    options.operands.filter((operand) => operand !== ""),
  );
  if (paths === undefined) return unnamed;
  for (const path of paths) {
    const absent =
      testFile(call.state, path, "exists") === false && testFile(call.state, path, "symlink") === false;
    remember(call.state, path, { kind: "absent" });
    if (absent || isPrivate(path)) continue;
    emit(call.state, call.extent, { kind: "remove", path, glob: false, what: tree ? "tree" : "file" });
  }
  for (const pattern of globs) {
    if (!pattern.startsWith("/")) return notUnderstood(call, "a pattern that is not absolute");
    if (/^\/(?:var\/)?tmp\//.test(pattern)) continue;
    emit(call.state, call.extent, {
      kind: "remove",
      path: pattern,
      glob: true,
      what: tree ? "tree" : "file",
    });
  }
  return success;
}

function removeFolders(call: Call, words: readonly string[]): Outcome {
  const options = parseOptions(words, ["p=parents", "v=verbose", "ignore-fail-on-non-empty"]);
  const bad = stranger(call, options);
  if (bad !== undefined) return bad;
  const paths = requirePaths(call, options.operands);
  if (paths === undefined) return unnamed;
  for (const path of paths) {
    if (testFile(call.state, path, "exists") === false) return failure;
    if (isPrivate(path)) continue;
    emit(call.state, call.extent, { kind: "remove", path, glob: false, what: "empty-folder" });
    remember(call.state, path, { kind: "unknown" });
  }
  return undecided("whether the folder is empty");
}

function link(call: Call, words: readonly string[]): Outcome {
  const options = parseOptions(words, [
    "s=symbolic",
    "f=force",
    "n=no-dereference",
    "v=verbose",
    "r=relative",
    "T=no-target-directory",
    "t=target-directory:",
    "b",
  ]);
  const bad = stranger(call, options);
  if (bad !== undefined) return bad;
  const [target, name] = options.operands;
  if (target === undefined || options.operands.length > 2 || options.values.has("target-directory")) {
    return notUnderstood(call, "this form of ln is not modelled");
  }
  if (options.values.has("relative")) return notUnderstood(call, "its option --relative is not modelled");
  const [given] = pathsOf(call, [name ?? baseNameOf(target)]);
  if (given === undefined) return notUnderstood(call, "the name of the link is not known");
  const path = linkPath(call, options, given, target);
  const replace = options.values.has("force");
  if (!options.values.has("symbolic")) return hardLink(call, path, target);
  if (!replace && testFile(call.state, path, "exists") === true) return failure;
  remember(call.state, path, { kind: "symlink", target });
  if (!isPrivate(path)) emit(call.state, call.extent, { kind: "symlink", path, target, replace });
  return success;
}

function baseNameOf(target: string): string {
  return target.replace(/\/+$/, "").split("/").at(-1) ?? target;
}

/** A folder that is there gets the link inside. */
function linkPath(call: Call, options: Options, given: TreePath, target: string): TreePath {
  const whole = options.values.has("no-target-directory") || options.values.has("no-dereference");
  const isFolder =
    testFile(call.state, given, "directory") === true && testFile(call.state, given, "symlink") !== true;
  const name = baseNameOf(target);
  return isFolder && !whole && isName(name) ? joinPath(given, name) : given;
}

function hardLink(call: Call, path: TreePath, target: string): Outcome {
  const [source] = pathsOf(call, [target]);
  if (source === undefined) return notUnderstood(call, "what it links to is not known");
  if (!isPrivate(path)) emit(call.state, call.extent, { kind: "hard-link", path, target: source });
  remember(call.state, path, call.state.files.get(source) ?? { kind: "unknown" });
  return success;
}

function touch(call: Call, words: readonly string[]): Outcome {
  const options = parseOptions(words, [
    "a",
    "m",
    "c=no-create",
    "f",
    "h=no-dereference",
    "r=reference:",
    "d=date:",
    "t:",
  ]);
  const bad = stranger(call, options);
  if (bad !== undefined) return bad;
  const paths = requirePaths(call, options.operands);
  if (paths === undefined) return unnamed;
  for (const path of paths) {
    // Times aren't kept: every entry of an image gets one that is set for the whole.
    if (options.values.has("no-create") || testFile(call.state, path, "exists") === true) continue;
    if (options.values.has("no-dereference") && testFile(call.state, path, "symlink") === true) continue;
    remember(call.state, path, { kind: "file", content: known("") });
    if (!isPrivate(path)) {
      emit(call.state, call.extent, { kind: "touch", path });
      if (call.state.umask !== 0o022) {
        const mode = maskedMode(0o666, call.state.umask);
        emit(call.state, call.extent, { kind: "attributes", path, mode, recursive: false });
      }
    }
  }
  return success;
}

function makeTemporary(call: Call, words: readonly string[]): Outcome {
  const folder = words.some((word) => /^-[a-z]*d/.test(word) || word === "--directory");
  // Wherever it is asked for, it is the script's own until it is moved or copied to its place.
  const number = ++call.state.world.counters.temporary;
  const [path] = pathsOf(call, [`/tmp/.temporary-${number}`]);
  if (path === undefined) return unnamed;
  remember(call.state, path, folder ? { kind: "directory" } : { kind: "file", content: known("") });
  return printed(`${path}\n`);
}

export const fileCommands: Readonly<Record<string, Handler>> = {
  mkdir: literal(makeFolders),
  install: literal(install),
  cp: literal(copyFiles),
  mv: literal(moveFiles),
  rm: remove,
  unlink: remove,
  rmdir: literal(removeFolders),
  ln: literal(link),
  touch: literal(touch),
  mktemp: literal(makeTemporary),
  tempfile: literal(makeTemporary),
};
