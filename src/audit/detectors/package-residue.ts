// What package managers leave behind. Names decide here: these places have one use, and no running program has it.
import { counted } from "../../base/counted.ts";
import { compileGlob, matching } from "../../tree/glob.ts";
import { comparePaths, joinPath, root, type TreePath } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Tree } from "../../tree/tree.ts";
import type { Finding } from "../finding.ts";
import { finding } from "../make-finding.ts";
import { apkFolders, dpkgFolder, dpkgStatus, pacmanFolder, rpmFolders } from "../packages/places.ts";
import type { Subject } from "../subject.ts";

interface Place {
  readonly glob: string;
  readonly what: string;
}

const places: readonly Place[] = [
  { glob: dpkgStatus, what: "dpkg's database" },
  { glob: joinPath(dpkgFolder, "info"), what: "dpkg's file lists and maintainer scripts" },
  { glob: joinPath(dpkgFolder, "triggers"), what: "dpkg's triggers" },
  { glob: "/var/lib/apt", what: "apt's package lists" },
  { glob: "/var/cache/apt", what: "apt's cache" },
  { glob: "/etc/apt", what: "apt's sources and keys" },
  { glob: "/var/cache/debconf", what: "debconf's answers" },
  ...apkFolders.map((folder) => ({ glob: `${folder}/scripts.tar*`, what: "apk's scripts" })),
  { glob: "/var/cache/apk", what: "apk's cache" },
  { glob: "/etc/apk", what: "apk's repositories and keys" },
  ...rpmFolders.map((glob) => ({ glob, what: "rpm's database" })),
  ...["dnf", "yum", "libdnf5", "zypp"].map((name) => ({
    glob: `/var/cache/${name}`,
    what: "a cache of rpm packages",
  })),
  ...["dnf", "yum"].map((name) => ({ glob: `/var/lib/${name}`, what: "dnf's state" })),
  { glob: "/etc/yum.repos.d", what: "rpm repositories" },
  { glob: pacmanFolder, what: "pacman's database" },
  { glob: "/var/cache/pacman", what: "pacman's cache" },
  { glob: "/root/.cache", what: "root's caches (pip, npm, Go ...)" },
  { glob: "/home/*/.cache", what: "a user's caches" },
  { glob: "/root/.npm", what: "npm's cache" },
  { glob: "/root/.cargo/registry", what: "cargo's registry" },
  { glob: "/root/.m2", what: "Maven's repository" },
  { glob: "/root/.gradle", what: "Gradle's cache" },
  { glob: "/root/.bundle", what: "Bundler's cache" },
  { glob: "/root/go/pkg", what: "Go's module cache" },
  { glob: "/go/pkg", what: "Go's module cache" },
  { glob: "/usr/local/cargo/registry", what: "cargo's registry" },
];

const compiled = places.map(({ glob, what }) => ({ glob: compileGlob(glob), what }));

/** A finding for each place that holds a file, with how many. */
export function packageResidueFindings(subject: Subject): Finding[] {
  const found = new Map<TreePath, Finding>();
  for (const { glob, what } of compiled) {
    for (const match of matching(subject.tree, glob)) {
      // Two places can be one folder, behind links.
      const path = resolve(subject.tree, match.path)?.path;
      if (path === undefined || found.has(path)) continue;
      const { bytes, files } = sumBelow(subject.tree, path);
      if (files === 0) continue;
      const evidence = [{ what: `${counted(files, "file")} of ${bytes} bytes`, check: "du -ab FILE" }];
      found.set(path, finding(subject, "package-manager-residue", { path, subject: what, what, evidence }));
    }
  }
  return [...found.values()].sort((a, b) => comparePaths(a.path ?? root, b.path ?? root));
}

/** Files that aren't empty, at or below a path; links lead to more of them, and nothing counts twice. */
function sumBelow(tree: Tree, top: TreePath): { readonly files: number; readonly bytes: number } {
  const sum = { files: 0, bytes: 0 };
  const seen = new Set<TreePath>();
  const pending = [top];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const found = resolve(tree, next);
    if (found === undefined || seen.has(found.path)) continue;
    seen.add(found.path);
    const { entry, path } = found;
    if (entry.kind === "file" && entry.sizeBytes > 0) {
      sum.files += 1;
      sum.bytes += entry.sizeBytes;
    } else if (entry.kind === "directory") {
      for (const name of tree.children(path)) pending.push(joinPath(path, name));
    }
  }
  return sum;
}
