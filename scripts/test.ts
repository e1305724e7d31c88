// `npm test`: the static checks, then every test. Where it runs as root on Debian it first installs the packages that the
// conformance and end-to-end tests need (independent tools and container engines); elsewhere those tests skip, by name.
//
//   npm test                   everything
//   npm test -- unit           one project (unit, conformance, e2e), further arguments go to vitest
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Debian packages by what they are needed for. */
const debianPackages: readonly string[] = [
  // independent readers and writers
  ...[
    "binutils",
    "dpkg",
    "apt",
    "xz-utils",
    "zstd",
    "tar",
    "libarchive-tools",
    "skopeo",
    "umoci",
    "jq",
    "file",
    "cmark-gfm",
  ],
  // what makes archives, keys and packed programs for the audit to see through
  ...["zip", "bzip2", "openssh-client", "gnupg"],
  // shells that adversarial images hide
  ...["bash-static", "zsh-static", "sash", "mksh", "toybox"],
  // roots to compare with, and what runs in them
  ...[
    "mmdebstrap",
    "debian-archive-keyring",
    "qemu-user-static",
    "strace",
    "bsdutils",
    "util-linux",
    "uidmap",
    "git",
    "bubblewrap",
    "busybox-static",
    "procps",
  ],
  // engines and registry
  ...[
    "docker.io",
    "iproute2",
    "iptables",
    "podman",
    "runc",
    "catatonit",
    "buildah",
    "fuse-overlayfs",
    "docker-registry",
  ],
  // what the examples are built with and talked to
  ...[
    "gcc",
    "gcc-aarch64-linux-gnu",
    "linux-libc-dev-arm64-cross",
    "g++",
    "libc6-dev",
    "make",
    "openssl",
    "curl",
    "ca-certificates",
    "postgresql-client-common",
    "postgresql-client-15",
    "redis-tools",
    "zlib1g-dev",
    "libssl-dev",
  ],
  // package managers and the databases that they write
  ...["rpm", "python3-bsddb3", "python3-pip"],
  // programs whose closure is compared with what their packages hold
  ...["postgresql-15", "openjdk-17-jre-headless", "python3"],
  // pages are looked at in a browser
  ...["chromium-headless-shell"],
];

const projects = ["unit", "conformance", "e2e"] as const;

const [first, ...rest] = process.argv.slice(2);
const chosen = projects.filter((project) => first === undefined || project === first);
if (chosen.length === 0) fail(`unknown project ${String(first)}; there are ${projects.join(", ")}`);

if (first === undefined || first !== "unit") provision();
const node = process.execPath;
if (first === undefined)
  step("static checks", spawnSync(node, ["scripts/check.ts"], { stdio: "inherit" }).status);
runVitest();

/** Installs what is missing, where it may. Never starts a service: the tests start their own, on sockets of their own. */
function provision(): void {
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) return;
  const installed = spawnSync("dpkg-query", ["-W", "-f=${db:Status-Abbrev}${Package}\n"], {
    encoding: "utf8",
  }).stdout;
  const present = new Set(
    installed
      .split("\n")
      .filter((line) => line.startsWith("ii"))
      .map((line) => line.slice(3).trim()),
  );
  const absent = debianPackages.filter((name) => !present.has(name));
  if (absent.length === 0) return;
  process.stderr.write(`installing ${absent.join(" ")}\n`);
  // RUNLEVEL=1 makes invoke-rc.d's policy refuse to start services in the packages' scripts.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const apt = (...args: string[]): number | null =>
    spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=300", "-qq", ...args], {
      stdio: ["ignore", "ignore", "inherit"],
      env,
    }).status;
  apt("update");
  step(
    "installing the Debian packages that the tests need",
    apt("install", "-y", "--no-install-recommends", ...absent),
  );
}

function runVitest(): void {
  const folder = mkdtempSync(join(tmpdir(), "distill-test-"));
  const report = join(folder, "report.json");
  const args = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...chosen.flatMap((project) => ["--project", project]),
    ...rest,
  ];
  const { status } = spawnSync(node, args, { stdio: "inherit" });
  const skipped = existsSync(report) ? summarise(report) : 0;
  rmSync(folder, { recursive: true, force: true });
  step("tests", status);
  if (process.env["CI"] !== undefined && skipped > 0) fail(`${skipped} tests were skipped; CI allows none`);
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function summarise(report: string): number {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(
    readFileSync(report, "utf8"),
  ) as VitestReport;
  const skipped = testResults
    .flatMap((file) => file.assertionResults)
    .filter((one) => one.status === "skipped" || one.status === "pending" || one.status === "todo");
  for (const one of skipped) process.stdout.write(`skipped: ${one.fullName}\n`);
  process.stdout.write(`${numPassedTests} passed, ${numFailedTests} failed, ${skipped.length} skipped\n`);
  return skipped.length;
}

function step(name: string, status: number | null): void {
  if (status !== 0) fail(`${name}: exit code ${String(status)}`);
}

function fail(message: string): never {
  process.stderr.write(`npm test: ${message}\n`);
  process.exit(1);
}
