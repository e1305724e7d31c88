// dpkg's own tools: update-alternatives(1), dpkg-divert(1), and questions about packages and versions.

import { treePath } from "../../../tree/path.ts";
import { mergedPath } from "../../merged-usr.ts";
import { compareVersions } from "../../version.ts";
import type { AlternativeLink } from "../effect.ts";
import { emit, isPrivate, noteInert } from "../emit.ts";
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
  success,
  undecided,
} from "./call.ts";

function alternatives(call: Call, words: readonly string[]): Outcome {
  const action = words.find((word) =>
    /^--(?:install|remove|remove-all|set|auto|query|list|display|get-selections|config|all)$/.test(word),
  );
  switch (action) {
    case "--install":
      return installAlternative(call, words);
    case "--set": {
      const at = words.indexOf("--set");
      const path = treePath(words[at + 2] ?? "");
      const name = words[at + 1];
      if (name === undefined || path === undefined) return notUnderstood(call, "it names no alternative");
      emit(call.state, call.extent, { kind: "alternative-choice", name, path });
      return success;
    }
    case "--remove":
    case "--remove-all":
    case "--auto":
      // A fresh image has none that isn't installed by these very scripts, in their newest form.
      return success;
    case "--query":
    case "--list":
    case "--display":
      if (!isInstalled(call, words)) return { status: 2, output: known("") };
      return undecided("which alternatives there are", unknown("which alternatives there are is not known"));
    default:
      return notUnderstood(call, "this form of update-alternatives is not modelled");
  }
}

/** Whether an alternative of that name was installed, by an earlier package or by this one. */
function isInstalled(call: Call, words: readonly string[]): boolean {
  const name = words.findLast((word) => !word.startsWith("-")) ?? "";
  const { world, effects } = call.state;
  return (
    world.before.alternatives.has(name) ||
    effects.some(({ action }) => action.kind === "alternative" && action.name === name)
  );
}

/** Of manual pages and the like, whose links an image has no use for: some of the arguments may be unknown. */
function alternativesOfDocumentation(call: Call): Outcome {
  const words = call.fields.map(({ value }) => (value.known ? value.text : ""));
  const link = treePath(words[words.indexOf("--install") + 1] ?? "");
  if (!words.includes("--install") || link === undefined || !isPrivate(link))
    return literal(alternatives)(call);
  noteInert(call.state, call.extent, "documentation is left out of images");
  return success;
}

function installAlternative(call: Call, words: readonly string[]): Outcome {
  const at = words.indexOf("--install");
  const main = linkOf(words.slice(at + 1, at + 4));
  const priority = words[at + 4];
  if (main === undefined || priority === undefined || !/^-?\d+$/.test(priority)) {
    return notUnderstood(call, "it names no link, name, path and priority");
  }
  const slaves: AlternativeLink[] = [];
  for (let index = 0; index < words.length; index++) {
    if (words[index] !== "--slave") continue;
    const slave = linkOf(words.slice(index + 1, index + 4));
    if (slave === undefined) return notUnderstood(call, "a slave link is incomplete");
    slaves.push(slave);
  }
  emit(call.state, call.extent, { kind: "alternative", ...main, priority: Number(priority), slaves });
  return success;
}

function linkOf([link = "", name = "", path = ""]: readonly string[]): AlternativeLink | undefined {
  const [linkPath, target] = [treePath(link), treePath(path)];
  if (!link.startsWith("/") || !path.startsWith("/") || name === "") return undefined;
  return linkPath === undefined || target === undefined ? undefined : { link: linkPath, name, path: target };
}

const divertArguments: ReadonlySet<string> = new Set(["--package", "--divert", "--admindir", "--instdir"]);

function divert(call: Call, words: readonly string[]): Outcome {
  const given = new Map<string, string>();
  const operands: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const cut = word.indexOf("=");
    if (divertArguments.has(word)) given.set(word, words[++at] ?? "");
    else if (word.startsWith("--") && cut > 0) given.set(word.slice(0, cut), word.slice(cut + 1));
    else if (word.startsWith("--")) given.set(word, "");
    else operands.push(word);
  }
  const [name = ""] = operands;
  const existing = call.state.diversions.get(name);
  if (given.has("--listpackage")) return printed(existing === undefined ? "" : `${existing.owner}\n`);
  if (given.has("--truename")) return printed(`${existing?.to ?? name}\n`);
  if (given.has("--list")) return printed("");
  const path = treePath(name);
  if (!name.startsWith("/") || path === undefined) return notUnderstood(call, "it names no absolute path");
  const owner = given.has("--local") ? "LOCAL" : (given.get("--package") ?? call.state.world.packageName);
  const rename = given.has("--rename");
  if (given.has("--remove")) {
    if (existing === undefined) return success;
    call.state.diversions.delete(name);
    emit(call.state, call.extent, { kind: "diversion-removal", path, owner, rename });
    return success;
  }
  const to = treePath(given.get("--divert") ?? `${name}.distrib`);
  if (to === undefined) return notUnderstood(call, "where it diverts to is not known");
  call.state.diversions.set(name, { owner, to });
  emit(call.state, call.extent, { kind: "diversion", path, to, owner, rename });
  return success;
}

function dpkg(call: Call, words: readonly string[]): Outcome {
  const [action, ...rest] = words;
  switch (action) {
    case "--compare-versions":
      return compareThem(call, rest);
    case "--print-architecture":
      return printed(`${call.state.world.context.architecture}\n`);
    case "--print-foreign-architectures":
      return printed("");
    case "-s":
    case "--status":
      return packageStatus(call, rest, (version) =>
        unknown(`the status of a package at ${version} is not spelled out`),
      );
    case "-S":
    case "--search":
      return search(call, rest);
    case "-l":
    case "--list":
      return packageStatus(call, rest, () => unknown("the list of packages is not spelled out"));
    case "-L":
    case "--listfiles":
      return undecided("what dpkg lists is not known", unknown("what dpkg lists is not known"));
    default:
      return action?.startsWith("--assert-") === true || action?.startsWith("--validate-") === true
        ? success
        : notUnderstood(call, "this form of dpkg is not modelled");
  }
}

