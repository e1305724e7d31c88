// How distroless a tree is, as far as its closure can tell: gates over content, each with its evidence; the level is the one
// below the worst gate that fails. What lies in lower layers, and secrets, are not looked at here: see `undecided`.

import type { Closure, Launch } from "../closure/closure.ts";
import type { Facts } from "../content/facts.ts";
import type { Identity, ProgramKind } from "../content/identity.ts";
import type { Entry, FileEntry } from "../tree/entry.ts";
import { parentOf, path, type TreePath } from "../tree/path.ts";
import type { Tree } from "../tree/tree.ts";
import { type Level, levels } from "./levels.ts";

/** Something that keeps the tree from being better than `atMost`. */
export interface LevelReason {
  readonly atMost: Level;
  /** A stable kebab-case name: "shell", "setuid", "root-user". */
  readonly gate: string;
  readonly path?: TreePath;
  readonly what: string;
}

export interface LevelVerdict {
  readonly level: Level;
  /** Worst first; those at the level itself say what to do to reach the next one. */
  readonly reasons: readonly LevelReason[];
  /** What this verdict did not look at. */
  readonly undecided: readonly string[];
}

export interface LevelInput {
  readonly closure: Closure;
  readonly tree: Tree;
  readonly facts: (file: FileEntry) => Facts;
  readonly launch: Launch;
}

