// Which commands a maintainer script finds: those of the base system that every package may rely on (Policy 3.8), and what
// the image's packages ship. A tool of neither isn't there, whatever the machine that composes has.

import { path } from "../../../tree/path.ts";
import { programPath, testFile } from "../files.ts";
import type { State } from "../state.ts";

/** Of Essential packages and of debconf, as scripts call them by name. */
const baseCommands: readonly (readonly [folder: string, names: string])[] = [
  [
    "/usr/bin",
    "awk basename bash cat chgrp chmod chown cmp comm cp cut dash date dd df diff dirname dpkg dpkg-divert dpkg-maintscript-helper dpkg-query dpkg-realpath dpkg-statoverride dpkg-trigger du egrep env expr false fgrep find getent grep gzip head hostname id install join ln ls md5sum mkdir mkfifo mknod mktemp mv nice od perl printf pwd readlink realpath rm rmdir sed seq sh sha256sum sleep sort stat tail tar tee test touch tr true tty uname uniq update-alternatives wc which whoami xargs",
  ],
  [
    "/usr/sbin",
    "adduser addgroup deluser delgroup groupadd groupdel groupmod invoke-rc.d ldconfig update-passwd update-rc.d useradd userdel usermod",
  ],
];

/** Where the shell finds a command; undefined where it doesn't. */
export function findCommand(state: State, name: string): string | undefined {
  if (state.functions.has(name)) return name;
  if (name.startsWith("/")) return testFile(state, path(name), "executable") === true ? name : undefined;
  const base = baseCommands.find(([, names]) => names.split(" ").includes(name));
  return base === undefined ? programPath(state, name) : `${base[0]}/${name}`;
}