/**
 * Whether a package owns a path. What exists in a fresh image and was made by no script is shipped by a package, so on a
 * line that assumes that the path exists, the answer follows.
 */
function search(call: Call, words: readonly string[]): Outcome {
  const [path] = pathsOf(call, [words.find((word) => !word.startsWith("-")) ?? ""]);
  if (path === undefined) return undecided("which package owns a path", unknown("the owner is not known"));
  const { state } = call;
  const owner = unknown(`which package owns ${path} is not spelled out`);
  const assumed = state.guards.findLast(({ condition }) => condition?.path === path)?.condition;
  const owned = state.files.has(path)
    ? false
    : (assumed?.holds ??
      (testFile(state, path, "exists") === false ? false : state.world.context.shipped(mergedPath(path))));
  if (owned === undefined) return undecided(`which package owns ${path}`, owner);
  return owned === false ? { status: 1, output: known("") } : { status: 0, output: owner };
}

const relations: Readonly<Record<string, (order: number) => boolean>> = {
  lt: (order) => order < 0,
  "<<": (order) => order < 0,
  "<": (order) => order <= 0,
  le: (order) => order <= 0,
  "<=": (order) => order <= 0,
  eq: (order) => order === 0,
  "=": (order) => order === 0,
  ne: (order) => order !== 0,
  ge: (order) => order >= 0,
  ">=": (order) => order >= 0,
  ">": (order) => order >= 0,
  gt: (order) => order > 0,
  ">>": (order) => order > 0,
};

/** dpkg(1): an empty version is earlier than any, and with the `-nl` relations later than any. */
function compareThem(call: Call, words: readonly string[]): Outcome {
  const [left = "", relation = "", right = ""] = words;
  const later = relation.endsWith("-nl");
  const holds = relations[later ? relation.slice(0, -3) : relation];
  if (words.length !== 3 || holds === undefined) return notUnderstood(call, "the comparison is incomplete");
  const absent = later ? 1 : -1;
  const order =
    left === "" || right === ""
      ? left === right
        ? 0
        : left === ""
          ? absent
          : -absent
      : compareVersions(left, right);
  return holds(order) ? success : failure;
}

function packageStatus(
  call: Call,
  names: readonly string[],
  show: (version: string) => ReturnType<typeof unknown>,
): Outcome {
  const name = names.find((word) => !word.startsWith("-"))?.replace(/:.*$/, "");
  if (name === undefined || /[*?[]/.test(name)) {
    return undecided("which packages there are", unknown("the list of packages is not known"));
  }
  const version = call.state.world.context.version(name);
  return version === undefined ? { status: 1, output: known("") } : { status: 0, output: show(version) };
}

/** dpkg-query(1) -W and -s, with the formats that hold a version or a status only. */
function query(call: Call, words: readonly string[]): Outcome {
  const at = words.findIndex((word) => /^(?:-f|--showformat)$/.test(word));
  const attached = words.find((word) => /^(?:-f|--showformat)=/.test(word));
  const format = at >= 0 ? words[at + 1] : attached?.slice(attached.indexOf("=") + 1);
  const names = words.filter((word, index) => !word.startsWith("-") && index !== at + (at >= 0 ? 1 : 0));
  const action = words.find((word) =>
    /^(?:-W|--show|-s|--status|-l|--list|-L|--listfiles|-S|--search)$/.test(word),
  );
  if (action === "-S" || action === "--search") return search(call, names);
  if (action === "-l" || action === "--list") {
    return packageStatus(call, names, () => unknown("the list of packages is not spelled out"));
  }
  if (action !== "-W" && action !== "--show" && action !== "-s" && action !== "--status") {
    return undecided("what dpkg lists is not known", unknown("what dpkg lists is not known"));
  }
  return packageStatus(call, names, (version) => {
    const text = (format ?? "?")
      .replaceAll("${Version}", version)
      .replaceAll("${Status}", "install ok installed")
      .replaceAll("${db:Status-Status}", "installed")
      .replaceAll("${db:Status-Abbrev}", "ii ")
      .replaceAll("\\n", "\n");
    return text.includes("?") || text.includes("${") ? unknown("the format is not modelled") : known(text);
  });
}

function vendor(call: Call, words: readonly string[]): Outcome {
  const [action, name = ""] = words;
  const debian = name.toLowerCase() === "debian";
  if (action === "--is") return debian ? success : failure;
  if (action === "--derives-from") return debian ? success : failure;
  if (action === "--query")
    return name.toLowerCase() === "vendor" ? printed("Debian\n") : undecided("the vendor's data");
  return notUnderstood(call, "this form of dpkg-vendor is not modelled");
}

/** dpkg-realpath(1): without links among what is known, a path is its own. */
function realPath(call: Call, words: readonly string[]): Outcome {
  const name = words.findLast((word) => word.startsWith("/"));
  return name === undefined ? notUnderstood(call, "it names no absolute path") : printed(`${name}\n`);
}

export const dpkgCommands: Readonly<Record<string, Handler>> = {
  "update-alternatives": alternativesOfDocumentation,
  "dpkg-divert": literal(divert),
  dpkg: literal(dpkg),
  "dpkg-query": literal(query),
  "dpkg-vendor": literal(vendor),
  "dpkg-realpath": literal(realPath),
};
