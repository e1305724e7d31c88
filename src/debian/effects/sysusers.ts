// sysusers.d(5): users and groups that a package declares in a file. Specifiers that depend on the machine make a line
// unusable, which is said; comments and blank lines are skipped.
import type { Diagnostic } from "../../base/diagnostics.ts";
import { splitConfigLine } from "./config-line.ts";
import type { EffectAction } from "./effect.ts";

export interface Declared {
  readonly actions: readonly EffectAction[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The effects of one sysusers.d file. */
export function parseSysusers(text: string, file: string): Declared {
  const actions: EffectAction[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const fields = splitConfigLine(line);
    const [type] = fields;
    if (type === undefined) continue;
    const found = actionsOf(fields);
    if (found === undefined) diagnostics.push(notUnderstood(file, index + 1, line));
    else actions.push(...found);
  }
  return { actions, diagnostics };
}

export function notUnderstood(file: string, line: number, text: string): Diagnostic {
  return {
    severity: "error",
    rule: "declarative-file",
    message: `this line of ${file} is not understood: ${text.trim()}`,
    span: { file, line, column: 1, endLine: line, endColumn: text.length + 1 },
  };
}

const name = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

function actionsOf(fields: readonly string[]): EffectAction[] | undefined {
  const [type = "", subject = "", id = "-", gecos = "-", home = "-", shell = "-"] = fields;
  switch (type.replace(/[!]$/, "")) {
    case "u":
      return name.test(subject) ? userActions(subject, id, gecos, home, shell) : undefined;
    case "g": {
      const gid = numberOf(id);
      if (!name.test(subject) || (gid === undefined && id !== "-")) return undefined;
      return [group(subject, gid)];
    }
    case "m":
      return name.test(subject) && name.test(id)
        ? [group(id, undefined), { kind: "membership", user: subject, group: id }]
        : undefined;
    case "r":
      return [];
    default:
      return undefined;
  }
}

function group(groupName: string, gid: number | undefined): EffectAction {
  return {
    kind: "group",
    name: groupName,
    range: "useradd-system",
    ...(gid === undefined ? {} : { gid }),
  };
}

/** ID is "uid", "uid:gid", "uid:group" or "-". A user without a given group gets one of its name and number. */
function userActions(
  user: string,
  id: string,
  gecos: string,
  home: string,
  shell: string,
): EffectAction[] | undefined {
  const [uidText = "-", groupText] = id.split(":");
  const uid = numberOf(uidText);
  if (uid === undefined && uidText !== "-") return undefined;
  return [
    {
      kind: "user",
      name: user,
      ...(groupText === undefined ? {} : { group: groupText }),
      defaultGroup: "same-name",
      home: home === "-" ? "/" : home,
      shell: shell === "-" ? (uid === 0 ? "/bin/sh" : "/usr/sbin/nologin") : shell,
      gecos: gecos === "-" ? "" : gecos,
      range: "useradd-system",
      createHome: false,
      ...(uid === undefined ? {} : { uid }),
    },
  ];
}

function numberOf(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
