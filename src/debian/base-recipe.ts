// What every root file system of Debian has though no package ships it, or only base-files does: the folders of the root,
// the links of merged /usr, os-release, debian_version, nsswitch.conf. hosts, hostname and resolv.conf are the runtime's to write.
import { bytesOf } from "../base/bytes.ts";
import { digestOf } from "../base/digest.ts";
import type { DirectoryEntry, Entry, FileEntry, Origin, SymlinkEntry } from "../tree/entry.ts";
import { path, type TreePath } from "../tree/path.ts";
import { resolve } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import { mergedFolders } from "./merged-usr.ts";

export interface Base {
  /** The release's code name ("bookworm"), for an os-release where base-files isn't there. */
  readonly codename: string;
  /** Seconds since the epoch, for all that is made here. */
  readonly mtime: number;
}

/** Nobody declared them: what of them ships is the closure's to say. */
const origins: readonly Origin[] = [{ kind: "effect", effect: "base" }];

/** Folders with their modes. All belong to root. */
const folders: readonly (readonly [string, number])[] = [
  ["/", 0o755],
  ["/etc", 0o755],
  ["/run", 0o755],
  ["/run/lock", 0o1777],
  ["/tmp", 0o1777],
  ["/usr", 0o755],
  ["/usr/bin", 0o755],
  ["/usr/lib", 0o755],
  ["/usr/sbin", 0o755],
  ["/var", 0o755],
  ["/var/tmp", 0o1777],
];

const links: readonly (readonly [string, string])[] = [
  ["/bin", "usr/bin"],
  ["/lib", "usr/lib"],
  ["/sbin", "usr/sbin"],
  ["/var/lock", "/run/lock"],
  ["/var/run", "/run"],
];

/** What is there before the first package. A package that ships one of the folders decides its attributes. */
export function baseEntries(base: Base): readonly Entry[] {
  return [
    ...folders.map(([name, mode]) => folder(base, name, mode)),
    ...links.map(([name, target]) => link(base, name, target)),
  ];
}

/** What is there after the last one, where none has brought it. */
export function completeBase(tree: Tree, base: Base): readonly Entry[] {
  const made: Entry[] = [];
  for (const name of mergedFolders) {
    const isAbsent = tree.lookup(path(`/${name}`)) === undefined;
    if (isAbsent && tree.lookup(path(`/usr/${name}`)) !== undefined)
      made.push(link(base, `/${name}`, `usr/${name}`));
  }
  if (resolve(tree, path("/etc/os-release")) === undefined) {
    if (tree.lookup(path("/usr/lib/os-release")) === undefined) {
      made.push(file(base, "/usr/lib/os-release", osRelease(base.codename)));
    }
    made.push(link(base, "/etc/os-release", "../usr/lib/os-release"));
  }
  const version = path("/etc/debian_version");
  // Scanners take the release from it where they don't read os-release.
  if (tree.lookup(version) === undefined) made.push(file(base, version, `${debianVersion(base.codename)}\n`));
  const nsswitch = path("/etc/nsswitch.conf");
  if (tree.lookup(nsswitch) === undefined) made.push(nsswitchOf(tree, base, nsswitch));
  return made;
}

const releases: Readonly<Record<string, string>> = {
  bullseye: "11",
  bookworm: "12",
  trixie: "13",
  forky: "14",
};

function debianVersion(codename: string): string {
  return releases[codename] ?? `${codename}/sid`;
}

/** os-release(5), the fields that scanners and programs look for. Development releases have no number. */
function osRelease(codename: string): string {
  const number = releases[codename];
  const name = "Debian GNU/Linux";
  const lines = [
    `PRETTY_NAME="${name} ${number === undefined ? codename : `${number} (${codename})`}"`,
    `NAME="${name}"`,
  ];
  if (number !== undefined) lines.push(`VERSION_ID="${number}"`, `VERSION="${number} (${codename})"`);
  lines.push(`VERSION_CODENAME=${codename}`, "ID=debian");
  return `${lines.join("\n")}\n`;
}

/** nsswitch.conf(5): accounts from files, hosts from files and DNS. Without it glibc would ask its built-in choice. */
const nsswitchText = `passwd: files
group: files
shadow: files
gshadow: files
hosts: files dns
networks: files
protocols: db files
services: db files
ethers: db files
rpc: db files
netgroup: nis
`;

/** libc-bin's own text where it is there: its postinst copies it. */
function nsswitchOf(tree: Tree, base: Base, at: TreePath): Entry {
  const shipped = tree.lookup(path("/usr/share/libc-bin/nsswitch.conf"));
  return shipped?.kind === "file"
    ? { ...shipped, path: at, origins: [{ kind: "effect", effect: "nsswitch" }, ...shipped.origins] }
    : file(base, at, nsswitchText);
}

function folder(base: Base, name: string, mode: number): DirectoryEntry {
  return { kind: "directory", path: path(name), mode, uid: 0, gid: 0, mtime: base.mtime, origins };
}

function link(base: Base, name: string, target: string): SymlinkEntry {
  return {
    kind: "symlink",
    path: path(name),
    target,
    mode: 0o777,
    uid: 0,
    gid: 0,
    mtime: base.mtime,
    origins,
  };
}

function file(base: Base, name: string, text: string): FileEntry {
  const bytes = Buffer.from(text);
  const common = { path: path(name), mode: 0o644, uid: 0, gid: 0, mtime: base.mtime, origins };
  return {
    ...common,
    kind: "file",
    sizeBytes: bytes.length,
    digest: digestOf(bytes),
    content: bytesOf(bytes),
  };
}
