// An image's root as an outsider sees it: a folder is walked and judged by content, with nothing of src/ but Node.
// Markers of shells are those of the programs themselves: bash's own symbols, dash's messages, BusyBox's applet table.
import { type Dirent, lstatSync, readdirSync, readFileSync, type Stats } from "node:fs";
import { join, relative } from "node:path";
import { pathInRoot } from "./root-path.ts";

export interface ScanFinding {
  /** Below the root: "/usr/bin/x". */
  readonly path: string;
  readonly what: string;
}

const elfMagic = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);

/** All of these texts in one ELF are proof of the program. */
const programs: readonly { readonly what: string; readonly texts: readonly string[] }[] = [
  { what: "bash", texts: ["shell_builtins", "eval_builtin"] },
  { what: "bash", texts: ["@(#)Bash version"] },
  { what: "dash", texts: ["Illegal number: %s", "OPTIND=1", "PS1=$ "] },
  { what: "mksh", texts: ["@(#)MIRBSD KSH R"] },
  { what: "ksh93", texts: ["Version AJM 93u+"] },
  { what: "zsh", texts: ["ZSH_ARGZERO", "zsh/main"] },
  { what: "toybox", texts: ["multicall binary", "toybox"] },
  { what: "coreutils", texts: ["GNU coreutils", "coreutils/"] },
  { what: "perl", texts: ["perl_parse", "perl_run"] },
  { what: "apt", texts: ["libapt-pkg.so"] },
  { what: "dpkg", texts: ["DPKG_ADMINDIR", "--admindir"] },
  { what: "curl", texts: ["curl: (%d) "] },
  { what: "openssl", texts: ["Invalid command '%s'; type \"help\" for a list."] },
];

/** Applets that every BusyBox has; its table holds their names, sorted, each ended by a NUL. */
const applets =
  "ash cat chgrp chmod chown cp cut date dd df echo env expr false find grep gunzip gzip head id kill ln ls mkdir mknod mktemp more mount mv od printf ps pwd rm rmdir sed sh sleep sort stat stty sync tail tar tee test touch tr true umount uname uniq vi wc wget xargs yes".split(
    " ",
  );
const appletsMax = 25;

/** Everything about the root folder that a truly distroless image must not have. */
export function scanRoot(root: string): ScanFinding[] {
  const findings: ScanFinding[] = [];
  for (const { path, stats } of walk(root)) {
    const shown = `/${relative(root, path)}`;
    const add = (what: string): number => findings.push({ path: shown, what });
    if (
      !stats.isSymbolicLink() &&
      (stats.mode & 0o002) !== 0 &&
      !(stats.isDirectory() && (stats.mode & 0o1000) !== 0)
    )
      add("world-writable");
    if (stats.isFIFO() || stats.isSocket() || stats.isBlockDevice() || stats.isCharacterDevice())
      add("special file");
    if (!stats.isFile()) continue;
    if ((stats.mode & 0o6000) !== 0) add("setuid or setgid");
    const what = judge(path, readFileSync(path), root);
    if (what !== undefined) add(what);
  }
  return findings;
}

/** What is wrong with a file's content, whatever its name and mode. */
function judge(path: string, content: Buffer, root: string): string | undefined {
  if (content.subarray(0, 4).equals(elfMagic)) return judgeElf(content);
  if (content.subarray(0, 2).toString("latin1") !== "#!") return undefined;
  // A module that Python imports may begin with a line for those who start it as a program.
  if (path.endsWith(".py") && pathInRoot(root, "/usr/bin/python3") !== undefined) return undefined;
  const line = content.subarray(2, 300).toString("latin1").split("\n")[0] ?? "";
  const interpreter = line.trim().split(/\s+/)[0] ?? "";
  return pathInRoot(root, interpreter) === undefined
    ? `a script whose interpreter ${interpreter} is not in the image`
    : undefined;
}

function judgeElf(content: Buffer): string | undefined {
  const found = programs.find(({ texts }) => texts.every((text) => content.includes(text)));
  if (found !== undefined) return found.what;
  const names = applets.filter((name) => content.includes(`\0${name}\0`));
  return names.length > appletsMax && content.includes("\0sh\0")
    ? `a multi-call binary (${names.join(" ")})`
    : undefined;
}

/** Every path below a folder with its status; links are not followed. */
export function* walk(folder: string): Generator<{ readonly path: string; readonly stats: Stats }> {
  const entries: Dirent[] = readdirSync(folder, { withFileTypes: true });
  for (const { name } of entries) {
    const path = join(folder, name);
    const stats = lstatSync(path);
    yield { path, stats };
    if (stats.isDirectory()) yield* walk(path);
  }
}
