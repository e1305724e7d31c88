// Fingerprints against real programs: Debian's packages of each, BusyBox builds of the corpus, and all programs of this machine,
// whose packages dpkg knows. Each piece of evidence is checked with the command that it names.
import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Facts, factsOf } from "../../src/content/facts.ts";
import type { Identity } from "../../src/content/identity.ts";
import { inMemory } from "../../src/formats/random-access.ts";
import { unpackPackages } from "../../testing/debian-programs.ts";
import { hasTool } from "../../testing/debian-roots.ts";

const folder = mkdtempSync(join(tmpdir(), "fingerprints-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Program {
  readonly name: string;
  /** "" in the package's own folder. */
  readonly path: string;
  readonly ids: readonly string[];
}

/** Programs of Debian 12, each with all that it is told as. Releases name versioned packages otherwise: those skip by name. */
const programs: readonly Program[] = [
  ["busybox", "bin/busybox", "busybox-ash", "busybox"],
  ["busybox-static", "bin/busybox", "busybox-ash", "busybox"],
  ["toybox", "bin/toybox", "toybox"],
  ["rust-coreutils", "usr/bin/coreutils", "uutils"],
  ["bash", "bin/bash", "bash"],
  ["bash-static", "bin/bash-static", "bash"],
  ["dash", "bin/dash", "dash"],
  ["mksh", "bin/mksh", "mksh"],
  ["mksh", "bin/lksh", "mksh"],
  ["mksh", "usr/lib/klibc/bin/mksh", "mksh"],
  ["ksh93u+m", "bin/ksh93", "ksh93"],
  ["zsh", "bin/zsh", "zsh"],
  ["zsh-static", "bin/zsh-static", "zsh"],
  ["fish", "usr/bin/fish", "fish"],
  ["tcsh", "bin/tcsh", "tcsh"],
  ["yash", "usr/bin/yash", "yash"],
  ["elvish", "usr/bin/elvish", "elvish"],
  ["posh", "usr/bin/posh", "posh"],
  ["sash", "bin/sash", "sash"],
  ["python3.11-minimal", "usr/bin/python3.11", "python"],
  ["perl-base", "usr/bin/perl", "perl"],
  ["ruby3.1", "usr/bin/ruby3.1", "ruby"],
  ["ruby3.1", "usr/bin/gem3.1", "gem"],
  ["libnode108", "usr/lib/x86_64-linux-gnu/libnode.so.108", "node"],
  ["php8.2-cli", "usr/bin/php8.2", "php"],
  ["lua5.4", "usr/bin/lua5.4", "lua"],
  ["luajit", "usr/bin/luajit", "luajit"],
  ["tcl8.6", "usr/bin/tclsh8.6", "tcl"],
  ["guile-3.0-libs", "usr/lib/x86_64-linux-gnu/guile/3.0/bin/guile", "guile"],
  ["openjdk-17-jre-headless", "usr/lib/jvm/java-17-openjdk-amd64/bin/java", "java"],
  ["gawk", "usr/bin/gawk", "gawk"],
  ["mawk", "usr/bin/mawk", "mawk"],
  ["original-awk", "usr/bin/original-awk", "original-awk"],
  ["expect", "usr/bin/expect", "expect"],
  ["sed", "bin/sed", "sed"],
  ["grep", "bin/grep", "grep"],
  ["findutils", "usr/bin/find", "find"],
  ["findutils", "usr/bin/xargs", "xargs"],
  ["coreutils", "bin/ls", "coreutils"],
  ["coreutils", "usr/bin/env", "env"],
  ["coreutils", "usr/sbin/chroot", "chroot"],
  ["curl", "usr/bin/curl", "curl"],
  ["wget", "usr/bin/wget", "wget"],
  ["openssl", "usr/bin/openssl", "openssl"],
  ["openssh-client", "usr/bin/ssh", "ssh"],
  ["openssh-client", "usr/bin/scp", "scp"],
  ["openssh-client", "usr/bin/sftp", "sftp"],
  ["openssh-server", "usr/sbin/sshd", "sshd"],
  ["netcat-openbsd", "bin/nc.openbsd", "netcat"],
  ["netcat-traditional", "bin/nc.traditional", "netcat"],
  ["ncat", "usr/bin/ncat", "ncat"],
  ["socat", "usr/bin/socat", "socat"],
  ["rsync", "usr/bin/rsync", "rsync"],
  ["lftp", "usr/bin/lftp", "ftp"],
  ["aria2", "usr/bin/aria2c", "aria2"],
  ["inetutils-telnet", "usr/bin/inetutils-telnet", "telnet"],
  ["git", "usr/bin/git", "git"],
  ["tar", "bin/tar", "tar"],
  ["gdb-minimal", "usr/bin/gdb", "gdb"],
  ["strace", "usr/bin/strace", "strace"],
  ["ltrace", "usr/bin/ltrace", "ltrace"],
  ["tcpdump", "usr/bin/tcpdump", "tcpdump"],
  ["make", "usr/bin/make", "make"],
  ["vim-tiny", "usr/bin/vim.tiny", "vim"],
  ["ed", "bin/ed", "ed"],
  ["nano", "bin/nano", "nano"],
  ["less", "usr/bin/less", "less"],
  ["sqlite3", "usr/bin/sqlite3", "sqlite3"],
  ["screen", "usr/bin/screen", "screen"],
  ["tmux", "usr/bin/tmux", "tmux"],
  ["mount", "bin/mount", "mount"],
  ["util-linux", "bin/su", "su"],
  ["sudo", "usr/bin/sudo", "sudo"],
  ["apt", "usr/bin/apt-get", "apt"],
  ["apt", "usr/lib/apt/methods/http", "apt-method"],
  ["dpkg", "usr/bin/dpkg", "dpkg"],
  ["dpkg", "usr/bin/dpkg-deb", "dpkg"],
  ["rpm", "usr/bin/rpm", "rpm"],
  ["zypper", "usr/bin/zypper", "zypper"],
  ["dnf", "usr/bin/dnf-3", "dnf"],
  ["pacman-package-manager", "usr/bin/pacman", "pacman"],
  ["python3-pip", "usr/bin/pip3", "pip"],
  ["npm", "usr/share/nodejs/npm/bin/npm-cli.js", "npm"],
  ["composer", "usr/bin/composer", "composer"],
  ["runc", "usr/sbin/runc", "runc"],
].map(([name = "", path = "", ...ids]) => ({ name, path, ids }));

const packages = [...new Set(programs.map(({ name }) => name))];
const tools = ["apt-get", "dpkg-deb", "grep", "strings", "readelf"].filter((tool) => !hasTool(tool));
const unpacked = tools.length === 0 ? unpackPackages(packages, folder) : new Map<string, string>();

const factsFrom = (file: string): Facts => factsOf(inMemory(readFileSync(file)));
const identitiesOf = (bytes: Buffer): readonly Identity[] => factsOf(inMemory(bytes)).identities ?? [];

describe("programs of Debian", () => {
  for (const { name, path, ids } of programs) {
    const root = unpacked.get(name);
    const file = join(root ?? "", path);
    const absent =
      tools.length > 0
        ? `needs ${tools.join(", ")}`
        : root === undefined
          ? "apt has no such package"
          : "it holds no such file";
    const reason = root !== undefined && existsSync(file) ? "" : ` (skipped: ${absent})`;

    test.skipIf(reason !== "")(`${name}: ${path}${reason}`, () => {
      const { identities = [] } = factsFrom(file);
      expect(identities.map(({ id }) => id)).toEqual(ids);
      for (const identity of identities) {
        expect(identity.confirmed, identity.name).toBe(true);
        checkEvidence(identity, file);
      }
    });
  }
});

/** Runs what each piece of evidence is to be checked with; it shows the offset that the evidence names. */
function checkEvidence({ name, evidence }: Identity, file: string): void {
  for (const { what, check = "" } of evidence) {
    const { status, stdout } = spawnSync(
      "sh",
      ["-c", check.replaceAll("FILE", file).replaceAll("CARVED", join(folder, "carved"))],
      {
        encoding: "latin1",
        maxBuffer: 2 ** 28,
      },
    );
    expect(status, `${name}: ${what}: ${check}`).toBe(0);
    expect(stdout, `${name}: ${what}: ${check}`).not.toBe("");
    const at = / at byte (\d+)$/.exec(what)?.[1];
    if (at !== undefined && check.includes("-t d")) expect(stdout).toMatch(new RegExp(`^ *${at} `, "m"));
    else if (at !== undefined && check.includes("grep"))
      expect(stdout, check).toMatch(new RegExp(`^${at}:`, "m"));
  }
}

describe("BusyBox, dash and bash in disguise", () => {
  const shell = (name: string, path: string): Buffer | undefined => {
    const file = join(unpacked.get(name) ?? folder, path);
    return existsSync(file) ? readFileSync(file) : undefined;
  };
  const samples = [
    { id: "busybox", bytes: shell("busybox-static", "bin/busybox") },
    { id: "dash", bytes: shell("dash", "bin/dash") },
    { id: "bash", bytes: shell("bash", "bin/bash") },
  ];
  for (const { id, bytes } of samples) {
    const reason = bytes === undefined ? " (skipped: the package isn't there)" : "";
    test.skipIf(reason !== "")(
      `${id}: without section table, patched, appended to a picture${reason}`,
      () => {
        const original = bytes ?? Buffer.alloc(0);
        const stripped = Buffer.from(original);
        // e_shoff, e_shentsize, e_shnum, e_shstrndx of 64 bits
        stripped.fill(0, 40, 48).fill(0, 58, 64);
        expect(identitiesOf(stripped).map((one) => one.id)).toContain(id);
        const png = Buffer.concat([
          Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
          Buffer.alloc(5000, 1),
          original,
        ]);
        const [inner] = identitiesOf(png).filter((one) => one.id === id);
        expect(inner?.within).toBe("an ELF file at byte 5008");
        const file = join(folder, "picture.png");
        writeFileSync(file, png);
        if (inner !== undefined) checkEvidence(inner, file);
        const patched = Buffer.from(original);
        for (const name of ["BusyBox", "busybox", "multi-call", "@(#)Bash version"]) overwrite(patched, name);
        expect(identitiesOf(patched).filter((one) => one.id === id && one.confirmed)).toHaveLength(1);
      },
    );
  }
});

function overwrite(bytes: Buffer, text: string): void {
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at))
    bytes.fill("x", at, at + text.length);
}

