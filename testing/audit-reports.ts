// Reports of the audit for the tests of what renders, judges and compares them: one for each kind of image that reads differently.
import type { DetailedReport, FileRow, Finding, PackageRow, Unknown } from "../src/audit/finding.ts";
import type { Primitive } from "../src/audit/primitives.ts";
import { digestOf } from "../src/base/digest.ts";
import type { Role } from "../src/closure/closure.ts";
import type { Evidence } from "../src/content/identity.ts";
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
import { distroReport } from "./distro-report.ts";
import { hostileReport } from "./hostile-report.ts";

const busyboxEvidence: readonly Evidence[] = [
  {
    what: "applet table: 300 of 402 known names at byte 1663488",
    check: "tail -c +1663489 FILE | head -c 2500 | tr '\\0' '\\n'",
  },
  { what: 'string "BusyBox v1.35.0" at byte 1672008', check: "grep -abo 'BusyBox v' FILE" },
];

/** A static program as entrypoint, and a BusyBox that was given another name and lost its execute bit. */
export function inNameOnlyReport(): DetailedReport {
  const helper = path("/opt/helper");
  const primitives: readonly Primitive[] = [
    "exec",
    "shell",
    "download",
    "upload",
    "file-read",
    "file-write",
    "reverse-shell",
  ];
  const files: readonly FileRow[] = [
    fileRow("/app", 7_340_032, "entrypoint-runtime", { kind: "elf", layer: 0 }),
    fileRow("/etc/passwd", 64, "package-data", { kind: "text", layer: 0 }),
    fileRow("/opt/helper", 1_996_000, "foreign", {
      kind: "elf",
      layer: 1,
      identities: ["BusyBox 1.35.0 (static, 300 applets)"],
      primitives,
    }),
  ];
  return sampleReport({
    image: {
      reference: "registry.example.test/shop/api:2.4.1",
      digest: digestOf("api"),
      platform: "linux/arm64",
    },
    verdict: sampleVerdict("in-name-only", { score: 71 }),
    findings: [
      sampleFinding("multi-call", "BusyBox 1.35.0 (static, 300 applets)", {
        path: helper,
        evidence: busyboxEvidence,
        layer: top,
        primitives,
      }),
      sampleFinding("world-writable", "mode 0666", {
        path: path("/etc/passwd"),
        layer: base,
        waived: { reason: "a build step fills it in", expires: "2027-03-01" },
      }),
      sampleFinding("root-group", "its group is 0"),
    ],
    primitives: primitives.map((one) => use(one, ["/opt/helper", "BusyBox 1.35.0", false])),
    startup: [{ from: "entrypoint", command: "/app serve", path: path("/app"), kind: "program" }],
    layers: [
      layerRow(base, 2, 7_340_096),
      layerRow(top, 1, 1_996_000, { createdBy: "COPY helper /opt/helper" }),
    ],
    config: { user: "65532:0", entrypoint: ["/app"], command: ["serve"] },
    files,
    reasons: { "/app": ["entrypoint", "/app"] },
  });
}

const node: PackageRow = deb("nodejs", "18.19.0+dfsg-6~deb12u2", 1, 92_000_000);
const libc: PackageRow = deb("libc6", "2.36-9+deb12u9", 2, 2_100_000);
const chain = [
  "entrypoint /usr/bin/node",
  "/usr/bin/node needs libc.so.6 (DT_NEEDED)",
  "/usr/lib/x86_64-linux-gnu/libc.so.6",
];

