// Who a step runs as: USER's words looked up in the root's own account files, as runc does it (moby/sys user.GetExecUser), whose
// rules images count on: a number needs no line; a name does; a user named alone brings the groups that list it.
import { type Diagnostic, InvalidInput, type Span } from "../../../../base/diagnostics.ts";
import { limits } from "../../../../base/limits.ts";
import { nearestName } from "../../../../base/nearest.ts";

export interface AccountFiles {
  /** The texts of /etc/passwd and /etc/group; empty where the root has none. */
  readonly passwd: string;
  readonly group: string;
}

export interface StepUser {
  readonly uid: number;
  readonly gid: number;
  /** With the main one. */
  readonly groups: readonly number[];
  /** The home folder of the number's first line; "/" where it has none. */
  readonly home: string;
}

interface Line {
  readonly name: string;
  readonly id: number;
  readonly fields: readonly string[];
}

/** @throws InvalidInput "unknown-user", "unknown-group" at `span` */
export function stepUser(text: string, files: AccountFiles, span: Span | undefined): StepUser {
  const [userText, groupText] = splitOnce(text);
  const users = linesOf(files.passwd);
  const uidText = numberOf(userText === "" ? "0" : userText);
  const user = users.find(({ id, name }) => (uidText === undefined ? name === userText : id === uidText));
  const uid = user?.id ?? uidText;
  if (uid === undefined) throw unknown("unknown-user", "user", userText, users, "/etc/passwd", span);
  const groups = linesOf(files.group);
  const group = groupText === undefined || groupText === "" ? undefined : groupOf(groupText, groups, span);
  const gid = group ?? numberOf(user?.fields[3] ?? "") ?? 0;
  const listed =
    group === undefined && user !== undefined ? groups.filter((one) => lists(one, user.name)) : [];
  return {
    uid,
    gid,
    groups: [...new Set([gid, ...listed.map(({ id }) => id)])],
    home: users.find(({ id }) => id === uid)?.fields[5] ?? "/",
  };
}

function groupOf(text: string, groups: readonly Line[], span: Span | undefined): number {
  const number = numberOf(text);
  if (number !== undefined) return number;
  const found = groups.find(({ name }) => name === text);
  if (found === undefined) throw unknown("unknown-group", "group", text, groups, "/etc/group", span);
  return found.id;
}

function lists({ fields }: Line, user: string): boolean {
  return (fields[3] ?? "").split(",").includes(user);
}

function splitOnce(text: string): readonly [string, string?] {
  const cut = text.indexOf(":");
  return cut < 0 ? [text] : [text.slice(0, cut), text.slice(cut + 1)];
}

/** Lines that are accounts; what else stands in the file is passed over, as the C library does. */
function linesOf(text: string): readonly Line[] {
  return text.split("\n").flatMap((line): readonly Line[] => {
    const fields = line.trim().split(":");
    const id = numberOf(fields[2] ?? "");
    return id === undefined || fields[0] === undefined ? [] : [{ name: fields[0], id, fields }];
  });
}

function numberOf(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const number = Number(text);
  return number > limits.userNumberMax ? undefined : number;
}

function unknown(
  rule: "unknown-user" | "unknown-group",
  kind: "user" | "group",
  name: string,
  known: readonly Line[],
  file: string,
  span: Span | undefined,
): InvalidInput {
  const near = nearestName(
    name,
    known.map((one) => one.name),
  );
  const diagnostic: Diagnostic = {
    severity: "error",
    rule,
    message: `the ${kind} ${JSON.stringify(name)} has no line in ${file} of this stage`,
    hint:
      near === undefined
        ? "add it in a step before, or give a number"
        : `did you mean ${JSON.stringify(near)}?`,
    ...(span === undefined ? {} : { span }),
  };
  return new InvalidInput([diagnostic]);
}
