// What packages ship for people and for building, and no program reads at run time: left out of package data, with the reason.
import { lazy } from "../base/lazy.ts";
import type { TreePath } from "../tree/path.ts";

/** Folders, each with what it holds. */
const folders: readonly (readonly [folder: string, what: string])[] = [
  ["/usr/share/doc", "documentation"],
  ["/usr/share/man", "manual pages"],
  ["/usr/share/info", "info manuals"],
  ["/usr/share/lintian", "overrides for a package checker"],
  ["/usr/share/linda", "overrides for a package checker"],
  ["/usr/share/locale", "translations of messages"],
  ["/usr/share/bash-completion", "shell completions"],
  ["/usr/share/zsh", "shell completions"],
  ["/usr/share/fish", "shell completions"],
  ["/etc/bash_completion.d", "shell completions"],
  ["/usr/share/menu", "desktop menus"],
  ["/usr/share/doc-base", "documentation indexes"],
  ["/usr/share/bug", "scripts and texts for bug reports"],
  ["/usr/share/gtk-doc", "documentation"],
  ["/usr/share/help", "documentation"],
  ["/usr/share/gnome/help", "documentation"],
  ["/usr/share/omf", "documentation indexes"],
  ["/usr/share/pixmaps", "desktop icons"],
  ["/usr/share/applications", "desktop menus"],
  ["/usr/share/metainfo", "descriptions for software centres"],
  ["/usr/share/appdata", "descriptions for software centres"],
  ["/usr/share/apport", "bug report hooks"],
  ["/usr/share/initramfs-tools", "boot-time hooks"],
  ["/usr/share/debhelper", "tools for building packages"],
  ["/usr/share/vim", "editor support"],
  ["/usr/share/vim-scripts", "editor support"],
  ["/usr/share/emacs", "editor support"],
  ["/usr/share/nano", "editor support"],
  ["/usr/include", "headers"],
  ["/usr/local/include", "headers"],
  ["/usr/lib/pkgconfig", "build metadata"],
  ["/usr/share/pkgconfig", "build metadata"],
  ["/usr/share/aclocal", "build metadata"],
  ["/usr/share/cmake", "build metadata"],
  ["/usr/lib/cmake", "build metadata"],
  ["/usr/src", "sources"],
  ["/etc/init.d", "a service manager's files"],
  ["/etc/rc.d", "a service manager's files"],
  ["/etc/default", "settings for init scripts"],
  ["/etc/systemd", "a service manager's files"],
  ["/usr/lib/systemd", "a service manager's files"],
  ["/lib/systemd", "a service manager's files"],
  ["/usr/lib/sysusers.d", "a service manager's files"],
  ["/usr/lib/tmpfiles.d", "a service manager's files"],
  ["/usr/lib/udev", "device manager rules"],
  ["/lib/udev", "device manager rules"],
  ["/usr/lib/modprobe.d", "kernel module settings"],
  ["/lib/modprobe.d", "kernel module settings"],
  ["/etc/modprobe.d", "kernel module settings"],
  ["/etc/cron.d", "a scheduler's files"],
  ["/etc/cron.daily", "a scheduler's files"],
  ["/etc/cron.hourly", "a scheduler's files"],
  ["/etc/cron.monthly", "a scheduler's files"],
  ["/etc/cron.weekly", "a scheduler's files"],
  ["/etc/logrotate.d", "a log rotator's files"],
  ["/etc/logcheck", "a log checker's files"],
  ["/etc/apparmor.d", "a host's security profiles"],
  ["/etc/ufw", "a host's firewall profiles"],
  ["/etc/apt", "a package manager's settings"],
  ["/etc/dpkg", "a package manager's settings"],
  ["/etc/kernel", "boot-time hooks"],
  ["/etc/update-motd.d", "log-in messages"],
  ["/etc/insserv.conf.d", "a service manager's files"],
  ["/usr/share/dpkg", "a package manager's files"],
  ["/usr/share/polkit-1", "a desktop service's files"],
  ["/usr/share/debconf", "a package manager's files"],
  ["/usr/share/python3/runtime.d", "a package manager's hooks"],
];

/** Suffixes of build-time files, wherever they lie below a library folder. */
const suffixes: readonly (readonly [suffix: string, what: string])[] = [
  [".a", "a static library"],
  [".la", "build metadata"],
  [".o", "an object file"],
  [".pc", "build metadata"],
  [".cmake", "build metadata"],
];

const libraryFolder = /^\/(?:usr\/(?:local\/)?)?lib(?:32|64|x32)?\//;

const byFolder = lazy(() => new Map(folders));

/** What a path holds that no program reads at run time, as a reason to leave it out; undefined for everything else. */
export function documentationFilter(path: TreePath): string | undefined {
  if (path.startsWith("/usr/share/doc/") && path.endsWith("/copyright")) return undefined;
  const table = byFolder();
  for (let cut = path.indexOf("/", 1); cut > 0; cut = path.indexOf("/", cut + 1)) {
    const what = table.get(path.slice(0, cut));
    if (what !== undefined) return what;
  }
  if (table.has(path)) return table.get(path);
  if (!libraryFolder.test(path)) return undefined;
  return suffixes.find(([suffix]) => path.endsWith(suffix))?.[1];
}
