// The grammars of texts in files that users write, each a pattern that JSON Schema can say too (ECMA 262, without flags), so that an
// editor with the schema and the parser accept the same texts.
import { limits } from "../../base/limits.ts";

export interface Format {
  /** What is expected, as an ending of "expected ...". */
  readonly expected: string;
  readonly pattern: RegExp;
  readonly example: string;
  /** Advice for mistakes that people make; undefined where there is nothing better to say. */
  readonly advise?: (text: string) => string | undefined;
}

const nul = "\\u0000";
/** Characters that no path or name holds, inside a character class. */
const control = "\\u0000-\\u001f";
/** One component of an absolute path: not empty, not `.` or `..`. */
const component = `/(?!\\.{1,2}(?:/|$))[^/${control}]+`;
const name = "[a-z_][a-z0-9_-]{0,31}";
const number = numberUpTo(limits.userNumberMax);
const account = `(?:${name}|${number})`;
const port = "(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";
const relative = `(?!/)(?!(?:.*/)?\\.\\.(?:/|$))[^${control}]+`;
/** Stands before the pattern of a path: neither too long nor too deep, as tree/path.ts bounds them. */
const bounded = (slashesMax: number): string =>
  `(?![\\s\\S]{${limits.pathBytesMax + 1}})(?!(?:[^/]*/){${slashesMax + 1}})`;
const absolute = `${bounded(limits.pathComponentsMax)}(?:${component})+`;
const below = bounded(limits.pathComponentsMax - 1) + relative;

export type FormatName =
  | "any"
  | "word"
  | "script"
  | "image name"
  | "absolute path"
  | "glob"
  | "source"
  | "relative path"
  | "mode"
  | "variable name"
  | "label name"
  | "port"
  | "duration"
  | "user"
  | "user name"
  | "package"
  | "package name"
  | "stage name"
  | "image"
  | "secret"
  | "release"
  | "suite"
  | "mirror address"
  | "snapshot"
  | "alternative name"
  | "date"
  | "name pattern";

