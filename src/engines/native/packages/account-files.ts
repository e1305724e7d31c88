// /etc/passwd and /etc/group as tree entries, and the ids behind the owners that a spec names.
import { bytesOf } from "../../../base/bytes.ts";
import { type Digest, digestOf } from "../../../base/digest.ts";
import { type Facts, factsOf } from "../../../content/facts.ts";
import {
  type Accounts,
  findGroupId,
  findUser,
  findUserId,
  groupText,
  passwdText,
} from "../../../debian/apply/accounts.ts";
import { inMemory } from "../../../formats/random-access.ts";
import type { Entry, FileEntry } from "../../../tree/entry.ts";
import { path, treePath } from "../../../tree/path.ts";
import { resolve } from "../../../tree/resolve.ts";
import type { Tree } from "../../../tree/tree.ts";
import type { Owner } from "./additions.ts";

export interface AccountFiles {
  readonly entries: readonly Entry[];
  readonly facts: ReadonlyMap<Digest, Facts>;
}

/** The effect that these files are of. */
export const accountOrigin = "accounts";

/** passwd and group; there is no shadow, since nobody logs in. */
export function accountEntries(accounts: Accounts, tree: Tree, mtime: number): AccountFiles {
  const hasShell = (shell: string): boolean => {
    const at = treePath(shell);
    return shell.startsWith("/") && at !== undefined && resolve(tree, at) !== undefined;
  };
  const facts = new Map<Digest, Facts>();
  const file = (name: string, text: string): FileEntry => {
    const bytes = Buffer.from(text);
    const digest = digestOf(bytes);
    facts.set(digest, factsOf(inMemory(bytes)));
    return {
      kind: "file",
      path: path(name),
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtime,
      origins: [{ kind: "effect", effect: accountOrigin }],
      sizeBytes: bytes.length,
      digest,
      content: bytesOf(bytes),
    };
  };
  return {
    entries: [file("/etc/passwd", passwdText(accounts, hasShell)), file("/etc/group", groupText(accounts))],
    facts,
  };
}

/** Reads "user", "user:group", ":group" or numbers, as chown(1); a user alone brings its own group. */
export function ownerFinder(accounts: Accounts): (text: string) => Owner | undefined {
  return (text) => {
    const [user = "", group] = text.split(":", 2);
    const uid = user === "" ? 0 : findUserId(accounts, user);
    if (uid === undefined) return undefined;
    if (group !== undefined && group !== "") {
      const gid = findGroupId(accounts, group);
      return gid === undefined ? undefined : { uid, gid };
    }
    return { uid, gid: findUser(accounts, user)?.gid ?? uid };
  };
}

/** A config's user in numbers: "postgres" becomes "70:70". What no account is stays as it is. */
export function numericUser(accounts: Accounts, user: string | undefined): string | undefined {
  if (user === undefined || user === "") return user;
  const owner = ownerFinder(accounts)(user);
  return owner === undefined ? user : `${owner.uid}:${owner.gid}`;
}
