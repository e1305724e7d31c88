// Users and groups: adduser(8), addgroup(8), useradd(8), groupadd(8), usermod(8), and the questions getent(1) and id(1).
import type { KnownUser } from "../effect.ts";
import { emit } from "../emit.ts";
import { known, unknown } from "../value.ts";
import {
  type Call,
  type Handler,
  literal,
  notUnderstood,
  type Outcome,
  optionOf,
  parseOptions,
  printed,
  success,
  undecided,
} from "./call.ts";

const adduserOptions = [
  "system",
  "group",
  "ingroup:",
  "uid:",
  "gid:",
  "home:",
  "shell:",
  "comment=gecos:",
  "no-create-home",
  "disabled-login",
  "disabled-password",
  "quiet=q",
  "verbose",
  "debug",
  "force-badname=allow-badname=allow-bad-names",
  "allow-all-names",
  "firstuid:",
  "lastuid:",
  "firstgid:",
  "lastgid:",
  "conf:",
  "add_extra_groups=add-extra-groups",
  "encrypt-home",
];

function nologin(shell: string | undefined): string {
  return shell ?? "/usr/sbin/nologin";
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function addUser(call: Call, words: readonly string[]): Outcome {
  const options = parseOptions(words, adduserOptions);
  const { values, operands } = options;
  if (options.stranger !== undefined)
    return notUnderstood(call, `its option ${options.stranger} is not modelled`);
  const [name, group] = operands;
  if (name === undefined) return notUnderstood(call, "it names no user");
  if (group !== undefined) return addMember(call, name, group);
  if (values.has("group") && !values.has("system")) return addGroup(call, words);
  if (!values.has("system"))
    return notUnderstood(call, "a user for a person is made by the spec, not by a package");
  if (call.state.users.has(name)) return success;
  const withGroup = values.has("group");
  const gid = number(optionOf(options, "gid"));
  if (withGroup && gid !== undefined) makeGroup(call, name, gid, "adduser-system");
  const primary = optionOf(options, "ingroup") ?? (withGroup ? undefined : optionOf(options, "gid"));
  const home = optionOf(options, "home") ?? "/nonexistent";
  makeUser(call, {
    name,
    uid: number(optionOf(options, "uid")),
    group: primary,
    defaultGroup: withGroup ? "same-name" : "nogroup",
    home,
    shell: nologin(optionOf(options, "shell")),
    gecos: optionOf(options, "gecos") ?? "",
    range: "adduser-system",
    createHome: !values.has("no-create-home") && values.has("home") && home !== "/nonexistent",
  });
  return success;
}

interface UserWish {
  readonly name: string;
  readonly uid: number | undefined;
  readonly group: string | undefined;
  readonly defaultGroup: "nogroup" | "same-name" | "users";
  readonly home: string;
  readonly shell: string;
  readonly gecos: string;
  readonly range: "adduser-system" | "useradd-system" | "ordinary";
  readonly createHome: boolean;
}

function makeUser(call: Call, wish: UserWish): void {
  const { uid, group, ...rest } = wish;
  const primary = group ?? (wish.defaultGroup === "same-name" ? wish.name : wish.defaultGroup);
  call.state.users.set(wish.name, { groups: [primary], home: wish.home });
  if (wish.defaultGroup === "same-name" && group === undefined) call.state.groups.add(wish.name);
  emit(call.state, call.extent, {
    kind: "user",
    ...rest,
    ...(uid === undefined ? {} : { uid }),
    ...(group === undefined ? {} : { group }),
  });
}

function makeGroup(call: Call, name: string, gid: number | undefined, range: UserWish["range"]): void {
  if (call.state.groups.has(name)) return;
  call.state.groups.add(name);
  emit(call.state, call.extent, { kind: "group", name, range, ...(gid === undefined ? {} : { gid }) });
}

function addMember(call: Call, user: string, group: string): Outcome {
  const existing = call.state.users.get(user);
  const groups = existing?.groups ?? [];
  if (existing !== undefined && groups.includes(group)) return success;
  emit(call.state, call.extent, { kind: "membership", user, group });
  if (existing !== undefined) call.state.users.set(user, { ...existing, groups: [...groups, group] });
  return success;
}

function addGroup(call: Call, words: readonly string[]): Outcome {
  const options = parseOptions(words, adduserOptions);
  if (options.stranger !== undefined)
    return notUnderstood(call, `its option ${options.stranger} is not modelled`);
  const [name] = options.operands;
  if (name === undefined) return notUnderstood(call, "it names no group");
  const range = options.values.has("system") ? "adduser-system" : "ordinary";
  makeGroup(call, name, number(optionOf(options, "gid")), range);
  return success;
}

const useraddOptions = [
  "r=system",
  "U=user-group",
  "N=no-user-group",
  "g=gid:",
  "u=uid:",
  "d=home-dir=home:",
  "s=shell:",
  "c=comment:",
  "M=no-create-home",
  "m=create-home",
  "l=no-log-init",
  "o=non-unique",
  "G=groups:",
  "b=base-dir:",
  "f=inactive:",
  "p=password:",
  "K=key:",
  "a=append",
  "L=lock",
  "e=expiredate:",
];

function useradd(call: Call, words: readonly string[]): Outcome {
  const options = parseOptions(words, useraddOptions);
  const { values, operands } = options;
  const [name] = operands;
  if (options.stranger !== undefined || name === undefined) {
    return notUnderstood(call, `its option ${options.stranger ?? "(none)"} is not modelled`);
  }
  if (call.state.users.has(name)) return { status: 9 };
  const system = values.has("system");
  makeUser(call, {
    name,
    uid: number(optionOf(options, "uid")),
    group: optionOf(options, "gid"),
    defaultGroup: values.has("no-user-group") ? "users" : "same-name",
    home: optionOf(options, "home") ?? `/home/${name}`,
    shell: optionOf(options, "shell") ?? "/bin/sh",
    gecos: optionOf(options, "comment") ?? "",
    range: system ? "useradd-system" : "ordinary",
    createHome: values.has("create-home"),
  });
  for (const group of optionOf(options, "groups")?.split(",") ?? []) addMember(call, name, group);
  return success;
}

function groupadd(call: Call, words: readonly string[]): Outcome {
  const options = parseOptions(words, [
    "r=system",
    "g=gid:",
    "f=force",
    "o=non-unique",
    "K=key:",
    "p=password:",
  ]);
  const [name] = options.operands;
  if (options.stranger !== undefined || name === undefined) {
    return notUnderstood(call, `its option ${options.stranger ?? "(none)"} is not modelled`);
  }
  if (call.state.groups.has(name)) return options.values.has("force") ? success : { status: 9 };
  const range = options.values.has("system") ? "useradd-system" : "ordinary";
  makeGroup(call, name, number(optionOf(options, "gid")), range);
  return success;
}

function usermod(call: Call, words: readonly string[]): Outcome {
  const options = parseOptions(words, useraddOptions);
  const [name] = options.operands;
  const unmodelled = ["uid", "expiredate", "password"].find((option) => options.values.has(option));
  if (options.stranger !== undefined || name === undefined || unmodelled !== undefined) {
    return notUnderstood(call, `its option ${options.stranger ?? unmodelled ?? "(none)"} is not modelled`);
  }
  for (const group of optionOf(options, "groups")?.split(",") ?? []) addMember(call, name, group);
  const changes = {
    ...given("home", optionOf(options, "home")),
    ...given("shell", optionOf(options, "shell")),
    ...given("gecos", optionOf(options, "comment")),
    ...given("group", optionOf(options, "gid")),
  };
  if (Object.keys(changes).length > 0)
    emit(call.state, call.extent, { kind: "user-change", name, ...changes });
  return success;
}

function given<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, string>>);
}