export const formats: Readonly<Record<FormatName, Format>> = {
  any: { example: "text", expected: "a text without NUL characters", pattern: new RegExp(`^[^${nul}]*$`) },
  word: { example: "text", expected: "a text that is not empty", pattern: new RegExp(`^[^${control}]+$`) },
  script: {
    example: "make all",
    expected: "a text that is not empty",
    pattern: new RegExp(`^(?=\\s*\\S)[^${nul}]*$`),
  },
  "image name": {
    example: "postgres",
    expected: 'a name of lower-case letters, digits and single ".", "_", "-"',
    pattern: /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/,
    advise: (text) =>
      text === text.toLowerCase() ? undefined : `write it in lower case: ${text.toLowerCase()}`,
  },
  "absolute path": {
    example: "/etc/app.conf",
    expected: 'an absolute path without ".", "..", "//" or a "/" at the end',
    pattern: new RegExp(`^${absolute}$`),
    advise: advisePath,
  },
  glob: {
    example: "/usr/share/zoneinfo/**",
    expected: 'an absolute path, in which "*" and "?" match within a name and "**" matches whole names',
    pattern: new RegExp(
      `^${bounded(limits.pathComponentsMax)}(?:/(?!\\.{1,2}(?:/|$))(?:\\*\\*(?=/|$)|(?:[^/*${control}]|\\*(?!\\*))+))+$`,
    ),
    advise: (text) =>
      /[^/]\*\*|\*\*[^/]/.test(text) ? 'write "**" as a whole name: /usr/**/x' : advisePath(text),
  },
  source: {
    example: "src/app",
    expected: 'a path without ".."',
    pattern: new RegExp(`^(?:${absolute}|/|${below})$`),
    advise: (text) =>
      text.split("/").includes("..") ? "move the file into the folder of the spec" : adviseBounds(text),
  },
  "relative path": {
    example: "keys/archive.gpg",
    expected: 'a path below the folder of the spec, without ".."',
    pattern: new RegExp(`^${below}$`),
    advise: adviseBounds,
  },
  mode: {
    example: "0644",
    expected: "an octal mode with a leading zero: 0644",
    pattern: /^0o?[0-7]{3,4}$/,
    advise: (text) => (/^[0-7]{3,4}$/.test(text) ? `write 0${text.slice(-3)}; modes are octal` : undefined),
  },
  "variable name": {
    example: "LANG",
    expected: 'a variable name of letters, digits and "_"',
    pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
    advise: (text) => (text.includes("=") ? "write a map, NAME: value" : undefined),
  },
  "label name": {
    example: "org.example.team",
    expected: 'a label name without spaces or "="',
    pattern: new RegExp(`^[^\\s=${control}]+$`),
  },
  port: {
    example: "5432",
    expected: "a port from 1 to 65535, which may end in /tcp, /udp or /sctp",
    pattern: new RegExp(`^${port}(?:/(?:tcp|udp|sctp))?$`),
    advise: (text) =>
      text.includes(":") ? "name the container's port only; the host's is chosen when it starts" : undefined,
  },
  duration: {
    example: "30s",
    expected: "a duration such as 500ms, 30s, 1m30s or 2h",
    pattern: /^(?:(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h))+$/,
    advise: (text) => (/^[0-9]+$/.test(text) ? `name the unit: ${text}s` : undefined),
  },
  user: {
    example: "postgres",
    expected: "a user name or number, which may end in :group",
    pattern: new RegExp(`^${account}(?::${account})?$`),
    advise: (text) =>
      /[0-9]{10}/.test(text) ? `a number is at most ${limits.userNumberMax} (userNumberMax)` : undefined,
  },
  "user name": {
    example: "postgres",
    expected: "a user name of lower-case letters, digits, _ and -",
    pattern: new RegExp(`^${name}$`),
  },
  package: {
    example: "nginx",
    expected: "a package name, name=version, or !name to leave it out",
    pattern: /^(?:![a-z0-9][a-z0-9+.-]+|[a-z0-9][a-z0-9+.-]+(?:=[A-Za-z0-9.+:~*-]+)?)$/,
    advise: advisePackage,
  },
  "package name": {
    example: "nginx",
    expected: "a package name of lower-case letters, digits, +, - and .",
    pattern: /^[a-z0-9][a-z0-9+.-]+$/,
    advise: advisePackage,
  },
  "stage name": {
    example: "app",
    expected: 'a name of lower-case letters, digits and "-"',
    pattern: /^(?!context$)[a-z][a-z0-9-]*$/,
    advise: (text) =>
      text === "context" ? 'choose another name: "context" is the folder of the spec' : undefined,
  },
  image: {
    example: "golang:1.21.5-alpine",
    expected: "an image reference such as golang:1.21.5-alpine",
    pattern:
      /^(?:[A-Za-z0-9.-]+(?::[0-9]+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
  },
  secret: {
    example: "pg-admin/password",
    expected: "the name of a secret, or name/key",
    pattern: /^[a-z0-9A-Z](?:[A-Za-z0-9._-]*)(?:\/[A-Za-z0-9._-]+)?$/,
  },
  release: {
    example: "bookworm",
    expected: "a release's codename: bookworm, trixie",
    pattern: /^[a-z][a-z-]*$/,
    advise: (text) => {
      const codename = codenames.get(text);
      return codename === undefined ? undefined : `Debian ${text} is called ${codename}`;
    },
  },
  suite: {
    example: "bookworm-updates",
    expected: "a suite's name: bookworm-updates",
    pattern: /^[a-z0-9][a-z0-9./-]*$/,
  },
  "mirror address": {
    example: "https://mirror.example/debian",
    expected: "an http or https address without a user name",
    pattern: /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/,
    advise: (text) => (text.includes("@") ? "keep credentials out of the spec" : undefined),
  },
  snapshot: {
    example: "20240131T000000Z",
    expected: "a UTC time such as 20240131T000000Z",
    pattern: /^[0-9]{8}T[0-9]{6}Z$/,
  },
  "alternative name": {
    example: "editor",
    expected: "the name of an alternative: editor",
    pattern: /^[A-Za-z0-9][A-Za-z0-9+._-]*$/,
  },
  date: {
    example: "2027-03-01",
    expected: "a day, year first: 2027-03-01",
    pattern: /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$/,
    advise: (text) => {
      const parts = /^([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})/.exec(text);
      if (parts === null) return undefined;
      const [, year = "", month = "", day = ""] = parts;
      return Number(month) > 12
        ? undefined
        : `write ${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
    },
  },
  "name pattern": {
    example: "registry.example.test/team/**",
    expected: 'a name, in which "*" and "?" match between slashes and "**" across them',
    pattern: new RegExp(`^(?![\\s\\S]{513})[^\\s${control}]+$`),
  },
};

const codenames: ReadonlyMap<string, string> = new Map([
  ["11", "bullseye"],
  ["12", "bookworm"],
  ["13", "trixie"],
]);

/** A pattern for the whole numbers from 0 to `max`, without leading zeros; `max` has at least two digits. */
function numberUpTo(max: number): string {
  const digits = String(max);
  const smaller = Array.from(digits, (digit, at) => {
    const least = at === 0 ? 1 : 0;
    const rest = digits.length - 1 - at;
    return Number(digit) > least
      ? [`${digits.slice(0, at)}[${least}-${Number(digit) - 1}]${rest === 0 ? "" : `[0-9]{${rest}}`}`]
      : [];
  });
  return `(?:${["0", `[1-9][0-9]{0,${digits.length - 2}}`, ...smaller.flat(), digits].join("|")})`;
}

function adviseBounds(text: string): string | undefined {
  const { pathComponentsMax, pathBytesMax } = limits;
  return text.length > pathBytesMax ||
    text.split("/").filter((part) => part !== "").length > pathComponentsMax
    ? `a path has at most ${pathComponentsMax} names (pathComponentsMax) and ${pathBytesMax} bytes (pathBytesMax)`
    : undefined;
}

function advisePath(text: string): string | undefined {
  const bounds = adviseBounds(text);
  if (bounds !== undefined) return bounds;
  const parts: string[] = [];
  for (const part of text.split("/")) {
    if (part === "..") return "write the path without ..";
    if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.length === 0 || new RegExp(`[${control}]`).test(text)
    ? undefined
    : `write /${parts.join("/")}`;
}

function advisePackage(text: string): string | undefined {
  if (/^[^:]+:[a-z0-9]+$/.test(text))
    return `write ${text.slice(0, text.indexOf(":"))}: the platform decides the architecture`;
  if (/[<>]|^\S+\s*=\s/.test(text)) return "write name=version; a version may end in *";
  if (text.startsWith("!") && text.includes("="))
    return `write ${text.slice(0, text.indexOf("="))}: every version is left out`;
  if (/\s/.test(text.trim())) return "write one package per item";
  return text === text.toLowerCase() ? undefined : `write it in lower case: ${text.toLowerCase()}`;
}