describe("images of the corpus", () => {
  const corpus = join(import.meta.dirname, "../../../shared/corpus");
  const reason = existsSync(corpus) ? "" : " (skipped: the corpus of images is not there)";
  const images: readonly (readonly [string, readonly string[]])[] = [
    ["busybox-amd64.oci.tar", ["busybox", "busybox-ash"]],
    ["dive-busybox-1.29.3.docker.tar", ["busybox", "busybox-ash"]],
    ["alpine-3.14.oci.tar", ["apk", "busybox", "busybox-ash"]],
    ["alpine-3.10.docker.tar.gz", ["apk", "busybox", "busybox-ash"]],
    ["hello-world.docker.tar", []],
  ];
  test.skipIf(reason !== "").each(images)(`%s${reason}`, (name, expected) => {
    const into = join(folder, name);
    mkdirSync(into);
    spawnSync("tar", ["xf", join(corpus, name), "-C", into]);
    for (const [index, layer] of filesBelow(into).entries()) {
      const below = join(into, `layer-${index}`);
      mkdirSync(below);
      if (spawnSync("tar", ["xf", layer, "-C", below]).status !== 0) rmSync(below, { recursive: true });
    }
    const found = filesBelow(into).flatMap((file) =>
      (factsFrom(file).identities ?? []).filter((one) => one.within === undefined),
    );
    const kinds = new Set(["shell", "multi-call", "package-manager"]);
    expect([...new Set(found.filter(({ kind }) => kinds.has(kind)).map(({ id }) => id))].sort()).toEqual(
      expected,
    );
    expect(found.filter(({ confirmed }) => !confirmed)).toEqual([]);
  });
});

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Packages that hold what is told as this id, where their name is another. */
const owners: Readonly<Record<string, RegExp>> = {
  apk: /^apk-tools/,
  apt: /^(?:apt|apt-utils|aptitude|libapt-pkg|python3-apt|packagekit|software-properties|synaptic)/,
  "apt-method": /^(?:apt|.*apt-transport)/,
  bash: /^bash(?:-static)?$/,
  "busybox-ash": /^busybox/,
  busybox: /^busybox/,
  chroot: /^coreutils$/,
  "containerd-ctr": /^containerd/,
  cpan: /^(?:perl|libperl)/,
  dd: /^coreutils$/,
  docker: /^docker/,
  dpkg: /^dpkg/,
  elvish: /^elvish$/,
  env: /^coreutils$/,
  find: /^findutils$/,
  ftp: /^(?:lftp|ftp|tnftp|inetutils-ftp)/,
  gcc: /^(?:gcc|cpp|g\+\+|gfortran|gnat|gdc|gccgo|gobjc)/,
  gem: /^ruby/,
  java: /^openjdk|-jdk|-jre/,
  lua: /^(?:lib)?lua/,
  luajit: /^(?:lib)?luajit/,
  netcat: /^netcat/,
  node: /^(?:nodejs|libnode)/,
  perl: /^(?:perl|libperl|linux-perf)/,
  pip: /^(?:python3-pip|virtualenv|python3-virtualenv)/,
  python: /^(?:lib)?python/,
  ruby: /^(?:lib)?ruby/,
  scp: /^openssh/,
  sftp: /^openssh/,
  ssh: /^openssh/,
  sshd: /^openssh/,
  su: /^util-linux$/,
  sudo: /^sudo/,
  tcl: /^(?:tcl|libtcl|tk|libtk)/,
  telnet: /telnet/,
  timeout: /^coreutils$/,
  uutils: /^rust-coreutils$/,
  vim: /^vim/,
  xargs: /^findutils$/,
};

