// Paths below a root folder, with links followed as a process does that has the folder as its root.
import { lstatSync, readlinkSync } from "node:fs";
import { posix } from "node:path";

const linksMax = 40;

/** The real path, below the root ("/usr/lib/x"); undefined where there is no such file. */
export function pathInRoot(root: string, path: string): string | undefined {
  let links = 0;
  let at = "/";
  const pending = path.split("/").filter((name) => name !== "");
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    const next = posix.join(at, name);
    const stats = lstatSync(root + next, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (!stats.isSymbolicLink()) {
      at = next;
      continue;
    }
    if (++links > linksMax) return undefined;
    const target = readlinkSync(root + next);
    if (target.startsWith("/")) at = "/";
    pending.unshift(...target.split("/").filter((part) => part !== ""));
  }
  return at;
}
