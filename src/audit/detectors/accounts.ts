// Who the program runs as, in every spelling that engines take for root (image-spec config.md "User"; moby's GetExecUser reads
// a number with a sign and leading zeros, and takes a line of passwd that lacks its numbers for user 0).
import { groupFile, passwdFile } from "../../closure/settings.ts";
import type { Evidence } from "../../content/identity.ts";
import type { TreePath } from "../../tree/path.ts";
import type { Finding } from "../finding.ts";
import { finding } from "../make-finding.ts";
import type { Subject } from "../subject.ts";

/** Fields of a line: name:password:uid:gid:comment:home:shell, and name:password:gid:members. */
const files: readonly {
  readonly path: TreePath;
  readonly fields: number;
  readonly numbers: readonly number[];
}[] = [
  { path: passwdFile, fields: 7, numbers: [2, 3] },
  { path: groupFile, fields: 4, numbers: [2] },
];

interface Line {
  readonly file: TreePath;
  /** From 1. */
  readonly number: number;
  readonly fields: readonly string[];
  readonly malformed: boolean;
}

/** What the config's user means in this image, and account lines that can't be read as one. */
export function accountFindings(subject: Subject): Finding[] {
  const lines = files.flatMap((file) => linesOf(subject.texts.get(file.path) ?? "", file));
  return [...userFindings(subject, lines), ...malformedFindings(subject, lines)];
}

function userFindings(subject: Subject, lines: readonly Line[]): Finding[] {
  if (subject.config === undefined) return [];
  const written = subject.launch.user;
  const [user = "", group] = written.split(":", 2);
  const shown = JSON.stringify(written);
  const config: Evidence = { what: `the config's User is ${shown}`, check: "jq .config.User CONFIG" };
  const uid = numberOf(user);
  if (user.trim() === "")
    return [finding(subject, "root-user", { what: "it runs as root: no user is set", evidence: [config] })];
  if (uid !== undefined) {
    if (uid === 0)
      return [
        finding(subject, "root-user", { what: `it runs as root: ${shown} is user 0`, evidence: [config] }),
      ];
    return groupFindings(subject, { written, group, config, lines });
  }
  const line = lines.find((one) => one.file === passwdFile && one.fields[0] === user);
  if (line === undefined) {
    if (user === "root")
      return [
        finding(subject, "root-user", { what: `it runs as root: the user is ${shown}`, evidence: [config] }),
      ];
    const what = `the image has no user ${JSON.stringify(user)}`;
    return [finding(subject, "unknown-user", { what, evidence: [config], path: passwdFile })];
  }
  const evidence = [config, evidenceOf(line)];
  const mapped = line.malformed ? 0 : numberOf(line.fields[2] ?? "");
  if (mapped === undefined || mapped === 0) {
    const what = line.malformed
      ? `it may run as root: the line of ${shown} in ${passwdFile} is malformed, and engines take what is missing for 0`
      : `it runs as root: ${shown} is user 0 by ${passwdFile}`;
    return [finding(subject, "root-user", { what, evidence, path: passwdFile })];
  }
  const what = `the user ${shown} is a name; its number is ${mapped}`;
  return [
    finding(subject, "named-user", { what, evidence, path: passwdFile }),
    ...groupFindings(subject, { written, group, config, lines }),
  ];
}

interface GroupQuestion {
  readonly written: string;
  readonly group: string | undefined;
  readonly config: Evidence;
  readonly lines: readonly Line[];
}

function groupFindings(subject: Subject, { written, group, config, lines }: GroupQuestion): Finding[] {
  if (group === undefined || group === "") return [];
  const line = lines.find((one) => one.file === groupFile && one.fields[0] === group);
  const gid = numberOf(group) ?? (line?.malformed === true ? 0 : numberOf(line?.fields[2] ?? ""));
  if (gid === undefined) {
    const what = `the image has no group ${JSON.stringify(group)}`;
    return [finding(subject, "unknown-user", { what, evidence: [config], path: groupFile })];
  }
  if (gid !== 0) return [];
  const evidence = line === undefined ? [config] : [config, evidenceOf(line)];
  return [
    finding(subject, "root-group", { what: `${JSON.stringify(written)} names root's group`, evidence }),
  ];
}

/** A number as strconv.Atoi reads it; undefined where it isn't one. */
function numberOf(text: string): number | undefined {
  const trimmed = text.trim();
  return /^[+-]?\d+$/.test(trimmed) ? Math.abs(Number(trimmed)) : undefined;
}

function malformedFindings(subject: Subject, lines: readonly Line[]): Finding[] {
  return lines
    .filter((one) => one.malformed)
    .map((line) =>
      finding(subject, "malformed-accounts", {
        what: `line ${line.number} is no account`,
        evidence: [evidenceOf(line)],
        path: line.file,
      }),
    );
}

function linesOf(text: string, file: (typeof files)[number]): Line[] {
  return text.split("\n").flatMap((content, index): Line[] => {
    // NIS lines ("+::::") and comments are no accounts, and no mistakes either.
    if (content === "" || /^[#+-]/.test(content)) return [];
    const fields = content.split(":");
    const malformed =
      fields.length !== file.fields ||
      fields[0] === "" ||
      file.numbers.some((at) => !/^\d{1,10}$/.test(fields[at] ?? ""));
    return [{ file: file.path, number: index + 1, fields, malformed }];
  });
}

function evidenceOf(line: Line): Evidence {
  return {
    what: `line ${line.number} of ${line.file}: ${JSON.stringify(line.fields.join(":").slice(0, 120))}`,
    check: `sed -n ${line.number}p FILE`,
  };
}
