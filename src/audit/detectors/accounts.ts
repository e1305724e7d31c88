// Who the program runs as, in every spelling that engines take for root (image-spec config.md "User"; moby's GetExecUser:
// a number means the user of the first line with it, a name the line of that name; without a group it is the line's, and those
// that have the user as a member). Of several lines the worst one counts: readers differ in which they take.
import { limits } from "../../base/limits.ts";
import { groupFile, passwdFile } from "../../closure/settings.ts";
import type { Evidence } from "../../content/identity.ts";
import type { Finding } from "../finding.ts";
import { finding } from "../make-finding.ts";
import type { Subject } from "../subject.ts";
import { type AccountLine, accountFormats, accountLines, accountNumber } from "./account-lines.ts";

/** What the config's user means in this image, and account lines that can't be read as one. */
export function accountFindings(subject: Subject): Finding[] {
  return [...userFindings(subject), ...malformedFindings(subject)];
}

/** The config's User, and the lines that it means. */
interface User {
  readonly name: string;
  /** Absent or empty: none is written. */
  readonly group?: string;
  /** For messages: the whole of it. */
  readonly shown: string;
  readonly config: Evidence;
  readonly lines: readonly AccountLine[];
}

function userFindings(subject: Subject): Finding[] {
  if (subject.config === undefined) return [bareTreeFinding(subject)];
  const user = userOf(subject);
  const { config, lines, name, shown } = user;
  const number = accountNumber(name);
  const asRoot = (what: string, line?: AccountLine): Finding[] => [
    finding(subject, "root-user", {
      what,
      subject: "user",
      evidence: line === undefined ? [config] : [config, evidenceOf(line)],
      ...(line === undefined ? {} : { path: line.file }),
    }),
  ];
  if (name.trim() === "") return asRoot("it runs as root: no user is set");
  if (accountNumber(name.trim()) === 0) return asRoot(`it runs as root: ${shown} is user 0`);
  if (number !== undefined) {
    return isPastRange(number)
      ? asRoot(`it may run as root: user ${shown} is past the range of users, and engines may wrap it`)
      : groupFindings(subject, user);
  }
  const [first] = lines;
  if (first === undefined) {
    return name === "root"
      ? asRoot(`it runs as root: the user is ${shown}`)
      : [unknownFinding(subject, user, { kind: "user", name })];
  }
  const worst = lines.find(({ fault, ids: [uid = 0] }) => fault !== undefined || isRoot(uid));
  if (worst !== undefined) return asRoot(`it ${whyRoot(worst, shown)}`, worst);
  const named = finding(subject, "named-user", {
    what: `the user ${shown} is a name; its number is ${first.ids[0] ?? 0}`,
    subject: name.slice(0, shownLengthMax),
    evidence: [config, evidenceOf(first)],
    path: passwdFile,
  });
  return [named, ...groupFindings(subject, user)];
}

function bareTreeFinding(subject: Subject): Finding {
  return finding(subject, "no-user", {
    what: "a bare tree says nothing of who runs it",
    subject: "user",
    evidence: [{ what: "there is no config, so no User" }],
  });
}

/** Longer than any name that a person gave; a text of a config can be of any length. */
const shownLengthMax = 100;

function quoted(text: string): string {
  return JSON.stringify(text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}…` : text);
}

function userOf(subject: Subject): User {
  const written = subject.launch.user;
  const [name = "", group] = written.split(":", 2);
  const number = accountNumber(name);
  const shown = quoted(written);
  return {
    name,
    ...(group === undefined ? {} : { group }),
    shown,
    config: { what: `the config's User is ${shown}`, check: "jq .config.User CONFIG" },
    lines: linesWhere(subject, passwdFile, (line) =>
      number === undefined ? line.name === name : line.ids[0] === number,
    ),
  };
}

function linesWhere(
  subject: Subject,
  file: typeof passwdFile,
  wanted: (line: AccountLine) => boolean,
): AccountLine[] {
  const format = accountFormats.find((one) => one.path === file);
  const text = subject.texts.get(file);
  return format === undefined || text === undefined ? [] : [...accountLines(text, format)].filter(wanted);
}

