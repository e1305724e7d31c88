// What scripts can find out about paths.
import { isWithin, parentOf, path, root, type TreePath } from "../../tree/path.ts";
import { mergedPath } from "../merged-usr.ts";
import { baseCommandPaths } from "./base-commands.ts";
import type { FileTest } from "./effect.ts";
import { isPrivate } from "./emit.ts";
import type { State } from "./state.ts";
import type { Value } from "./value.ts";

/** Folders of the running machine: empty in an image that is being composed, but for what the script itself makes. */
const machineFolders: readonly TreePath[] = [
  "/run",
  "/var/run",
  "/proc",
  "/sys",
  "/dev",
  "/tmp",
  "/var/tmp",
  "/boot",
  "/home",
  "/selinux",
  "/etc/apt",
  "/var/lib/apt",
  "/var/cache/apt",
  "/var/lib/dpkg",
].map(path);

/** Names that only an older version of a package leaves behind: there is none in a fresh image. */
const leftover = /\.(?:dpkg-(?:bak|old|new|dist|tmp|remove|backup)|ucf-(?:old|new|dist)|pam-old|pam-new)$/;

/** Links that every image has. */
const baseLinks: ReadonlyMap<string, string> = new Map([
  ["/bin", "usr/bin"],
  ["/sbin", "usr/sbin"],
  ["/lib", "usr/lib"],
  ["/lib64", "usr/lib64"],
  ["/etc/os-release", "../usr/lib/os-release"],
  ["/var/run", "/run"],
  ["/var/lock", "/run/lock"],
]);

/** Folders that every image has. */
const baseFolders: ReadonlySet<string> = new Set(
  "/ /bin /dev /etc /etc/default /home /lib /proc /root /run /run/lock /sbin /sys /tmp /usr /usr/bin /usr/lib /usr/sbin /usr/share /var /var/cache /var/lib /var/lib/dpkg /var/lib/misc /var/log /var/run /var/tmp".split(
    " ",
  ),
);

/** Files of the base system that are made by no package's archive, and are there before any other package is configured. */
const baseFiles: ReadonlySet<string> = new Set(
  "/etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/profile /var/lib/dpkg/status /dev/null".split(" "),
);

/** The answer to a file test; undefined where only the composed tree has it. */
export function testFile(state: State, of: TreePath, test: FileTest): boolean | undefined {
  const made = state.files.get(of);
  if (made !== undefined) return testMade(made, test);
  if (leftover.test(of)) return false;
  if (test === "symlink" && baseLinks.has(of)) return true;
  const shipped = shippedAs(state, of);
  if (shipped !== undefined) return testShipped(of, shipped, test);
  if (baseFolders.has(of)) return test === "exists" || test === "directory" || test === "executable";
  if (baseFiles.has(of)) return test === "exists" || test === "file" || test === "non-empty";
  if (baseCommandPaths.has(mergedPath(of)))
    return test === "exists" || test === "executable" ? true : undefined;
  if (isBelow(of, machineFolders)) return hasMadeBelow(state, of) && test !== "file";
  if (removedAbove(state, of) || isOwnButPacked(state, of)) return false;
  return isProgram(of) ? false : undefined;
}

/** What packages make of a path; a package's own files aren't there while its preinst and config scripts run. */
function shippedAs(state: State, of: TreePath): ReturnType<State["world"]["context"]["shipped"]> {
  const real = mergedPath(aliases.get(of) ?? of);
  return isOwnButPacked(state, of) ? undefined : state.world.context.shipped(real);
}

/** Links of the base system that scripts read through. */
const aliases: ReadonlyMap<string, TreePath> = new Map([["/etc/os-release", path("/usr/lib/os-release")]]);

function isOwnButPacked(state: State, of: TreePath): boolean {
  const { of: script } = state.running;
  return (script === "preinst" || script === "config") && state.world.ownPaths.has(mergedPath(of));
}

