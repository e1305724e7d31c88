// The audit of real images: those of the corpus with the levels that its README gives, whole roots of Debian as mmdebstrap makes
// them, and Debian's shells, interpreters and tools one by one, renamed and without the execute bit.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Level } from "../../src/audit/levels.ts";
import { commands } from "../../src/cli/registry.ts";
import { sampleUnder, type ToldAudit } from "../../testing/audit-samples.ts";
import { runInMemory } from "../../testing/cli.ts";
import { reasonAgainstPackages, unpackPackages } from "../../testing/debian-programs.ts";
import { hostMirror, reasonAgainstRoots } from "../../testing/debian-roots.ts";
import { filesAsFolder, layoutFiles, tarLayer } from "../../testing/layouts.ts";
import { missingProgram } from "../../testing/programs.ts";

const folder = mkdtempSync(join(tmpdir(), "audit-real-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const because = (reason: string | undefined): string => (reason === undefined ? "" : ` (skipped: ${reason})`);

async function audit(...argv: readonly string[]): Promise<ToldAudit> {
  const ran = await runInMemory(
    ["audit", "--quiet", "--format", "json", "--cache-dir", join(folder, "cache"), ...argv],
    commands,
  );
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  return JSON.parse(ran.stdout) as ToldAudit;
}

const pathsOf = (report: ToldAudit, rule: string): readonly string[] =>
  report.findings.filter((one) => one.rule === rule).map((one) => one.path ?? "");

describe("images of the corpus", () => {
  const corpus = join(import.meta.dirname, "../../../shared/corpus");
  const missing = existsSync(corpus) ? undefined : "the corpus of images is not there";

  test.skipIf(missing !== undefined).each<[name: string, level: Level, residue: readonly string[]]>([
    ["hello-world.docker.tar", "distroless", []],
    ["busybox-amd64.oci.tar", "slim", []],
    ["dive-busybox-1.29.3.docker.tar", "slim", ["residue"]],
    ["alpine-3.14.oci.tar", "distro", []],
    ["alpine-3.10.docker.tar.gz", "distro", []],
    ["whiteout.docker.tar", "slim", ["residue"]],
    ["opaque-whiteout.docker.tar", "distroless", []],
  ])(`%s is %s${because(missing)}`, async (name, level, residue) => {
    const report = await audit(join(corpus, name));
    expect(report.verdict).toMatchObject({ level, determinate: true });
    expect([...new Set(report.residue.map((one) => one.rule))]).toEqual(residue);
  });

  test.skipIf(missing !== undefined)(
    `what keeps hello-world from sealed is its user${because(missing)}`,
    async () => {
      const { findings } = await audit(join(corpus, "hello-world.docker.tar"));
      expect(findings.filter((one) => one.atMost !== null).map((one) => one.rule)).toEqual(["root-user"]);
    },
  );
});

interface Root {
  readonly release: string;
  readonly packages: readonly string[];
  readonly entrypoint?: string;
  /** The private keys that packages make for themselves when they are installed. */
  readonly secrets: readonly string[];
}

const roots: readonly Root[] = [
  {
    release: "bookworm",
    packages: ["postgresql"],
    entrypoint: "/usr/lib/postgresql/15/bin/postgres",
    secrets: ["/etc/ssl/private/ssl-cert-snakeoil.key"],
  },
  { release: "trixie", packages: [], secrets: [] },
  { release: "sid", packages: [], secrets: [] },
  { release: "bullseye", packages: [], secrets: [] },
];

const noRoots = reasonAgainstRoots() ?? missingProgram("dpkg-query", "tar");

describe.skipIf(noRoots !== undefined)(`whole roots of Debian${because(noRoots)}`, () => {
  test.each(roots)("$release with $packages", async ({ entrypoint, packages, release, secrets }) => {
    const tar = join(folder, `${release}.tar`);
    makeTar(tar, release, packages);
    const report = await audit(
      `tar:${tar}`,
      ...(entrypoint === undefined ? [] : ["--entrypoint", entrypoint]),
    );
    expect(report.verdict).toMatchObject({ level: "distro", determinate: true });

    const merged = (path: string): string => path.replace(/^\/(?:usr\/)?/, "/");
    expect(pathsOf(report, "shell").map(merged).sort()).toEqual(["/bin/bash", "/bin/dash"]);
    const managers = pathsOf(report, "package-manager").map(merged);
    expect(managers).toEqual(expect.arrayContaining(["/bin/apt-get", "/bin/dpkg"]));
    expect(pathsOf(report, "multi-call")).toEqual([]);

    expect(report.unknown).toEqual([]);
    expect(pathsOf(report, "embedded-elf")).toEqual([]);
    expect(pathsOf(report, "secret")).toEqual(secrets);
    expect(report.residue).toEqual([]);
    const unneeded = pathsOf(report, "unneeded-elf");
    if (entrypoint !== undefined) expect(unneeded).not.toContain(entrypoint);

    expect(namesOf(report)).toEqual(installed(tar, release));
    rmSync(tar);
  });
});

/** A root as one tar. Suites that no longer change, or a mirror that stands still, have indexes past their date. */
function makeTar(file: string, release: string, packages: readonly string[]): void {
  const include = packages.length === 0 ? [] : [`--include=${packages.join(",")}`];
  const dated = '--aptopt=Acquire::Check-Valid-Until "false"';
  const argv = ["--quiet", "--variant=apt", dated, ...include, release, file, hostMirror() ?? ""];
  const { status, stderr } = spawnSync("mmdebstrap", argv, { encoding: "utf8" });
  expect(status, stderr).toBe(0);
}

function namesOf({ packages }: ToldAudit): readonly string[] {
  return packages
    .filter(({ type }) => type === "deb")
    .map(({ architecture, name, version }) => `${name} ${version} ${architecture ?? ""}`)
    .sort();
}

/** What dpkg-query says of the root. */
function installed(tar: string, release: string): readonly string[] {
  const into = join(folder, `dpkg-${release}`);
  mkdirSync(into);
  expect(spawnSync("tar", ["-C", into, "-xf", tar, "./var/lib/dpkg"]).status).toBe(0);
  const admin = `--admindir=${join(into, "var/lib/dpkg")}`;
  const format = "-f=${binary:Package} ${Version} ${Architecture}\n";
  const { stdout } = spawnSync("dpkg-query", [admin, "-W", format], { encoding: "utf8" });
  rmSync(into, { recursive: true });
  const lines = stdout.trim().split("\n");
  return lines.map((line) => line.replace(/^([^ :]+):\S+/, "$1")).sort();
}

/** Debian 12's package, the program in it, and how good an image with it can be. */
const programs: readonly (readonly [name: string, path: string, level: Level])[] = [
  ["busybox", "bin/busybox", "in-name-only"],
  ["busybox-static", "bin/busybox", "in-name-only"],
  ["toybox", "bin/toybox", "in-name-only"],
  ["dash", "bin/dash", "in-name-only"],
  ["bash", "bin/bash", "in-name-only"],
  ["bash-static", "bin/bash-static", "in-name-only"],
  ["mksh", "bin/mksh", "in-name-only"],
  ["ksh93u+m", "bin/ksh93", "in-name-only"],
  ["zsh", "bin/zsh", "in-name-only"],
  ["fish", "usr/bin/fish", "in-name-only"],
  ["tcsh", "bin/tcsh", "in-name-only"],
  ["yash", "usr/bin/yash", "in-name-only"],
  ["elvish", "usr/bin/elvish", "in-name-only"],
  ["sash", "bin/sash", "in-name-only"],
  ["apt", "usr/bin/apt-get", "in-name-only"],
  ["dpkg", "usr/bin/dpkg", "in-name-only"],
  ["python3.11-minimal", "usr/bin/python3.11", "shell-less"],
  ["perl-base", "usr/bin/perl", "shell-less"],
  ["ruby3.1", "usr/bin/ruby3.1", "shell-less"],
  ["nodejs", "usr/bin/node", "shell-less"],
  ["php8.2-cli", "usr/bin/php8.2", "shell-less"],
  ["lua5.4", "usr/bin/lua5.4", "shell-less"],
  ["tcl8.6", "usr/bin/tclsh8.6", "shell-less"],
  ["guile-3.0-libs", "usr/lib/x86_64-linux-gnu/guile/3.0/bin/guile", "shell-less"],
  ["gawk", "usr/bin/gawk", "shell-less"],
  ["mawk", "usr/bin/mawk", "shell-less"],
  ["original-awk", "usr/bin/original-awk", "shell-less"],
  ["openssl", "usr/bin/openssl", "shell-less"],
  ["curl", "usr/bin/curl", "shell-less"],
  ["wget", "usr/bin/wget", "shell-less"],
  ["socat", "usr/bin/socat", "shell-less"],
  ["ncat", "usr/bin/ncat", "shell-less"],
  ["netcat-openbsd", "bin/nc.openbsd", "shell-less"],
  ["netcat-traditional", "bin/nc.traditional", "shell-less"],
  ["git", "usr/bin/git", "shell-less"],
  ["openssh-client", "usr/bin/ssh", "shell-less"],
  ["rsync", "usr/bin/rsync", "shell-less"],
  ["tar", "bin/tar", "shell-less"],
  ["findutils", "usr/bin/find", "shell-less"],
  ["sed", "bin/sed", "shell-less"],
  ["gdb-minimal", "usr/bin/gdb", "shell-less"],
  ["strace", "usr/bin/strace", "shell-less"],
];

const noPackages = reasonAgainstPackages();
const unpacked =
  noPackages === undefined
    ? unpackPackages([...new Set(programs.map(([name]) => name))], join(folder, "packages"))
    : new Map<string, string>();

describe("one program of Debian beside a static application, renamed and not executable", () => {
  for (const [name, path, level] of programs) {
    const root = unpacked.get(name);
    const file = join(root ?? "", path);
    const missing =
      noPackages ??
      (root === undefined
        ? "apt has no such package"
        : existsSync(file)
          ? undefined
          : "it holds no such file");

    test.skipIf(missing !== undefined)(`${name}: ${path} makes it ${level}${because(missing)}`, async () => {
      const layer = tarLayer([{ name: "opt/x", mode: 0o644, content: readFileSync(file) }], "none");
      const layout = join(folder, `image-${name}`);
      await filesAsFolder(await layoutFiles({ images: [sampleUnder([layer])] }), layout);
      const report = await audit(layout);
      expect(report.verdict).toMatchObject({ level, determinate: true });
      expect(report.findings.find((one) => one.path === "/opt/x")?.atMost).toBe(level);
      rmSync(layout, { recursive: true });
    });
  }
});

describe("the case that the word distroless is used for: BusyBox under /busybox", () => {
  const missing = existsSync("/bin/busybox") ? undefined : "busybox-static is not installed";
  test.skipIf(missing !== undefined)(`is in-name-only${because(missing)}`, async () => {
    const busybox = readFileSync("/bin/busybox");
    const layer = tarLayer(
      [
        { name: "busybox/" },
        { name: "busybox/busybox", mode: 0o755, content: busybox },
        ...["sh", "ls", "wget", "nc"].map((name) => ({ name: `busybox/${name}`, target: "busybox" })),
      ],
      "none",
    );
    const layout = join(folder, "under-busybox");
    await filesAsFolder(await layoutFiles({ images: [sampleUnder([layer])] }), layout);
    const report = await audit(layout);
    expect(report.verdict).toMatchObject({ level: "in-name-only", determinate: true });
    expect(pathsOf(report, "multi-call")).toEqual(["/busybox/busybox"]);
    const gated = await runInMemory(
      ["audit", "--quiet", "--cache-dir", join(folder, "cache"), "--fail-below", "shell-less", layout],
      commands,
    );
    expect(gated.code).toBe(1);
    expect(gated.stderr).toMatch(/has to be shell-less/);
  });
});