/** Past the range, some engines keep the lower 32 bits (CVE-2024-40635). */
function isPastRange(id: number): boolean {
  return id < 0 || id > limits.userNumberMax;
}

function isRoot(id: number): boolean {
  return id === 0 || isPastRange(id);
}

function whyRoot({ fault, file, ids: [id = 0] }: AccountLine, shown: string): string {
  if (fault !== undefined)
    return `may run as root: the line of ${shown} in ${file} is malformed, and engines take what is missing for 0`;
  return id === 0
    ? `runs as root: ${shown} is user 0 by ${file}`
    : `may run as root: ${shown} is past the range of users by ${file}, and engines may wrap it`;
}

function unknownFinding(subject: Subject, { config }: User, { kind, name }: Unknown): Finding {
  return finding(subject, "unknown-user", {
    what: `the image has no ${kind} ${quoted(name)}`,
    subject: `${kind} ${name.slice(0, shownLengthMax)}`,
    evidence: [config],
    path: kind === "user" ? passwdFile : groupFile,
  });
}

interface Unknown {
  readonly kind: "user" | "group";
  readonly name: string;
}

/** Of a user that isn't root. */
function groupFindings(subject: Subject, user: User): Finding[] {
  const { config, group = "", lines, shown } = user;
  const ofRoot = (what: string, line?: AccountLine): Finding[] => [
    finding(subject, "root-group", {
      what,
      subject: "group",
      evidence: line === undefined ? [config] : [config, evidenceOf(line)],
    }),
  ];
  if (group === "") {
    const worst =
      lines.find(({ fault, ids: [, gid = 0] }) => fault !== undefined || isRoot(gid)) ??
      rootGroupOf(subject, lines);
    return worst === undefined ? [] : ofRoot(`${shown} is in root's group by ${worst.file}`, worst);
  }
  const number = accountNumber(group);
  if (number !== undefined) {
    if (isPastRange(number))
      return ofRoot(`the group of ${shown} is past the range of groups, and engines may wrap it to root's`);
    return number === 0 ? ofRoot(`${shown} names root's group`) : [];
  }
  const named = linesWhere(subject, groupFile, (line) => line.name === group);
  if (named.length === 0) return [unknownFinding(subject, user, { kind: "group", name: group })];
  const worst = named.find(({ fault, ids: [gid = 0] }) => fault !== undefined || isRoot(gid));
  return worst === undefined ? [] : ofRoot(`${shown} names root's group`, worst);
}

/** The line of root's group that has one of the users as a member. */
function rootGroupOf(subject: Subject, users: readonly AccountLine[]): AccountLine | undefined {
  if (users.length === 0) return undefined;
  const names = new Set(users.map((one) => one.name));
  return linesWhere(
    subject,
    groupFile,
    ({ ids: [gid = 0], members }) => isRoot(gid) && members.some((one) => names.has(one)),
  )[0];
}

/** One for each file that has such lines. */
function malformedFindings(subject: Subject): Finding[] {
  return accountFormats.flatMap((format): Finding[] => {
    let count = 0;
    const evidence: Evidence[] = [];
    for (const line of accountLines(subject.texts.get(format.path) ?? "", format)) {
      if (line.fault === undefined) continue;
      count += 1;
      if (count <= limits.accountLinesToldMax)
        evidence.push({ what: `line ${line.number}: ${line.fault}`, check: `sed -n ${line.number}p FILE` });
    }
    if (count === 0) return [];
    if (count > evidence.length) evidence.push({ what: `and ${count - evidence.length} more lines` });
    const what = count === 1 ? "a line is no account" : `${count} lines are no accounts`;
    return [finding(subject, "malformed-accounts", { what, subject: "lines", evidence, path: format.path })];
  });
}

/** A line's name and numbers; never its password. */
function evidenceOf({ file, ids, name, number }: AccountLine): Evidence {
  const [uid = 0, gid] = ids;
  const numbers = gid === undefined ? `group ${uid}` : `user ${uid}, group ${gid}`;
  return {
    what: `line ${number} of ${file}: ${quoted(name)}, ${numbers}`,
    check: `sed -n ${number}p FILE | cut -d: -f ${gid === undefined ? "1,3" : "1,3,4"}`,
  };
}
