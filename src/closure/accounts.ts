// The user that the program runs as. A name has to be in /etc/passwd, or the runtime refuses to start the container; a number
// needs no line there (OCI image-spec config.md "User").
import { path, treePath } from "../tree/path.ts";
import { resolve } from "../tree/resolve.ts";
import type { Reason } from "./closure.ts";
import { groupFile, passwdFile } from "./settings.ts";
import { addMissing, addUnproven, keepPath, type Work } from "./work.ts";

/** Keeps the account files and the home folder of the user; a named user or group without a line is missing. */
export function keepAccounts(work: Work): void {
  const [user = "", group = ""] = work.input.launch.user.split(":");
  if (user === "") return;
  const account = requireLine(work, user, passwdFile);
  if (group !== "") requireLine(work, group, groupFile);
  const home = account?.[5];
  const folder = home === undefined ? undefined : treePath(home);
  if (folder === undefined || folder === path("/") || resolve(work.input.tree, folder) === undefined) return;
  keepPath(work, folder, reasonOf(work, `home folder of ${user}`), "ship");
}

/** The line for a name or a number, as its fields. */
function requireLine(work: Work, wanted: string, file: typeof passwdFile): readonly string[] | undefined {
  // As engines read it (strconv.Atoi): with a sign, and with leading zeros.
  const number = /^[+-]?\d+$/.test(wanted) ? Number(wanted) : undefined;
  const evidence = `user ${work.input.launch.user}`;
  const there = resolve(work.input.tree, file) !== undefined;
  if (there) keepPath(work, file, reasonOf(work, evidence), "ship");
  const text = work.input.settings?.get(file);
  if (text === undefined && there) {
    if (number === undefined) {
      const why = `not read: whether it names ${wanted} is not known`;
      addUnproven(work, { path: file, kind: "unread", why });
    }
    return undefined;
  }
  const lines = (text ?? "").split("\n").map((line) => line.split(":"));
  const found = lines.find(([name, , id = ""]) =>
    number === undefined ? name === wanted : /^\d+$/.test(id) && Number(id) === number,
  );
  if (found === undefined && number === undefined) {
    addMissing(work, { what: `${wanted} in ${file}`, kind: "account", neededBy: "user", evidence });
  }
  return found;
}

function reasonOf(work: Work, evidence: string): Reason {
  return { from: `user ${work.input.launch.user}`, kind: "account", evidence, confidence: "certain" };
}
