// A report of a whole Debian, for the tests of what shows reports.
import type { DetailedReport, FileRow, Finding, PrimitiveUse, StartupStep } from "../src/audit/finding.ts";
import { digestOf } from "../src/base/digest.ts";
import { path } from "../src/tree/path.ts";
import {
  base,
  deb,
  fileRow,
  layerRow,
  sampleFinding,
  sampleReport,
  sampleVerdict,
  top,
  use,
} from "./audit-report-parts.ts";

const bash = deb("bash", "5.2.15-2+b7", 2, 1_265_648);
const apt = deb("apt", "2.6.1", 2, 60_000);
const unneeded = Array.from({ length: 640 }, (_, index) => `/usr/bin/tool-${String(index).padStart(3, "0")}`);
const packages = [bash, apt, deb("postgresql-15", "15.8-0+deb12u1", 640, 61_000_000)];

const findings: readonly Finding[] = [
  sampleFinding("shell", "bash 5.2.15", {
    atMost: "distro",
    path: path("/usr/bin/bash"),
    evidence: [
      {
        what: "dynamic symbols shell_builtins and eval_builtin",
        check: "readelf -W --dyn-syms FILE | grep shell_builtins",
      },
      {
        what: 'string "@(#)Bash version 5.2.15(1)" at byte 987136',
        check: "grep -abo '@(#)Bash version' FILE",
      },
    ],
    layer: base,
    package: bash,
    primitives: ["exec", "shell", "file-read", "file-write", "reverse-shell"],
  }),
  sampleFinding("shell", "dash (Debian Almquist shell)", {
    atMost: "distro",
    path: path("/usr/bin/dash"),
    evidence: [{ what: 'strings "Illegal number: %s", "OPTIND=1" and "PS1=$ "' }],
    layer: base,
    primitives: ["exec", "shell"],
  }),
  sampleFinding("package-manager", "apt 2.6.1", {
    atMost: "distro",
    path: path("/usr/bin/apt"),
    evidence: [{ what: "needs libapt-pkg.so.6.0", check: "readelf -d FILE" }],
    layer: base,
    package: apt,
    primitives: ["download", "exec"],
  }),
  sampleFinding("shell-startup", "the entrypoint /usr/local/bin/docker-entrypoint.sh is a shell script", {
    path: path("/usr/local/bin/docker-entrypoint.sh"),
    evidence: [{ what: "its first line is #!/usr/bin/env bash", check: "head -1 FILE" }],
    layer: top,
    primitives: ["exec"],
  }),
  sampleFinding("foreign-interpreter", "Perl 5.36.0", {
    path: path("/usr/bin/perl"),
    primitives: ["exec", "download"],
    layer: base,
  }),
  sampleFinding("foreign-tool", "gzip", {
    path: path("/usr/bin/gzip"),
    primitives: ["file-read"],
    layer: base,
  }),
  sampleFinding("root-user", "no user is set: the program runs as root"),
  sampleFinding("setuid", "setuid root, mode 4755", {
    path: path("/usr/bin/su"),
    layer: base,
    primitives: ["privilege"],
  }),
  sampleFinding("setuid", "setuid root, mode 4755", {
    path: path("/usr/bin/mount"),
    layer: base,
    primitives: ["privilege"],
  }),
  ...unneeded.map((at) =>
    sampleFinding("unneeded-elf", "a program of postgresql-15 that nothing needs", {
      path: path(at),
      layer: base,
    }),
  ),
  sampleFinding("package-manager-residue", "dpkg's database", {
    path: path("/var/lib/dpkg/status"),
    layer: base,
  }),
  sampleFinding("missing-metadata", "no label org.opencontainers.image.source"),
];

const primitives: readonly PrimitiveUse[] = [
  use(
    "exec",
    ["/usr/bin/bash", "bash 5.2.15", true],
    ["/usr/bin/perl", "Perl 5.36.0", false],
    ["/usr/bin/apt", "apt 2.6.1", false],
  ),
  use("shell", ["/usr/bin/bash", "bash 5.2.15", true], ["/usr/bin/dash", "dash", false]),
  use("download", ["/usr/bin/apt", "apt 2.6.1", false], ["/usr/bin/perl", "Perl 5.36.0", false]),
  use("privilege", ["/usr/bin/su", "setuid root", false], ["/usr/bin/mount", "setuid root", false]),
];

const startup: readonly StartupStep[] = [
  {
    from: "entrypoint",
    command: "docker-entrypoint.sh",
    path: path("/usr/local/bin/docker-entrypoint.sh"),
    kind: "script",
  },
  {
    from: "/usr/local/bin/docker-entrypoint.sh:1",
    command: "#!/usr/bin/env bash",
    path: path("/usr/bin/bash"),
    kind: "shell",
  },
  { from: "/usr/local/bin/docker-entrypoint.sh:12", command: "set -Eeo pipefail", kind: "builtin" },
  { from: "/usr/local/bin/docker-entrypoint.sh:80", command: "gosu postgres initdb", kind: "missing" },
  { from: "/usr/local/bin/docker-entrypoint.sh:356", command: 'exec "$@"', kind: "dynamic" },
  {
    from: "command",
    command: "postgres",
    path: path("/usr/lib/postgresql/15/bin/postgres"),
    kind: "program",
  },
];

const files: readonly FileRow[] = [
  fileRow("/usr/bin/bash", 1_265_648, "entrypoint-runtime", {
    kind: "elf",
    package: 0,
    layer: 0,
    identities: ["bash 5.2.15"],
    primitives: ["exec", "shell"],
  }),
  fileRow("/usr/bin/apt", 18_752, "foreign", {
    kind: "elf",
    package: 1,
    layer: 0,
    identities: ["apt 2.6.1"],
    primitives: ["download"],
  }),
  ...unneeded.map((at) => fileRow(at, 96_000, "foreign", { kind: "elf", package: 2, layer: 0 })),
  fileRow("/usr/local/bin/docker-entrypoint.sh", 14_000, "entrypoint-runtime", {
    kind: "script",
    layer: 1,
  }),
];

/** A whole Debian: a shell and apt on the PATH, setuid files, and more unneeded ELF files than anybody reads. */
export function distroReport(): DetailedReport {
  return sampleReport({
    image: {
      reference: "docker.io/library/postgres:15",
      digest: digestOf("postgres"),
      platform: "linux/amd64",
    },
    verdict: sampleVerdict("distro", { score: 12 }),
    findings: findings,
    residue: [
      sampleFinding("residue", "41 files, 23.8 MB, deleted by a later layer", {
        layer: base,
        path: path("/var/cache/apt/archives"),
      }),
    ],
    primitives: primitives,
    startup: startup,
    packages,
    layers: [
      layerRow(base, 660, 74_000_000, {
        visibleFiles: 619,
        residueBytes: 23_800_000,
        createdBy: "/bin/sh -c apt-get install -y postgresql",
      }),
      layerRow(top, 1, 14_000, { createdBy: "COPY docker-entrypoint.sh /usr/local/bin/" }),
    ],
    config: {
      entrypoint: ["docker-entrypoint.sh"],
      command: ["postgres"],
      ports: ["5432/tcp"],
      volumes: ["/var/lib/postgresql/data"],
      environment: ["PATH", "LANG", "PGDATA"],
    },
    files: files,
    reasons: {
      "/usr/bin/bash": [
        "/usr/local/bin/docker-entrypoint.sh",
        "runs it: #!/usr/bin/env bash",
        "/usr/bin/bash",
      ],
    },
  });
}
