// Packages unpacked and composed here, against dpkg-deb, mmdebstrap, ldconfig and update-ca-certificates.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { collect } from "../../src/base/bytes.ts";
import type { Facts } from "../../src/content/facts.ts";
import { caCertificates } from "../../src/debian/ca-certificates.ts";
import { composeTree } from "../../src/debian/compose.ts";
import { ldSoCache } from "../../src/debian/ld-cache.ts";
import { isMergedLink, mergedPath } from "../../src/debian/merged-usr.ts";
import type { PackageContents } from "../../src/debian/package.ts";
import { dumpEntry } from "../../src/tree/dump.ts";
import type { Entry, FileEntry } from "../../src/tree/entry.ts";
import { isWithin, path, type TreePath } from "../../src/tree/path.ts";
import type { Tree } from "../../src/tree/tree.ts";
import {
  debsOf,
  hostMirror,
  makeRoot,
  reasonAgainstRoots,
  type Unpacked,
  unpackAll,
} from "../../testing/debian-roots.ts";
import { treeOfFolder } from "../../testing/folder-tree.ts";
import { findPeer } from "../../testing/peers.ts";

const reason = reasonAgainstRoots();
const skipped = reason === undefined ? "" : ` (skipped: ${reason})`;
const folder = mkdtempSync(join(tmpdir(), "debian-package-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sets = [
  { release: "bullseye", packages: ["libc-bin", "openssl", "dash", "perl-base", "passwd"] },
  { release: "bookworm", packages: ["libc-bin", "postgresql-15"] },
  { release: "bookworm", packages: ["libc-bin", "nginx", "base-files", "base-passwd", "tzdata"] },
  { release: "trixie", packages: ["libc-bin", "python3", "base-files", "netbase", "login"] },
  { release: "trixie", packages: ["libc-bin", "base-files", "redis-server", "curl"] },
];

interface Made {
  readonly root: string;
  readonly unpacked: Unpacked;
  readonly tree: Tree;
  readonly facts: (file: FileEntry) => Facts;
}

const madeSets = new Map<number, Promise<Made>>();

/** The root of a set, made once. */
function made(index: number): Promise<Made> {
  const known = madeSets.get(index) ?? make(index);
  madeSets.set(index, known);
  return known;
}

async function make(index: number): Promise<Made> {
  const { release = "", packages = [] } = sets[index] ?? {};
  const root = join(folder, `root-${index}`);
  makeRoot(root, release, "extract", packages);
  const unpacked = await unpackAll(debsOf(root), join(folder, "cache"));
  const { contents, controls } = unpacked;
  const base = { codename: release, mtime: 0 };
  const { tree } = composeTree({ contents, controls, diversions: [], base, privileged: new Set() });
  return { root, unpacked, tree, facts: factsFrom(contents) };
}

/** Facts of composed files, from the packages that they are of. */
function factsFrom(contents: readonly PackageContents[]): (file: FileEntry) => Facts {
  const byId = new Map(contents.map((one) => [one.id, one]));
  return (file) => {
    const owner = file.origins.findLast((origin) => origin.kind === "package")?.package ?? "";
    return byId.get(owner)?.facts(file) ?? { magic: "data" };
  };
}

function line(entry: Entry): string {
  return entry.kind === "directory" ? dumpEntry(entry) : `${dumpEntry(entry)} ${entry.mtime}`;
}

/** Names of hard links by group, for what has several names. */
function linkGroups(entries: Iterable<Entry>): string[] {
  const groups = new Map<string, string[]>();
  for (const entry of entries) {
    if (entry.kind !== "file" || entry.link === undefined) continue;
    groups.set(entry.link, [...(groups.get(entry.link) ?? []), entry.path].sort());
  }
  return [...groups.values()].map((names) => names.join(" ")).sort();
}

describe.skipIf(reason !== undefined)(`packages${skipped}`, () => {
  test.each(sets.map(({ release }, index) => ({ release, index })))(
    "every package of set $index ($release) has what dpkg-deb -x writes",
    async ({ index }) => {
      const { unpacked, root } = await made(index);
      const debs = debsOf(root);
      expect(debs.length).toBeGreaterThanOrEqual(8);
      for (const [at, deb] of debs.entries()) {
        const target = mkdtempSync(join(folder, "extracted-"));
        execFileSync("dpkg-deb", ["-x", deb.file, target]);
        const theirs = [...treeOfFolder(target).tree.walk()].filter(
          (entry) => !(isMergedLink(entry.path) && entry.kind === "symlink"),
        );
        const contents = unpacked.contents[at];
        const ours = contents?.entries ?? [];
        const lines = (entries: readonly Entry[]): string[] =>
          [...new Set(entries.map((entry) => `${mergedPath(entry.path)} ${line(entry)}`))].sort();
        expect(lines(ours), contents?.id).toEqual(lines(theirs));
        expect(linkGroups(ours)).toEqual(
          linkGroups(theirs.map((one) => ({ ...one, path: mergedPath(one.path) }))),
        );
        rmSync(target, { recursive: true });
      }
    },
  );
});

/** A line without its date. */
function undated(text: string | undefined): string | undefined {
  return text?.replace(/ \d+$/, "");
}

/** Why a composed tree may differ from mmdebstrap's. Each rule has a name; a difference that none explains is an error. */
const rules: readonly {
  name: string;
  explains: (path: TreePath, ours?: string, theirs?: string) => boolean;
}[] = [
  {
    name: "what apt, dpkg and mmdebstrap keep for themselves",
    explains: (at, ours) =>
      ours === undefined &&
      [
        "/etc/apt",
        "/etc/dpkg",
        "/etc/fstab",
        "/var/cache/apt",
        "/var/lib/apt",
        "/var/lib/dpkg",
        "/var/log",
        "/var/cache",
        "/var/lib",
        "/dev",
        "/etc/hostname",
        "/etc/resolv.conf",
        "/etc/machine-id",
      ].some((one) => isWithin(at, path(one))),
  },
  {
    name: "links of merged /usr: mmdebstrap makes one for every kind of library, and dates them itself",
    explains: (at, ours, theirs) =>
      (isMergedLink(at) && (ours === undefined || undated(ours) === undated(theirs))) ||
      (theirs !== undefined && ours === undefined && /^\/usr\/(?:lib(?:32|64|x32)|sbin)$/.test(at)),
  },
  {
    name: "/var/run and /var/lock are links, which a script of base-files makes of the folders that it ships",
    explains: (at, ours, theirs) =>
      /^\/var\/(?:run|lock)$/.test(at) &&
      ours?.startsWith("symlink") === true &&
      theirs?.startsWith("directory") === true,
  },
  {
    name: "the recipe's folders and files, which scripts of base-files and libc-bin make",
    explains: (at, ours, theirs) =>
      theirs === undefined &&
      ours !== undefined &&
      /^\/(?:run|run\/lock|tmp|var|var\/(?:tmp|run|lock)|etc|etc\/debian_version|etc\/nsswitch\.conf|etc\/os-release|usr\/lib\/os-release)$/.test(
        at,
      ),
  },
  {
    name: "setuid and setgid are dropped",
    explains: (_, ours, theirs) => {
      const mode = Number.parseInt(/^file (\d+)/.exec(theirs ?? "")?.[1] ?? "0", 8);
      return (
        (mode & 0o6000) !== 0 &&
        ours === theirs?.replace(/^file \d+/, `file ${(mode & ~0o6000).toString(8).padStart(4, "0")}`)
      );
    },
  },
  {
    name: "a folder that several packages ship with different modes: base-files decides, then the first by name",
    explains: (_, ours, theirs) =>
      ours?.startsWith("directory") === true && theirs?.startsWith("directory") === true,
  },
];

describe.skipIf(reason !== undefined)(`composed trees${skipped}`, () => {
  test.each(sets.map(({ release, packages }, index) => ({ release, packages, index })))(
    "$release with $packages is what mmdebstrap extracts, but for named rules",
    async ({ index }) => {
      const { tree, root } = await made(index);
      const theirs = new Map([...treeOfFolder(root).tree.walk()].map((entry) => [entry.path, line(entry)]));
      const ours = new Map([...tree.walk()].map((entry) => [entry.path, line(entry)]));
      expect(ours.size).toBeGreaterThan(200);
      const used = new Map<string, number>();
      const unexplained: string[] = [];
      for (const at of new Set([...ours.keys(), ...theirs.keys()])) {
        const [a, b] = [ours.get(at), theirs.get(at)];
        if (a === b) continue;
        const rule = rules.find(({ explains }) => explains(at, a, b));
        if (rule === undefined) unexplained.push(`${at}: ours ${a ?? "nothing"}, theirs ${b ?? "nothing"}`);
        else used.set(rule.name, (used.get(rule.name) ?? 0) + 1);
      }
      expect(unexplained).toEqual([]);
      expect(used.get(rules.at(-1)?.name ?? "") ?? 0).toBeLessThan(8);
    },
  );
});

/** The cache that the root's own ldconfig writes. */
function realCache(root: string): Buffer {
  execFileSync("chroot", [root, "/sbin/ldconfig", "-X", "-C", "/tmp/ld.so.cache"], { stdio: "ignore" });
  return readFileSync(join(root, "tmp/ld.so.cache"));
}

describe.skipIf(reason !== undefined)(`ld.so.cache${skipped}`, () => {
  test.each(sets.map(({ release, packages }, index) => ({ release, packages, index })))(
    "$release with $packages: the bytes of its own ldconfig",
    async ({ index }) => {
      const { tree, facts, root } = await made(index);
      const ours = await ldSoCache({ tree, facts, architecture: "amd64" });
      expect(ours?.links).toEqual([]);
      expect(Buffer.from(ours?.content ?? []).equals(realCache(root))).toBe(true);
    },
  );

  test.each([0, 1, 3])(
    "set %i with variants, development links, odd links, absent links and folders of its own",
    async (index) => {
      const { root } = await made(index);
      const changed = join(folder, `changed-${index}`);
      cpSync(root, changed, { recursive: true, verbatimSymlinks: true });
      changeLibraries(changed);
      const version = glibcVersion(changed);
      const { tree, facts } = treeOfFolder(changed);
      const ours = await ldSoCache({ tree, facts, architecture: "amd64", glibcVersion: version });
      expect(Buffer.from(ours?.content ?? []).equals(realCache(changed))).toBe(true);
      execFileSync("chroot", [changed, "/sbin/ldconfig"], { stdio: "ignore" });
      const after = treeOfFolder(changed).tree;
      const appeared = [...after.walk()].filter(
        (entry) => entry.kind === "symlink" && tree.lookup(entry.path) === undefined,
      );
      expect(ours?.links.map((one) => `${one.path} -> ${one.target}`).sort()).toEqual(
        appeared.map((one) => `${one.path} -> ${one.kind === "symlink" ? one.target : ""}`).sort(),
      );
      expect(appeared.length).toBeGreaterThan(0);
      rmSync(changed, { recursive: true });
    },
  );
});

function glibcVersion(root: string): string {
  const version = execFileSync("chroot", [root, "/sbin/ldconfig", "--version"], { encoding: "utf8" });
  return /GLIBC (\S+)\)/.exec(version)?.[1] ?? "";
}