describe("all programs of this machine", () => {
  const reason = hasTool("dpkg-query") ? "" : " (skipped: no dpkg knows this machine's files)";

  test.skipIf(reason !== "")(`nothing is told as what its package doesn't hold${reason}`, () => {
    const files = installedElfs();
    const wrong: string[] = [];
    for (const [file, owner] of files) {
      for (const { id, within, embedded, name } of factsFrom(file).identities ?? []) {
        const holds = owners[id] ?? new RegExp(`^${id.replaceAll("+", "\\+")}`);
        // Anybody may bring a library with an interpreter in it.
        if (within === undefined && embedded !== true && !holds.test(owner))
          wrong.push(`${owner}: ${file}: ${name}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(files.size).toBeGreaterThan(200);
    process.stdout.write(`${files.size} ELF files of packages\n`);
  });
});

/** ELF files of installed packages, each with its package. */
function installedElfs(): ReadonlyMap<string, string> {
  const lists = "/var/lib/dpkg/info";
  const found = new Map<string, string>();
  for (const list of readdirSync(lists).filter((name) => name.endsWith(".list"))) {
    const owner = list.replace(/(?::[^:]+)?\.list$/, "");
    for (const file of readFileSync(join(lists, list), "utf8").split("\n")) {
      const status = file === "" ? undefined : lstatSync(file, { throwIfNoEntry: false });
      if (status?.isFile() === true && status.size > 64 && isElf(file)) found.set(file, owner);
    }
  }
  return found;
}

function isElf(file: string): boolean {
  return (
    /\.(?:so(?:\.[\d.]+)?|node)$|\/s?bin\/|\/lib\/|\/libexec\/|\/opt\//.test(file) &&
    readHead(file) === "\x7fELF"
  );
}

function readHead(file: string): string {
  const fd = openSync(file, "r");
  try {
    const head = Buffer.alloc(4);
    readSync(fd, head, 0, 4, 0);
    return head.toString("latin1");
  } finally {
    closeSync(fd);
  }
}
