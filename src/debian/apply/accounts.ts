// The accounts of an image while effects are applied: passwd(5) and group(5) as values. Debian's static ids (base-passwd's
// master files) are known by name from the beginning; they enter the image's files only where something uses them.
import { ToolError } from "../../base/errors.ts";
import { masterGroup, masterPasswd } from "../effects/base-accounts.ts";
import type { IdRange } from "../effects/effect.ts";

export interface User {
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

/** A mutable register, owned by one application of effects. */
export interface Accounts {
  readonly users: Map<string, User>;
  readonly groups: Map<string, Group>;
}

/** Where a shell is none. */
export const noLogin = "/usr/sbin/nologin";

const staticUsers: ReadonlyMap<string, User> = new Map(
  rowsOf(masterPasswd).map(([name = "", , uid = "", gid = "", gecos = "", home = ""]) => [
    name,
    { name, uid: Number(uid), gid: Number(gid), gecos, home, shell: noLogin },
  ]),
);

const staticGroups: ReadonlyMap<string, number> = new Map(
  rowsOf(masterGroup).map(([name = "", , gid = ""]) => [name, Number(gid)]),
);

function rowsOf(text: string): string[][] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(":"));
}

/** Root, nobody, and the accounts that the user declares; these come first, so packages find their names taken. */
export function startAccounts(declared: readonly User[], groups: readonly Group[]): Accounts {
  const accounts: Accounts = {
    users: new Map([
      ["root", { name: "root", uid: 0, gid: 0, gecos: "root", home: "/root", shell: noLogin }],
      [
        "nobody",
        { name: "nobody", uid: 65_534, gid: 65_534, gecos: "nobody", home: "/nonexistent", shell: noLogin },
      ],
    ]),
    groups: new Map([
      ["root", { name: "root", gid: 0, members: [] }],
      ["nogroup", { name: "nogroup", gid: 65_534, members: [] }],
    ]),
  };
  for (const group of groups) accounts.groups.set(group.name, group);
  for (const user of declared) accounts.users.set(user.name, user);
  return accounts;
}

/** The user of a name or number; a static one of Debian is taken in. */
export function findUser(accounts: Accounts, name: string): User | undefined {
  const known = accounts.users.get(name);
  if (known !== undefined) return known;
  const user = staticUsers.get(name);
  if (user !== undefined) accounts.users.set(name, user);
  return user;
}

/** The id of a group's name or number; a static one of Debian is taken in. */
export function findGroupId(accounts: Accounts, name: string): number | undefined {
  const known = accounts.groups.get(name);
  if (known !== undefined) return known.gid;
  const gid = staticGroups.get(name);
  if (gid !== undefined) {
    accounts.groups.set(name, { name, gid, members: [] });
    return gid;
  }
  return /^\d+$/.test(name) ? Number(name) : undefined;
}

/** The id of a user's name or number. */
export function findUserId(accounts: Accounts, name: string): number | undefined {
  return findUser(accounts, name)?.uid ?? (/^\d+$/.test(name) ? Number(name) : undefined);
}

export function addUser(accounts: Accounts, user: User): void {
  accounts.users.set(user.name, user);
}

export function addGroup(accounts: Accounts, name: string, gid: number): void {
  if (!accounts.groups.has(name)) accounts.groups.set(name, { name, gid, members: [] });
}

export function isGroupIdFree(accounts: Accounts, gid: number): boolean {
  return ![...accounts.groups.values()].some((group) => group.gid === gid);
}

export function addMember(accounts: Accounts, user: string, group: string): void {
  const gid = findGroupId(accounts, group);
  const held = accounts.groups.get(group);
  if (gid === undefined || held === undefined || held.members.includes(user)) return;
  accounts.groups.set(group, { ...held, members: [...held.members, user].sort() });
}

/**
 * The next free id of a range: adduser counts upwards from 100, useradd --system and sysusers downwards from 999, ordinary
 * accounts upwards from 1000. Ids in use as either user or group are passed over, so that both can be equal.
 * @throws ToolError "limit" where the range is used up
 */
export function nextId(accounts: Accounts, range: IdRange): number {
  const taken = new Set<number>([
    ...[...accounts.users.values()].flatMap(({ uid, gid }) => [uid, gid]),
    ...[...accounts.groups.values()].map(({ gid }) => gid),
    ...staticGroups.values(),
  ]);
  const [start, step] =
    range === "adduser-system" ? [100, 1] : range === "useradd-system" ? [999, -1] : [1000, 1];
  let id = start;
  while (taken.has(id)) id += step;
  if (id >= idMin && id <= idMax) return id;
  throw new ToolError("limit", {
    what: "making an account",
    why: `every id from ${idMin} to ${idMax} that a script may take is taken`,
  });
}

const idMin = 100;
const idMax = 59_999;

/** passwd(5). `shells` tells which shells the image has; every other is replaced. */
export function passwdText(accounts: Accounts, hasShell: (shell: string) => boolean): string {
  return [...accounts.users.values()]
    .sort((a, b) => a.uid - b.uid || (a.name < b.name ? -1 : 1))
    .map(({ name, uid, gid, gecos, home, shell }) => {
      const login = shell === noLogin || hasShell(shell) ? shell : noLogin;
      return lineOf([name, "x", String(uid), String(gid), gecos, home, login]);
    })
    .join("");
}

/** group(5). */
export function groupText(accounts: Accounts): string {
  return [...accounts.groups.values()]
    .sort((a, b) => a.gid - b.gid || (a.name < b.name ? -1 : 1))
    .map(({ name, gid, members }) => lineOf([name, "x", String(gid), members.join(",")]))
    .join("");
}

/** What would end a field or a line is no part of a field: adduser and useradd refuse it. */
function lineOf(fields: readonly string[]): string {
  return `${fields.map((field) => field.replace(/[:\n\0]/g, " ")).join(":")}\n`;
}