function changeLibraries(root: string): void {
  const libraries = join(root, "usr/lib/x86_64-linux-gnu");
  const library = readFileSync(join(libraries, "libz.so.1"));
  const put = (name: string): void => {
    mkdirSync(join(root, name, ".."), { recursive: true });
    writeFileSync(join(root, name), library);
  };
  put("usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libz.so.1.9");
  put("usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v2/libz.so.1");
  mkdirSync(join(libraries, "glibc-hwcaps/x86-64-v4"));
  put("opt/vendor/lib/libz.so.1.2.99");
  put("opt/vendor/lib/libz.so.1.2.100");
  put("opt/other/libz-renamed.so");
  put("usr/lib/libz-compat.so.0.prev");
  put("usr/local/lib/libz.so.2");
  symlinkSync("libz.so.1", join(libraries, "libz.so"));
  symlinkSync("libz.so.1", join(libraries, "libcompat.so.3"));
  symlinkSync("/nowhere", join(libraries, "libnowhere.so.3"));
  writeFileSync(
    join(root, "etc/ld.so.conf.d/a-vendor.conf"),
    "/opt/vendor/lib # one\n/opt/absent\n/opt/other\n/opt/other/\n",
  );
}

const emulator = findPeer("qemu-aarch64-static") ?? findPeer("qemu-aarch64");

