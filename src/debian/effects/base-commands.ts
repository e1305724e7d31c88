// Commands that every maintainer script may rely on, as data: those of Essential packages and of debconf (Policy 3.8). Some
// are links, so that no package lists them as a file.

const folders: readonly (readonly [folder: string, names: string])[] = [
  [
    "/usr/bin",
    "awk basename bash cat chgrp chmod chown cmp comm cp cut dash date dd df diff dirname dpkg dpkg-divert dpkg-maintscript-helper dpkg-query dpkg-realpath dpkg-statoverride dpkg-trigger du egrep env expr false fgrep find getent grep gzip head hostname id install join ln ls md5sum mkdir mkfifo mknod mktemp mv nice od perl printf pwd readlink realpath rm rmdir sed seq sh sha256sum sleep sort stat tail tar tee test touch tr true tty uname uniq update-alternatives wc which whoami xargs",
  ],
  [
    "/usr/sbin",
    "adduser addgroup deluser delgroup groupadd groupdel groupmod invoke-rc.d ldconfig update-passwd update-rc.d useradd userdel usermod",
  ],
];

/** Name to full path. */
export const baseCommands: ReadonlyMap<string, string> = new Map(
  folders.flatMap(([folder, names]) => names.split(" ").map((name) => [name, `${folder}/${name}`] as const)),
);

export const baseCommandPaths: ReadonlySet<string> = new Set(baseCommands.values());
