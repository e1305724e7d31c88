// A report whose every text is hostile, for the tests of what shows reports.
import type { DetailedReport, StartupStep } from "../src/audit/finding.ts";
import { path } from "../src/tree/path.ts";
import { base, fileRow, layerRow, sampleFinding, sampleReport, sampleVerdict } from "./audit-report-parts.ts";

/** Texts that act on whatever shows them unescaped, each of them a file's name once. */
export const hostileNames: readonly string[] = [
  "\u001b[2J\u001b[31mred\u001b]8;;https://evil.example.test\u0007click",
  `<script>alert(1)</script><img src=x onerror="alert('2')">&amp;`,
  "line\nfeed\r\nreturn\ttab",
  // Bytes 0xff 0xfe, which are no UTF-8 (base/names.ts).
  "bytes\udcff\udcfe",
  "n".repeat(4000),
  "\u202egnp.exe\u202c\u200b\u2066isolate\u2069",
  "| `tick` [link](https://evil.example.test) @everyone #1 <!-- --> ```",
  "]]><!DOCTYPE x><!--",
  "%2e%2e%2f%00 ?q#f",
  "'; DROP TABLE files; --${7*7}{{7*7}}",
];

/** Every text of the report is hostile that an image can choose. */
export function hostileReport(): DetailedReport {
  const [ansi = "", markup = "", lines = ""] = hostileNames;
  return sampleReport({
    image: { reference: `dir:${ansi}${markup}`, platform: `linux/${markup}` },
    verdict: sampleVerdict("shell-less", { score: 40 }),
    findings: hostileNames.map((name) =>
      sampleFinding("foreign-tool", `tool ${name}`, {
        path: path(`/${name}`),
        evidence: [{ what: `string ${name}`, check: `grep -F '${name}' FILE` }],
        layer: base,
        package: { type: "npm", name, version: name },
        primitives: ["exec", "download"],
        reason: [name],
        ...(name === markup ? { waived: { reason: `${name} ${lines}`, expires: "2027-03-01" } } : {}),
      }),
    ),
    residue: hostileNames.map((name) =>
      sampleFinding("residue", name, { path: path(`/${name}`), layer: base }),
    ),
    unknown: hostileNames.map((name) => ({ path: path(`/${name}`), why: name })),
    primitives: [
      {
        primitive: "exec",
        files: hostileNames.map((name) => ({ path: path(`/${name}`), by: name, needed: false })),
      },
    ],
    startup: hostileNames.map(
      (name): StartupStep => ({ from: `/${name}:1`, command: name, path: path(`/${name}`), kind: "script" }),
    ),
    packages: hostileNames.map((name) => ({ type: "npm", name, version: name, files: 1, sizeBytes: 1 })),
    layers: [layerRow(base, hostileNames.length, hostileNames.length, { createdBy: hostileNames.join(" ") })],
    config: {
      user: ansi,
      entrypoint: [...hostileNames],
      command: [markup],
      healthcheck: [lines],
      workingDir: `/${ansi}`,
      ports: [markup],
      volumes: [lines],
      environment: [...hostileNames],
      labels: Object.fromEntries(hostileNames.map((name) => [name, name])),
    },
    files: hostileNames.map((name, index) =>
      fileRow(`/${name}`, 1, "foreign", {
        package: index,
        layer: 0,
        identities: [name],
        primitives: ["exec"],
      }),
    ),
    reasons: Object.fromEntries(hostileNames.map((name) => [path(`/${name}`), [name]])),
  });
}