/** Whether nothing that could be read is there: regular files come from packages, or from scripts that ran before. */
export function isUnreadable(state: State, of: TreePath): boolean {
  if (state.files.get(of)?.kind === "absent") return true;
  if (state.files.has(of) || baseFiles.has(of) || of.startsWith("/dev/")) return false;
  return shippedAs(state, of) === undefined && !state.world.before.files.has(of);
}

function isBelow(of: TreePath, folders: readonly TreePath[]): boolean {
  return folders.some((folder) => of !== folder && isWithin(of, folder));
}

function hasMadeBelow(state: State, of: TreePath): boolean {
  return [...state.files].some(([one, made]) => made.kind !== "absent" && one !== of && isWithin(one, of));
}

function removedAbove(state: State, of: TreePath): boolean {
  for (let folder = parentOf(of); folder !== root; folder = parentOf(folder)) {
    if (state.files.get(folder)?.kind === "absent") return true;
  }
  return false;
}

/** Programs and init scripts are regular files, so a package that had one would list it. */
function isProgram(of: TreePath): boolean {
  return /^\/(?:usr\/(?:local\/)?)?s?bin\/[^/]+$|^\/etc\/init\.d\/[^/]+$/.test(of);
}

function testMade(made: NonNullable<ReturnType<State["files"]["get"]>>, test: FileTest): boolean | undefined {
  switch (made.kind) {
    case "absent":
      return false;
    case "unknown":
      return undefined;
    case "directory":
      return test === "exists" || test === "directory" || test === "executable"
        ? true
        : test === "non-empty"
          ? undefined
          : ownership(test);
    case "symlink":
      return test === "symlink" ? true : undefined;
    case "file":
      if (test === "non-empty") return made.content.known ? made.content.text !== "" : undefined;
      if (test === "exists" || test === "file") return true;
      return test === "executable" ? undefined : ownership(test);
  }
}

/** Who owns what a script made is not followed; everything else that remains does not hold. */
function ownership(test: FileTest): boolean | undefined {
  return test === "owned-by-user" || test === "owned-by-group" ? undefined : false;
}

function testShipped(
  of: TreePath,
  shipped: "file" | "directory" | "symlink",
  test: FileTest,
): boolean | undefined {
  if (test === "owned-by-user" || test === "owned-by-group") return undefined;
  if (shipped === "symlink") return test === "symlink" ? true : undefined;
  if (test === "exists") return true;
  if (test === "symlink") return false;
  if (shipped === "directory") return test === "directory" || test === "executable";
  if (test === "file") return true;
  if (test === "directory") return false;
  return test === "executable" && (isProgram(of) || /\/(?:s?bin|libexec|runtime\.d)\//.test(of))
    ? true
    : undefined;
}

/** What a file holds. */
export function contentAt(state: State, of: TreePath): Value {
  const made = state.files.get(of);
  if (made?.kind === "file") return made.content;
  if (made !== undefined) return { known: false, why: `what ${of} holds is not known` };
  const earlier = state.world.before.files.get(of);
  if (earlier !== undefined) return earlier;
  if (of.startsWith("/dev/null")) return { known: true, text: "" };
  const real = mergedPath(aliases.get(of) ?? of);
  const shipped = shippedAs(state, of);
  state.world.reads.add(real);
  const text = state.world.context.read(real);
  if (text !== undefined) return { known: true, text };
  const why = `what ${of} holds is not known here`;
  // A shipped file can be read when the effects are applied.
  return shipped === "file"
    ? { known: false, why, content: { kind: "copy", of: real } }
    : { known: false, why };
}

/** What a file will hold when the effects are applied, where it isn't known before. */
export function contentWhenApplied(state: State, of: TreePath): Value {
  const value = contentAt(state, of);
  if (value.known || value.content !== undefined || isPrivate(of) || state.files.has(of)) return value;
  return { ...value, content: { kind: "copy", of } };
}

/** Where a program is found; undefined where the image has none of that name. */
export function programPath(state: State, name: string): string | undefined {
  for (const folder of ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"]) {
    const of = path(`${folder}/${name}`);
    if (testFile(state, of, "exists") === true) return of;
  }
  return undefined;
}
