// What a program is, by what its bytes say, whatever its name: shells, multi-call programs, package managers, interpreters and
// tools. Marks survive stripping and renaming.
import type { ElfFacts } from "../formats/elf.ts";
import type { RandomAccess } from "../formats/random-access.ts";
import type { Identity, ProgramKind } from "./identity.ts";
import { stringSearch } from "./string-search.ts";

interface Mark {
  readonly kind: ProgramKind;
  /** "bash", "BusyBox", "python". */
  readonly name: string;
}

interface Marker extends Mark {
  /** All of these are in the file's bytes. */
  readonly strings: readonly string[];
}

const markers: readonly Marker[] = [
  { kind: "shell", name: "bash", strings: ["shell_builtins", "@(#)Bash version"] },
  { kind: "shell", name: "dash", strings: ["Illegal number: %s", "OPTIND=1\0"] },
  { kind: "shell", name: "mksh", strings: ["@(#)MIRBSD KSH R"] },
  { kind: "shell", name: "ksh93", strings: ["Version AJM 93u+"] },
  { kind: "shell", name: "zsh", strings: ["ZSH_EVAL_CONTEXT", "ZSH_SUBSHELL"] },
  { kind: "multi-call", name: "toybox", strings: ["Toybox %s multicall binary"] },
  {
    kind: "userland",
    name: "coreutils",
    strings: ["GNU coreutils", "https://www.gnu.org/software/coreutils/"],
  },
  { kind: "interpreter", name: "python", strings: ["Py_BytesMain"] },
  { kind: "interpreter", name: "perl", strings: ["perl_parse", "perl_run"] },
  { kind: "interpreter", name: "ruby", strings: ["ruby_run_node"] },
  { kind: "interpreter", name: "node", strings: ["_ZN4node5StartEiPPc"] },
  { kind: "interpreter", name: "java", strings: ["JLI_Launch"] },
  { kind: "interpreter", name: "php", strings: ["php_module_startup"] },
  { kind: "interpreter", name: "tcl", strings: ["Tcl_MainEx"] },
  { kind: "interpreter", name: "mawk", strings: ["MAWK_LONG_OPTIONS"] },
  { kind: "tool", name: "openssl", strings: [`Invalid command '%s'; type "help" for a list.`] },
  { kind: "tool", name: "curl", strings: ["curl: (%d) "] },
];

/** Libraries that only package managers need. */
const managerLibraries = /^lib(?:apt-(?:pkg|private)|rpm|rpmio|apk|dnf5?|zypp)\.so/;

const appletsMin = 25;
const appletBytesMax = 24;
const applets: ReadonlySet<string> = new Set(
  (
    "[ [[ ash awk base64 basename bunzip2 bzcat cat chgrp chmod chown chroot clear cmp cp crond cut date dd df diff dirname dmesg " +
    "du echo egrep env expr false fgrep find free fsync ftpget ftpput getty grep gunzip gzip halt head hexdump hostname httpd id " +
    "ifconfig init install ip kill killall ln login ls lsof md5sum mkdir mkfifo mknod mktemp more mount mv nc netstat nice nohup " +
    "nslookup od passwd pgrep pidof ping pkill ps pwd readlink realpath reboot rm rmdir route sed seq sh sha1sum sha256sum sleep " +
    "sort stat strings stty su sync tail tar tee telnet test tftp time top touch tr traceroute true tty umount uname uniq unzip " +
    "uptime vi watch wc wget which who whoami xargs xxd yes zcat"
  ).split(" "),
);

/** What an ELF program is marked as. Libraries have none: one that embeds an interpreter isn't one. */
export function identitiesOf(source: RandomAccess, elf: ElfFacts): readonly Identity[] {
  return marksOf(source, elf).map(({ kind, name }) => ({
    id: name.replace(/,.*/, "").toLowerCase(),
    kind,
    name,
    evidence: [{ what: `what only ${name} holds` }],
    confirmed: true,
  }));
}

export function marksOf(source: RandomAccess, elf: ElfFacts): readonly Mark[] {
  if (!elf.program && elf.interpreter === undefined) return [];
  const marks: Mark[] = [];
  if (elf.needed.some((name) => managerLibraries.test(name))) {
    marks.push({
      kind: "package-manager",
      name: elf.needed.find((name) => managerLibraries.test(name)) ?? "",
    });
  }
  const found = searchStrings(source);
  for (const { kind, name, strings } of markers) {
    if (strings.every((one) => found.strings.has(one))) marks.push({ kind, name });
  }
  if (found.applets >= appletsMin)
    marks.push({ kind: "multi-call", name: `BusyBox, ${found.applets} known applets` });
  return marks;
}

const long = [...new Set(markers.flatMap((one) => one.strings))];
/** Neighbours in BusyBox's table, whatever applets a build has. */
const tableEntries = ["\0chmod\0chown\0", "\0mkdir\0mk", "\0sleep\0s", "\0uname\0un"];
const search = stringSearch([...long, ...tableEntries]);
const chunkBytes = 4 * 1024 * 1024;
/** Chunks overlap, so that a string or the middle of an applet table across a border is seen in one of them. */
const overlapBytes = 16 * 1024;

function searchStrings(source: RandomAccess): { strings: Set<string>; applets: number } {
  const strings = new Set<string>();
  let most = 0;
  for (let at = 0; at < source.sizeBytes; at += chunkBytes) {
    const bytes = source.read(at, chunkBytes + overlapBytes);
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let tableEnd = 0;
    search.scan(chunk, (index, place) => {
      const text = long[index];
      if (text !== undefined) strings.add(text);
      else if (place >= tableEnd) {
        // A table is measured once, from the first of its entries that is met.
        const after = namesFrom(chunk, place, 1);
        most = Math.max(most, namesFrom(chunk, place, -1).known + after.known);
        tableEnd = after.end;
      }
    });
  }
  return { strings, applets: most };
}

/** Counts known names from a NUL on, in one direction, as long as the names are short and in order. */
function namesFrom(chunk: Buffer, start: number, direction: 1 | -1): { known: number; end: number } {
  let known = 0;
  let last = direction === 1 ? "" : "\u00ff";
  let at = start;
  for (;;) {
    const next = direction === 1 ? chunk.indexOf(0, at + 1) : at > 0 ? chunk.lastIndexOf(0, at - 1) : -1;
    const length = Math.abs(next - at) - 1;
    if (next < 0 || length < 1 || length > appletBytesMax) return { known, end: at };
    const name = chunk.toString("latin1", Math.min(at, next) + 1, Math.max(at, next));
    if (direction === 1 ? name <= last : name >= last) return { known, end: at };
    if (applets.has(name)) known += 1;
    last = name;
    at = next;
  }
}