/** Where a shell or tool is as good as on the PATH, whatever the config says. */
const programFolders = ["/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];
const userlandMin = 10;

interface Marked {
  readonly path: TreePath;
  readonly mark: Identity;
  /** Executable and where a shell would find it. */
  readonly usable: boolean;
}

/** The level of an image's tree. */
export function levelOf(input: LevelInput): LevelVerdict {
  const marked: Marked[] = [];
  const reasons: LevelReason[] = [...launchReasons(input)];
  for (const entry of input.tree.walk()) {
    if (entry.kind === "file") {
      const facts = input.facts(entry);
      for (const mark of (facts.identities ?? []).filter((one) => one.embedded !== true))
        marked.push({ path: entry.path, mark, usable: isUsable(input, entry) });
      reasons.push(...codeReasons(input, entry, facts));
    }
    reasons.push(...attributeReasons(entry), ...residueReasons(entry));
  }
  reasons.push(...markReasons(input, marked), ...sealReasons(input));
  for (const one of input.closure.missing) {
    reasons.push({
      atMost: "distroless",
      gate: "missing",
      what: `${one.what} is missing: ${one.neededBy} needs it`,
    });
  }
  const worst = Math.min(levels.length - 1, ...reasons.map((one) => levels.indexOf(one.atMost)));
  return {
    level: levels[worst] ?? "distro",
    reasons: reasons.sort((a, b) => levels.indexOf(a.atMost) - levels.indexOf(b.atMost)),
    undecided: ["files that only a lower layer holds", "secrets"],
  };
}

function launchReasons({ launch, closure, tree, facts }: LevelInput): LevelReason[] {
  const reasons: LevelReason[] = [];
  const [user = "", group = "0"] = launch.user.split(":");
  if (user === "" || user === "root" || /^0+$/.test(user)) {
    reasons.push({
      atMost: "distroless",
      gate: "root-user",
      what: `the program runs as root (user ${JSON.stringify(launch.user)})`,
    });
  } else if (!/^\d+$/.test(user)) {
    const what = `the user ${user} is a name: a number can be checked before the container runs`;
    reasons.push({ atMost: "distroless", gate: "user-name", what });
  } else if (launch.user.includes(":") && /^0+$/.test(group)) {
    reasons.push({ atMost: "distroless", gate: "root-group", what: "the program runs in root's group" });
  }
  if (launch.healthcheck[0] === "CMD-SHELL") {
    reasons.push({
      atMost: "in-name-only",
      gate: "shell-needed",
      what: "the healthcheck is a shell's command line",
    });
  }
  for (const [at, kept] of closure.reasons) {
    const entry = tree.lookup(at);
    if (entry?.kind !== "file" || !kept.some((one) => one.kind === "root")) continue;
    if (facts(entry).magic !== "script" || closure.role(at) !== "entrypoint-runtime") continue;
    const interpreter = facts(entry).script?.interpreter ?? "";
    if (!/\/(?:ba|da|k|mk|z|a)?sh$/.test(interpreter)) continue;
    reasons.push({
      atMost: "in-name-only",
      gate: "shell-needed",
      path: at,
      what: `the start-up is a script for ${interpreter}`,
    });
  }
  return reasons;
}

function markReasons(input: LevelInput, marked: readonly Marked[]): LevelReason[] {
  const of = (...kinds: readonly ProgramKind[]): Marked[] =>
    marked.filter((one) => kinds.includes(one.mark.kind));
  const shells = of("shell", "multi-call");
  const managers = of("package-manager");
  const shellUsable = shells.some((one) => one.usable);
  const isDistro = shellUsable && managers.some((one) => one.usable);
  const userland = of("userland").filter((one) => one.usable).length;
  const hasUserland = userland >= userlandMin || of("multi-call").some((one) => one.usable);
  const atMost: Level = isDistro ? "distro" : shellUsable && hasUserland ? "slim" : "in-name-only";
  const reasons = [...shells, ...managers].map(({ path: at, mark, usable }): LevelReason => {
    const gate = mark.kind === "package-manager" ? "package-manager" : "shell";
    return { atMost: usable ? atMost : "in-name-only", gate, path: at, what: `${mark.name} (${mark.kind})` };
  });
  for (const { path: at, mark } of of("interpreter", "tool", "userland")) {
    if (isNeeded(input.closure, at)) continue;
    const what = `${mark.name}: a ${mark.kind === "interpreter" ? "foreign interpreter" : "tool"} that the entrypoint does not need`;
    reasons.push({ atMost: "shell-less", gate: `foreign-${mark.kind}`, path: at, what });
  }
  return reasons;
}

function codeReasons(input: LevelInput, entry: FileEntry, facts: Facts): LevelReason[] {
  const at = entry.path;
  if (facts.magic === "elf" && facts.elf === undefined) {
    return [{ atMost: "distroless", gate: "unknown", path: at, what: "an ELF file that can't be read" }];
  }
  if ((facts.magic !== "elf" && facts.magic !== "script") || isNeeded(input.closure, at)) return [];
  const what = facts.magic === "elf" ? "an ELF file that nothing needs" : "a script that nothing needs";
  return [{ atMost: "distroless", gate: "unexplained", path: at, what }];
}

function attributeReasons(entry: Entry): LevelReason[] {
  const reasons: LevelReason[] = [];
  const add = (gate: string, what: string): void => {
    reasons.push({ atMost: "distroless", gate, path: entry.path, what });
  };
  if (entry.kind === "file" && (entry.mode & 0o6000) !== 0) add("setuid", "setuid or setgid");
  if (entry.xattrs?.has("security.capability") === true) add("capabilities", "it has file capabilities");
  const sticky = entry.kind === "directory" && (entry.mode & 0o1000) !== 0;
  if (entry.kind !== "symlink" && (entry.mode & 0o002) !== 0 && !sticky)
    add("world-writable", "anybody may write it");
  return reasons;
}

const residue: ReadonlySet<TreePath> = new Set(
  [
    "/var/lib/dpkg/status",
    "/var/lib/dpkg/info",
    "/lib/apk/db/scripts.tar",
    "/usr/lib/apk/db/scripts.tar",
    "/var/lib/apt",
    "/var/cache/apt",
    "/var/lib/rpm",
    "/etc/apk",
  ].map(path),
);

function residueReasons(entry: Entry): LevelReason[] {
  if (!residue.has(entry.path)) return [];
  return [
    {
      atMost: "distroless",
      gate: "package-manager-residue",
      path: entry.path,
      what: "left by a package manager",
    },
  ];
}

/** `sealed`: the program needs no loader and no interpreter, and there is none. */
function sealReasons({ closure, tree, facts }: LevelInput): LevelReason[] {
  const reasons: LevelReason[] = [];
  for (const at of closure.reasons.keys()) {
    const entry = tree.lookup(at);
    if (entry?.kind !== "file") continue;
    const { elf, script, identities } = facts(entry);
    const add = (gate: string, what: string): void => {
      reasons.push({ atMost: "truly-distroless", gate, path: at, what });
    };
    if (elf?.interpreter !== undefined) add("dynamic", "it needs a dynamic loader, which can run any file");
    if (script !== undefined && closure.role(at) === "entrypoint-runtime")
      add("interpreter", "the start-up is a script");
    if (identities?.some((one) => one.kind === "interpreter") === true)
      add("interpreter", "it can run any program given to it");
  }
  return reasons;
}

function isNeeded(closure: Closure, at: TreePath): boolean {
  const role = closure.role(at);
  return role !== "foreign" && role !== "unproven";
}

function isUsable(input: LevelInput, entry: FileEntry): boolean {
  if ((entry.mode & 0o111) === 0) return false;
  const folder = parentOf(entry.path);
  return programFolders.includes(folder) || (input.launch.env["PATH"] ?? "").split(":").includes(folder);
}