describe.skipIf(reason !== undefined)(`another machine's root${skipped}`, () => {
  test.skipIf(emulator === undefined)(
    "arm64: composed here without emulation, ld.so.cache as its own ldconfig writes it (skipped where qemu-user is absent)",
    async () => {
      const root = join(folder, "arm64");
      makeRoot(root, "bookworm", "extract", ["libc-bin", "curl"], "arm64");
      const { contents, controls } = await unpackAll(debsOf(root), join(folder, "cache"));
      const base = { codename: "bookworm", mtime: 0 };
      const { tree } = composeTree({ contents, controls, diversions: [], base, privileged: new Set() });
      const ours = await ldSoCache({ tree, facts: factsFrom(contents), architecture: "arm64" });
      const own = [join(root, "usr/sbin/ldconfig"), "-r", root, "-X", "-C", "/tmp/ld.so.cache"];
      execFileSync(emulator ?? "", own, { stdio: "ignore" });
      expect(ours?.content.length).toBeGreaterThan(2000);
      expect(Buffer.from(ours?.content ?? []).equals(readFileSync(join(root, "tmp/ld.so.cache")))).toBe(true);
      rmSync(root, { recursive: true });
    },
  );
});

describe.skipIf(reason !== undefined)(`an installed root${skipped}`, () => {
  test.each(["bookworm", "trixie"])("%s: the certificates as its own scripts made them", async (release) => {
    expect(hostMirror()).toBeDefined();
    const root = join(folder, `installed-${release}`);
    makeRoot(root, release, "apt", ["ca-certificates", "openssl"]);
    const { tree } = treeOfFolder(root);
    const made = await caCertificates(tree, 0);
    const theirs = [...tree.walk()].filter((entry) => isWithin(entry.path, path("/etc/ssl/certs")));
    const named = (entries: readonly Entry[]): string[] =>
      entries
        .filter((entry) => entry.kind !== "directory")
        .map((entry) => `${entry.path} ${dumpEntry(entry)}`)
        .sort();
    expect(named(made).length).toBeGreaterThan(250);
    expect(named(made)).toEqual(named(theirs));

    // Without the list that debconf wrote, as in a composed tree.
    const composed: Tree = {
      ...tree,
      lookup: (at) => (at === path("/etc/ca-certificates.conf") ? undefined : tree.lookup(at)),
    };
    expect(named(await caCertificates(composed, 0))).toEqual(named(theirs));

    const { facts } = treeOfFolder(root);
    const cache = tree.lookup(path("/etc/ld.so.cache"));
    const ours = await ldSoCache({ tree, facts, architecture: "amd64", glibcVersion: glibcVersion(root) });
    const real = cache?.kind === "file" ? await collect(cache.content, 1 << 24, "ld.so.cache") : undefined;
    expect(Buffer.from(ours?.content ?? []).equals(real ?? Buffer.alloc(0))).toBe(true);
    rmSync(root, { recursive: true });
  });
});
