// Users and owners that a spec names: each is a number, in `users`, one of the base accounts, or one that a package may
// bring (that is known only when its scripts are read).
import type { Span } from "../../base/diagnostics.ts";
import { nearestName } from "../../base/nearest.ts";
import { field, lenient } from "../../formats/document/nodes.ts";
import type { MapNode, YamlNode } from "../../formats/document/yaml-nodes.ts";
import type { SpecProblems } from "./rules.ts";

/** Accounts that every Debian system has (base-passwd). */
const baseUsers = [
  "root",
  "daemon",
  "bin",
  "sys",
  "sync",
  "games",
  "man",
  "lp",
  "mail",
  "news",
  "uucp",
  "proxy",
].concat(["www-data", "backup", "list", "irc", "_apt", "nobody"]);

export function checkAccounts(root: MapNode, problems: SpecProblems): void {
  const run = lenient.map(field(root, "run"));
  if (run === undefined) return;
  checkNumbers(run, problems);
  const declared = lenient.entries(run, "users").map((entry) => entry.key);
  const known = new Set([...declared, ...baseUsers]);
  const fromPackages = lenient.items(run, "packages").length > 0;
  for (const node of namedUsers(root, run)) {
    const name = (lenient.text(node) ?? "").replace(/:.*$/, "");
    if (!/^[a-z_]/.test(name) || known.has(name)) continue;
    const nearest = nearestName(name, declared);
    const hint =
      nearest === undefined ? `add it to users: {${name}: {uid: 1000}}` : `did you mean ${nearest}?`;
    if (!fromPackages) problems.error("unknown-user", node.span, `there is no user ${name} in users`, hint);
    else if (nearest !== undefined) {
      const message = `${name} is not in users; the build fails unless a package brings it`;
      problems.warning("unknown-user", node.span, message, hint);
    }
  }
}

/** Every place that names a user of the image. */
function namedUsers(root: MapNode, run: MapNode): YamlNode[] {
  const holders = [
    ...lenient.entries(run, "files").map((entry) => entry.value),
    ...lenient.entries(run, "directories").map((entry) => entry.value),
    ...lenient.items(run, "copy"),
  ];
  const owners = holders.map((node) => fieldOf(node, "owner"));
  const tests = lenient.items(root, "test").map((node) => fieldOf(node, "user"));
  return [field(run, "user"), ...owners, ...tests].filter((node) => node !== undefined);
}

function fieldOf(node: YamlNode, name: string): YamlNode | undefined {
  const map = lenient.map(node);
  return map === undefined ? undefined : field(map, name);
}

function checkNumbers(run: MapNode, problems: SpecProblems): void {
  const byUid = new Map<number, { readonly name: string; readonly span: Span }>();
  const groups = new Map<number, string>();
  for (const { key, keySpan, value } of lenient.entries(run, "users")) {
    if (key === "root") problems.error("conflicting-ids", keySpan, "root is there already, with the uid 0");
    const uid = fieldOf(value, "uid");
    if (uid?.kind !== "scalar" || typeof uid.value !== "number") continue;
    if (uid.value === 0 && key !== "root") {
      problems.error(
        "conflicting-ids",
        uid.span,
        `the uid 0 is root's; ${key} would be root by another name`,
      );
    }
    const first = byUid.get(uid.value);
    if (first !== undefined) {
      problems.error("conflicting-ids", uid.span, `${key} and ${first.name} have the same uid ${uid.value}`);
    }
    byUid.set(uid.value, { name: key, span: uid.span });
    const gid = fieldOf(value, "gid") ?? uid;
    const group = lenient.text(fieldOf(value, "group")) ?? key;
    if (gid.kind !== "scalar" || typeof gid.value !== "number") continue;
    const other = groups.get(gid.value) ?? group;
    if (other !== group && first === undefined) {
      problems.error(
        "conflicting-ids",
        gid.span,
        `the groups ${group} and ${other} have the same gid ${gid.value}`,
      );
    }
    groups.set(gid.value, other);
  }
}
