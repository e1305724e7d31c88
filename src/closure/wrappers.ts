// Programs that start another one, given among their arguments: where in them it stands (their manuals; options as
// getopt_long(3) reads them, up to the first word that is none).

interface Wrapper {
  /** Options whose value is the next word, unless it is attached: letters, and long names. */
  readonly valued: readonly string[];
  /** Options without one. Of any other it is not known. */
  readonly flags: readonly string[];
  /** Words between the options and the program: a user, a folder. */
  readonly before: number;
}

export interface Wrapped {
  /** Where the program stands in the arguments. */
  readonly index: number;
  /** False where an option is not known, or the program is looked for in another root. */
  readonly certain: boolean;
}

const tini: Wrapper = { valued: ["p", "e"], flags: ["v", "g", "s", "w", "l", "h", "version"], before: 0 };
const afterUser: Wrapper = { valued: [], flags: [], before: 1 };

const wrappers: ReadonlyMap<string, Wrapper> = new Map([
  ["catatonit", { valued: [], flags: ["g", "h", "L", "P", "V"], before: 0 }],
  ["chroot", { valued: ["groups", "userspec"], flags: ["skip-chdir"], before: 1 }],
  [
    "dumb-init",
    { valued: ["r", "rewrite"], flags: ["c", "v", "h", "V", "single-child", "verbose"], before: 0 },
  ],
  [
    "env",
    {
      valued: ["u", "unset", "C", "chdir", "a", "argv0"],
      flags: ["i", "v", "ignore-environment", "debug", "list-signal-handling"],
      before: 0,
    },
  ],
  ["gosu", afterUser],
  ["ionice", { valued: ["c", "class", "n", "classdata"], flags: ["t", "ignore"], before: 0 }],
  [
    "nice",
    { valued: ["n", "adjustment"], flags: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], before: 0 },
  ],
  ["nohup", { valued: [], flags: [], before: 0 }],
  [
    "setpriv",
    {
      valued: [
        ...["ambient-caps", "inh-caps", "bounding-set", "ruid", "euid", "rgid", "egid", "reuid", "regid"],
        ...["groups", "securebits", "pdeathsig", "ptracer", "selinux-label", "apparmor-profile"],
        ...["landlock-access", "landlock-rule", "seccomp-filter"],
      ],
      flags: ["nnp", "no-new-privs", "clear-groups", "keep-groups", "init-groups", "reset-env"],
      before: 0,
    },
  ],
  ["setsid", { valued: [], flags: ["c", "f", "w", "ctty", "fork", "wait"], before: 0 }],
  ["setuidgid", afterUser],
  ["stdbuf", { valued: ["i", "input", "o", "output", "e", "error"], flags: [], before: 0 }],
  ["su-exec", afterUser],
  [
    "timeout",
    {
      valued: ["k", "kill-after", "s", "signal"],
      flags: ["f", "foreground", "p", "preserve-status", "v", "verbose"],
      before: 1,
    },
  ],
  ["tini", tini],
  ["tini-static", tini],
]);

/** The program that the wrapper at this index starts; undefined where that word is no wrapper, or starts nothing. */
export function wrappedIn(argv: readonly string[], start = 0): Wrapped | undefined {
  const first = argv[start] ?? "";
  const name = first.slice(first.lastIndexOf("/") + 1);
  const wrapper = wrappers.get(name);
  if (wrapper === undefined) return undefined;
  let certain = true;
  let at = start + 1;
  for (let word = argv[at]; word?.startsWith("-") === true; word = argv[at]) {
    at += 1;
    if (word === "--") break;
    const takes = wordsTaken(wrapper, word);
    if (takes === undefined) certain = false;
    at += takes ?? 0;
  }
  if (name === "env") while (argv[at]?.includes("=") === true) at += 1;
  if (name === "chroot" && argv[at] !== "/") certain = false;
  const index = at + wrapper.before;
  return index < argv.length ? { index, certain } : undefined;
}

/** How many words after an option are its value; undefined where the option is not known. */
function wordsTaken({ valued, flags }: Wrapper, word: string): 0 | 1 | undefined {
  if (word.startsWith("--")) {
    const [name = "", value] = word.slice(2).split("=", 2);
    if (value !== undefined || flags.includes(name)) return 0;
    return valued.includes(name) ? 1 : undefined;
  }
  for (let index = 1; index < word.length; index++) {
    const letter = word.charAt(index);
    if (valued.includes(letter)) return index === word.length - 1 ? 1 : 0;
    if (!flags.includes(letter)) return undefined;
  }
  return 0;
}
