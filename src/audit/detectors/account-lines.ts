// Lines of /etc/passwd and /etc/group as engines read them (moby's user package, which containerd uses too): each line is
// trimmed, there are no comments, and what is no number is taken for 0. Lines that no other reader would take are marked.
import { groupFile, passwdFile } from "../../closure/settings.ts";
import type { TreePath } from "../../tree/path.ts";

export interface AccountLine {
  readonly file: TreePath;
  /** From 1. */
  readonly number: number;
  readonly name: string;
  /** What engines take for its numbers: of passwd the user's and its group's, of group the group's. */
  readonly ids: readonly number[];
  /** Of a group. */
  readonly members: readonly string[];
  /** What is wrong with it; absent where nothing is. */
  readonly fault?: string;
}

/** Fields of a line: name:password:uid:gid:comment:home:shell, and name:password:gid:members. */
interface Format {
  readonly path: TreePath;
  readonly fields: number;
  readonly ids: readonly number[];
  readonly members?: number;
}

export const accountFormats: readonly Format[] = [
  { path: passwdFile, fields: 7, ids: [2, 3] },
  { path: groupFile, fields: 4, ids: [2], members: 3 },
];

/** The lines that are not empty, one at a time: a file can have millions. */
export function* accountLines(text: string, format: Format): Generator<AccountLine> {
  let start = 0;
  for (let number = 1; start <= text.length; number++) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end).trim();
    if (line !== "") yield lineOf(line, number, format);
    start = end + 1;
  }
}

function lineOf(line: string, number: number, format: Format): AccountLine {
  // One more than there should be tells that there are too many.
  const fields = line.split(":", format.fields + 1);
  const members = format.members === undefined ? "" : (fields[format.members] ?? "");
  const fault = faultOf(line, fields, format);
  return {
    file: format.path,
    number,
    name: fields[0] ?? "",
    ids: format.ids.map((at) => accountNumber(fields[at] ?? "") ?? 0),
    members: members === "" ? [] : members.split(","),
    ...(fault === undefined ? {} : { fault }),
  };
}

function faultOf(line: string, fields: readonly string[], format: Format): string | undefined {
  // NIS lines ("+::::") and comments are no accounts, and no mistakes either.
  if (/^[#+-]/.test(line)) return undefined;
  if (fields.length > format.fields) return `it has more than ${format.fields} fields`;
  if (fields.length < format.fields) return `it has ${fields.length} of ${format.fields} fields`;
  if (fields[0] === "") return "it has no name";
  return format.ids.every((at) => /^\d{1,10}$/.test(fields[at] ?? "")) ? undefined : "its number is none";
}

/** A number as strconv.Atoi reads it, with a sign and leading zeros; undefined where it isn't one. */
export function accountNumber(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  // A zero with a sign is zero.
  return Number(text) || 0;
}
