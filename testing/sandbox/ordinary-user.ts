// Commands as an ordinary user with sub-ids, whom the machine itself doesn't know: root becomes one in a mount namespace where
// /etc says so.
import { chownSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const id = 54_323;
const name = "distill-builder";
const firstSubId = 200_000;

/** The words before a command that the user runs. `home` is the user's from then on. Needs unshare, setpriv and newuidmap. */
export function asOrdinaryUser(home: string): readonly string[] {
  const texts = {
    passwd: `${readFileSync("/etc/passwd", "utf8")}${name}:x:${id}:${id}::${home}:/bin/sh\n`,
    subuid: `${name}:${firstSubId}:65536\n`,
    subgid: `${name}:${firstSubId}:65536\n`,
  };
  const binds = Object.entries(texts).map(([file, text]) => {
    writeFileSync(join(home, file), text);
    return `mount --bind '${home}/${file}' /etc/${file}`;
  });
  chownSync(home, id, id);
  const become = `exec setpriv --reuid=${id} --regid=${id} --clear-groups "$@"`;
  return ["unshare", "--mount", "sh", "-ec", [...binds, become].join("; "), "sh"];
}
