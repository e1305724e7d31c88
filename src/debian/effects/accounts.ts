// From account effects to /etc/passwd, group, shadow and gshadow (passwd(5), group(5), shadow(5), gshadow(5)). Numbers are
// assigned as the tools do: adduser takes the first free pair from 100 upwards, useradd and sysusers from 999 downwards.
// Invariant: the same effects in the same order give the same numbers; a number never changes once it is given.
import { assert } from "../../base/errors.ts";
import { masterGroup, masterPasswd } from "./base-accounts.ts";
import type { EffectAction, IdRange } from "./effect.ts";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly gecos: string;
  readonly home: string;
  readonly shell: string;
}

export interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Numbers that the spec gives to names (`users: {postgres: {uid: 70, gid: 70}}`). */
export interface NumberOverrides {
  readonly uids: ReadonlyMap<string, number>;
  readonly gids: ReadonlyMap<string, number>;
}

export interface AccountTables {
  readonly users: readonly Account[];
  readonly groups: readonly Group[];
}

const noOverrides: NumberOverrides = { uids: new Map(), gids: new Map() };

interface Tables {
  readonly users: Map<string, Account>;
  readonly groups: Map<string, Group>;
  readonly overrides: NumberOverrides;
}

/** All accounts after the effects of every package, in the order in which the packages are configured. */
export function accountsAfter(
  actions: Iterable<EffectAction>,
  overrides: NumberOverrides = noOverrides,
  master: AccountTables = readTables(masterPasswd, masterGroup),
): AccountTables {
  const tables: Tables = {
    users: new Map(master.users.map((user) => [user.name, overridden(user, overrides)])),
    groups: new Map(
      master.groups.map((group) => [
        group.name,
        { ...group, gid: overrides.gids.get(group.name) ?? group.gid },
      ]),
    ),
    overrides,
  };
  for (const action of actions) applyAction(tables, action);
  return { users: [...tables.users.values()], groups: [...tables.groups.values()] };
}

function overridden(user: Account, overrides: NumberOverrides): Account {
  return {
    ...user,
    uid: overrides.uids.get(user.name) ?? user.uid,
    gid: overrides.gids.get(user.name) ?? user.gid,
  };
}

function applyAction(tables: Tables, action: EffectAction): void {
  switch (action.kind) {
    case "group":
      addGroup(tables, action.name, action.gid, action.range);
      break;
    case "user":
      addUser(tables, action);
      break;
    case "membership":
      addMember(tables, action.user, action.group);
      break;
    case "user-change": {
      const user = tables.users.get(action.name);
      if (user === undefined) break;
      const { home = user.home, shell = user.shell, gecos = user.gecos, group } = action;
      const gid = group === undefined ? user.gid : gidOf(tables, group);
      tables.users.set(user.name, { ...user, home, shell, gecos, gid: gid ?? user.gid });
      break;
    }
    default:
      break;
  }
}

function addGroup(tables: Tables, name: string, gid: number | undefined, range: IdRange): number {
  const existing = tables.groups.get(name);
  if (existing !== undefined) return existing.gid;
  const wanted = tables.overrides.gids.get(name) ?? gid ?? freeNumber(range, groupNumbers(tables));
  tables.groups.set(name, { name, gid: wanted, members: [] });
  return wanted;
}

function addUser(tables: Tables, action: Extract<EffectAction, { kind: "user" }>): void {
  if (tables.users.has(action.name)) return;
  const { name, gecos, home, shell } = action;
  const primary = action.group ?? (action.defaultGroup === "same-name" ? name : action.defaultGroup);
  const existing = gidOf(tables, primary);
  // A user and its own new group share a number, so it must be free in both tables.
  const taken =
    existing === undefined ? new Set([...userNumbers(tables), ...groupNumbers(tables)]) : userNumbers(tables);
  const uid = tables.overrides.uids.get(name) ?? action.uid ?? freeNumber(action.range, taken);
  const gid = existing ?? addGroup(tables, primary, uid, action.range);
  tables.users.set(name, { name, uid, gid, gecos, home, shell });
}

function userNumbers(tables: Tables): Set<number> {
  return new Set([...tables.users.values()].map((user) => user.uid));
}

function groupNumbers(tables: Tables): Set<number> {
  return new Set([...tables.groups.values()].map((group) => group.gid));
}

function gidOf(tables: Tables, group: string): number | undefined {
  return /^\d+$/.test(group) ? Number(group) : tables.groups.get(group)?.gid;
}

function addMember(tables: Tables, user: string, groupName: string): void {
  const gid = addGroup(tables, groupName, undefined, "useradd-system");
  const group = tables.groups.get(groupName) ?? { name: groupName, gid, members: [] };
  if (group.members.includes(user) || tables.users.get(user)?.gid === gid) return;
  tables.groups.set(groupName, { ...group, members: [...group.members, user] });
}

/** The first free number of a range (adduser.conf(5), login.defs(5)). */
function freeNumber(range: IdRange, taken: ReadonlySet<number>): number {
  const [from, to] =
    range === "adduser-system" ? [100, 999] : range === "useradd-system" ? [999, 100] : [1000, 59_999];
  const step = from < to ? 1 : -1;
  for (let number = from; number !== to + step; number += step) if (!taken.has(number)) return number;
  assert(false, `no number is left in the range ${range}`);
}

export function readTables(passwd: string, group: string): AccountTables {
  return {
    users: rowsOf(passwd).map(([name = "", , uid = "", gid = "", gecos = "", home = "", shell = ""]) => ({
      name,
      uid: Number(uid),
      gid: Number(gid),
      gecos,
      home,
      shell,
    })),
    groups: rowsOf(group).map(([name = "", , gid = "", members = ""]) => ({
      name,
      gid: Number(gid),
      members: members === "" ? [] : members.split(","),
    })),
  };
}

function rowsOf(table: string): string[][] {
  return table.split("\n").flatMap((row) => (row.trim() === "" ? [] : [row.split(":")]));
}

/** The four files' text. Every account is locked: an image has no passwords. `days`: of the last change, since the epoch. */
export function accountFiles(
  tables: AccountTables,
  days: number,
): Readonly<Record<"passwd" | "group" | "shadow" | "gshadow", string>> {
  const lines = (rows: readonly string[]): string => rows.map((row) => `${row}\n`).join("");
  return {
    passwd: lines(
      tables.users.map((user) =>
        [user.name, "x", user.uid, user.gid, user.gecos, user.home, user.shell].join(":"),
      ),
    ),
    group: lines(
      tables.groups.map((group) => [group.name, "x", group.gid, group.members.join(",")].join(":")),
    ),
    shadow: lines(tables.users.map((user) => `${user.name}:*:${days}:0:99999:7:::`)),
    gshadow: lines(tables.groups.map((group) => `${group.name}:*::${group.members.join(",")}`)),
  };
}