const nodeFindings: readonly Finding[] = [
  sampleFinding("runtime-interpreter", "Node.js 18.19.0", {
    path: path("/usr/bin/node"),
    evidence: [
      {
        what: "dynamic symbol node::Start(int, char**)",
        check: "readelf -W --dyn-syms FILE | grep _ZN4node5Start",
      },
    ],
    layer: base,
    package: node,
    primitives: ["exec", "download", "upload", "file-read", "file-write", "library-load", "reverse-shell"],
    reason: ["entrypoint /usr/bin/node"],
  }),
  sampleFinding("dynamic-loader", "glibc's loader", {
    path: path("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
    layer: base,
    package: libc,
    primitives: ["library-load"],
    reason: ["/usr/bin/node asks for it (PT_INTERP)"],
  }),
  sampleFinding("lower-layers", "1 file is replaced by a later layer", {
    waived: { reason: "the base layer is shared by all services", expires: "2027-03-01" },
  }),
];

const nodeFiles: readonly FileRow[] = [
  fileRow("/srv/app/node_modules/fastify/index.js", 40_000, "closure", {
    kind: "text",
    package: 2,
    layer: 1,
  }),
  fileRow("/srv/app/server.js", 4_000, "entrypoint-runtime", { kind: "text", layer: 1 }),
  fileRow("/srv/app/state.json", 0, "unproven", { layer: 1 }),
  fileRow("/usr/bin/node", 92_000_000, "entrypoint-runtime", {
    kind: "elf",
    package: 0,
    layer: 0,
    identities: ["Node.js 18.19.0"],
    primitives: ["exec", "download", "library-load"],
  }),
  fileRow("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", 210_000, "closure", {
    kind: "elf",
    package: 1,
    layer: 0,
    identities: ["glibc's loader"],
    primitives: ["library-load"],
  }),
  fileRow("/usr/lib/x86_64-linux-gnu/libc.so.6", 1_890_000, "closure", {
    kind: "elf",
    package: 1,
    layer: 0,
  }),
];

/** Node.js and nothing else: truly distroless, and its runtime starts programs and opens connections all the same. */
export function trulyDistrolessReport(): DetailedReport {
  return sampleReport({
    image: { reference: "oci:out:web", digest: digestOf("web"), platform: "linux/amd64" },
    verdict: sampleVerdict("truly-distroless", { score: 97 }),
    findings: nodeFindings,
    primitives: [
      use("exec", ["/usr/bin/node", "Node.js 18.19.0", true]),
      use("download", ["/usr/bin/node", "Node.js 18.19.0", true]),
      use(
        "library-load",
        ["/usr/bin/node", "Node.js 18.19.0", true],
        ["/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "glibc's loader", true],
      ),
    ],
    startup: [
      {
        from: "entrypoint",
        command: "/usr/bin/node /srv/app/server.js",
        path: path("/usr/bin/node"),
        kind: "program",
      },
    ],
    packages: [node, libc, { type: "npm", name: "fastify", version: "4.26.2", files: 2, sizeBytes: 48_000 }],
    layers: [layerRow(base, 3, 94_100_000), layerRow(top, 3, 52_000)],
    config: {
      user: "65532:65532",
      entrypoint: ["/usr/bin/node", "/srv/app/server.js"],
      workingDir: "/srv/app",
      ports: ["8080/tcp"],
      environment: ["PATH", "NODE_ENV"],
      labels: { "org.opencontainers.image.source": "https://git.example.test/web" },
    },
    files: nodeFiles,
    reasons: { "/usr/lib/x86_64-linux-gnu/libc.so.6": chain },
  });
}

/** A packed program and an archive nobody can open: the level is what is proven, and may be better. */
export function indeterminateReport(): DetailedReport {
  const packed = path("/usr/local/bin/agent");
  const bundle = path("/srv/bundle.zip");
  const unknown: readonly Unknown[] = [
    { path: packed, why: "packed with UPX 3.96" },
    { path: bundle, why: "3 of its 8 members are encrypted" },
  ];
  return sampleReport({
    image: {
      reference: "docker-archive:build/agent.tar",
      digest: digestOf("agent"),
      platform: "linux/amd64",
    },
    verdict: sampleVerdict("in-name-only", { determinate: false, atBest: "distroless", score: 40 }),
    findings: [
      sampleFinding("hidden-program", "packed with UPX 3.96", {
        path: packed,
        evidence: [{ what: 'string "UPX!" at byte 236', check: "grep -abo 'UPX!' FILE" }],
        layer: base,
        reason: ["entrypoint /usr/local/bin/agent"],
      }),
      sampleFinding("unread-content", "3 of its 8 members are encrypted", {
        path: bundle,
        evidence: [{ what: "member config/keys.bin has the encryption bit", check: "zipinfo FILE" }],
        layer: base,
      }),
      sampleFinding("secret-in-config", "a GitHub token in the environment variable DEPLOY_TOKEN"),
    ],
    residue: [
      sampleFinding("secret-in-lower-layer", "a PEM private key (RSA), line 1", {
        path: path("/root/.ssh/id_rsa"),
        layer: base,
      }),
    ],
    unknown,
    startup: [{ from: "entrypoint", command: "/usr/local/bin/agent", path: packed, kind: "program" }],
    layers: [layerRow(base, 3, 1_300_000, { visibleFiles: 2, residueBytes: 1_700 })],
    config: { user: "1000:1000", entrypoint: ["/usr/local/bin/agent"], environment: ["DEPLOY_TOKEN"] },
    files: [
      fileRow("/srv/bundle.zip", 800_000, "unproven", { kind: "archive", layer: 0 }),
      fileRow("/usr/local/bin/agent", 498_300, "entrypoint-runtime", { kind: "elf", layer: 0 }),
    ],
  });
}

/** All kinds by name. */
export const sampleReports: Readonly<Record<string, () => DetailedReport>> = {
  distro: distroReport,
  "in-name-only": inNameOnlyReport,
  "truly-distroless": trulyDistrolessReport,
  indeterminate: indeterminateReport,
  hostile: hostileReport,
};

/** A report over `count` files in folders of 100, of every role and kind, each the same for the same count. */
export function manyFilesReport(count: number): DetailedReport {
  const roles: readonly Role[] = [
    "entrypoint-runtime",
    "closure",
    "declared",
    "package-data",
    "unproven",
    "foreign",
  ];
  const kinds: readonly FileRow["kind"][] = ["elf", "script", "archive", "text", "data"];
  const packages = Array.from({ length: 50 }, (_, index) =>
    deb(`package-${index}`, "1.0", count / 50, count * 20),
  );
  const files = Array.from({ length: count }, (_, index): FileRow => {
    const name = `/usr/share/folder-${String(Math.floor(index / 100)).padStart(4, "0")}/file-${String(index).padStart(7, "0")}`;
    return fileRow(name, 1 + ((index * 7919) % 1_000_003), roles[index % roles.length] ?? "foreign", {
      kind: kinds[index % kinds.length] ?? "data",
      package: index % packages.length,
      layer: index % 2,
      primitives: index % 97 === 0 ? ["exec"] : [],
    });
  });
  const foreign = files.filter((file) => file.role === "foreign" && file.kind === "elf");
  return sampleReport({
    verdict: sampleVerdict("distroless", { score: 60 }),
    findings: foreign.map((file) =>
      sampleFinding("unneeded-elf", "nothing needs it", { path: file.path, layer: base }),
    ),
    packages,
    layers: [layerRow(base, count / 2, count * 500), layerRow(top, count / 2, count * 500)],
    config: { user: "65532:65532", entrypoint: ["/usr/share/folder-0000/file-0000000"] },
    files,
  });
}