/** gpasswd(1) -a USER GROUP. */
function gpasswd(call: Call, words: readonly string[]): Outcome {
  const [option, user, group] = words;
  if ((option !== "-a" && option !== "--add") || user === undefined || group === undefined) {
    return notUnderstood(call, "this form of gpasswd is not modelled");
  }
  return addMember(call, user, group);
}

/** Accounts that a fresh image does not have are already gone. */
function removeAccount(call: Call, words: readonly string[]): Outcome {
  const name = words.findLast((word) => !word.startsWith("-")) ?? "";
  const there = call.state.users.has(name) || call.state.groups.has(name);
  return there ? notUnderstood(call, "it removes an account") : { status: 2 };
}

/** getent(1) for accounts: those of base-passwd, of packages configured before, and of this script. */
function getent(call: Call, words: readonly string[]): Outcome {
  const [database, ...keys] = words.filter((word) => !word.startsWith("-"));
  const [key] = keys;
  if (key === undefined)
    return undecided("the list of accounts is not known", unknown("the list of accounts is not known"));
  const table = database === "group" || database === "gshadow" ? "group" : "user";
  if (database !== "passwd" && database !== "group" && database !== "shadow")
    return undecided(`getent ${database ?? ""}`);
  const there = table === "group" ? call.state.groups.has(key) : call.state.users.has(key);
  if (!there) return { status: 2, output: known("") };
  return { status: 0, output: unknown(`the entry of ${key} is not known`) };
}

function id(call: Call, words: readonly string[]): Outcome {
  const flags = words.filter((word) => word.startsWith("-")).join("");
  const name = words.find((word) => !word.startsWith("-"));
  if (name === undefined) {
    if (call.state.account !== "root") return undecided("which user runs it");
    return printed(flags.includes("n") ? "root\n" : "0\n");
  }
  const user: KnownUser | undefined = call.state.users.get(name);
  if (user === undefined) return { status: 1, output: known("") };
  if (!flags.includes("n"))
    return { status: 0, output: unknown(`the numbers of ${name} are assigned later`) };
  if (flags.includes("G")) return printed(`${user.groups.join(" ")}\n`);
  return printed(`${flags.includes("g") ? (user.groups[0] ?? "") : name}\n`);
}

/** chsh, chfn, passwd -l: what they set is the default of system accounts. */
function lockAccount(call: Call, words: readonly string[]): Outcome {
  return words.includes("-l") || words.includes("--lock")
    ? success
    : notUnderstood(call, "it changes an account");
}

export const accountCommands: Readonly<Record<string, Handler>> = {
  adduser: literal(addUser),
  addgroup: literal(addGroup),
  useradd: literal(useradd),
  groupadd: literal(groupadd),
  usermod: literal(usermod),
  gpasswd: literal(gpasswd),
  deluser: literal(removeAccount),
  delgroup: literal(removeAccount),
  userdel: literal(removeAccount),
  groupdel: literal(removeAccount),
  getent: literal(getent),
  id: literal(id),
  passwd: literal(lockAccount),
};
