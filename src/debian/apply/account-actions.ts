// Effects on accounts: adduser(8), useradd(8), usermod(8), sysusers.d(5).
import type { Origin } from "../../tree/entry.ts";
import { treePath } from "../../tree/path.ts";
import type { EffectAction } from "../effects/effect.ts";
import { addGroup, addMember, addUser, findGroupId, findUser, isGroupIdFree, nextId } from "./accounts.ts";
import { type Applying, changeAttributes, found, makeFolder } from "./applying.ts";

type AccountAction = Extract<EffectAction, { kind: "user" | "group" | "membership" | "user-change" }>;
type UserAction = Extract<AccountAction, { kind: "user" }>;

export function applyAccountAction(state: Applying, action: AccountAction, origin: Origin): void {
  const { accounts } = state;
  switch (action.kind) {
    case "group":
      if (findGroupId(accounts, action.name) === undefined) {
        addGroup(accounts, action.name, action.gid ?? nextId(accounts, action.range));
      }
      return;
    case "membership":
      addMember(accounts, action.user, action.group);
      return;
    case "user":
      makeUser(state, action, origin);
      return;
    case "user-change": {
      const user = findUser(accounts, action.name);
      if (user === undefined) return;
      const gid = action.group === undefined ? undefined : findGroupId(accounts, action.group);
      addUser(accounts, {
        ...user,
        gid: gid ?? user.gid,
        home: action.home ?? user.home,
        shell: action.shell ?? user.shell,
        gecos: action.gecos ?? user.gecos,
      });
    }
  }
}

function makeUser(state: Applying, action: UserAction, origin: Origin): void {
  const { accounts } = state;
  if (findUser(accounts, action.name) === undefined) {
    const uid = action.uid ?? nextId(accounts, action.range);
    const { name, home, shell, gecos } = action;
    addUser(accounts, { name, uid, gid: primaryGroup(state, action, uid), home, shell, gecos });
  }
  if (!action.createHome) return;
  const home = treePath(action.home);
  const user = findUser(accounts, action.name);
  if (home === undefined || user === undefined || found(state, home) !== undefined) return;
  const made = makeFolder(state, home, origin);
  if (made === undefined) return;
  changeAttributes(state, made, { user: user.name, group: String(user.gid) });
}

function primaryGroup(
  state: Applying,
  { name, group, defaultGroup, range }: UserAction,
  uid: number,
): number {
  const { accounts } = state;
  if (group !== undefined) return findGroupId(accounts, group) ?? uid;
  if (defaultGroup === "nogroup") return findGroupId(accounts, "nogroup") ?? 65_534;
  if (defaultGroup === "users") return findGroupId(accounts, "users") ?? 100;
  const known = findGroupId(accounts, name);
  if (known !== undefined) return known;
  // The same number as the user's, unless the user's was given and a group has it.
  const gid = isGroupIdFree(accounts, uid) ? uid : nextId(accounts, range);
  addGroup(accounts, name, gid);
  return gid;
}
