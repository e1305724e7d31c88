// The ids behind an owner of a file operation: numbers as they are, names by the tree's passwd(5) and group(5), read as
// moby/sys/user does (the first line of a name counts, spaces around a line don't).
//
// A name without an account is a mistake here. BuildKit takes it for root.
import { collect } from "../../../base/bytes.ts";
import type { Span } from "../../../base/diagnostics.ts";
import { limits } from "../../../base/limits.ts";
import { nearestName } from "../../../base/nearest.ts";
import type { Owner } from "../../../graph/operation.ts";
import { path, type TreePath } from "../../../tree/path.ts";
import { resolve } from "../../../tree/resolve.ts";
import type { Tree } from "../../../tree/tree.ts";
import { refuse } from "./refuse.ts";

export interface OwnerIds {
  readonly uid: number;
  readonly gid: number;
}

const passwd = path("/etc/passwd");
const group = path("/etc/group");

/** @throws InvalidInput for a name without an account; ToolError "limit" where an account file is too large */
export async function ownerIds(owner: Owner, tree: Tree, span: Span | undefined): Promise<OwnerIds> {
  const { user } = owner;
  let ids: OwnerIds;
  if (typeof user === "number") ids = { uid: user, gid: user };
  else if (user === "") ids = { uid: 0, gid: 0 };
  else {
    const [, , uid, gid] = await lineOf(tree, passwd, "user", user, span);
    ids = { uid: numberOf(uid), gid: numberOf(gid) };
  }
  if (owner.group === undefined || owner.group === "") return ids;
  if (typeof owner.group === "number") return { ...ids, gid: owner.group };
  const [, , gid] = await lineOf(tree, group, "group", owner.group, span);
  return { ...ids, gid: numberOf(gid) };
}

/** The fields of a name's line; of a number's, where it is written as a text. */
async function lineOf(
  tree: Tree,
  file: TreePath,
  what: "user" | "group",
  name: string,
  span: Span | undefined,
): Promise<readonly string[]> {
  const entry = resolve(tree, file)?.entry;
  const bytes =
    entry?.kind === "file" ? await collect(entry.content, limits.settingsBytesMax, file) : undefined;
  const lines = Buffer.from(bytes ?? [])
    .toString()
    .split("\n")
    .map((line) => line.trim().split(":"));
  const found = lines.find(([known]) => known === name);
  if (found !== undefined) return found;
  if (/^\d+$/.test(name)) return ["", "", name, name];
  const near = nearestName(
    name,
    lines.map(([known = ""]) => known).filter((known) => known !== ""),
  );
  const advice = `a number needs no account; RUN ${what}add makes one`;
  const hint = near === undefined ? advice : `did you mean ${JSON.stringify(near)}? ${advice}`;
  const place = bytes === undefined ? `there is no ${file}` : `${file} has no such name`;
  return refuse(
    { rule: "file-owner", message: `unknown ${what} ${JSON.stringify(name)}: ${place}`, hint },
    span,
  );
}

/** As strconv.Atoi, with 0 for what is no number. */
function numberOf(text: string | undefined): number {
  const number = /^[+-]?\d+$/.test(text ?? "") ? Number(text) : 0;
  return number >= 0 && number <= limits.userNumberMax ? number : 0;
}
