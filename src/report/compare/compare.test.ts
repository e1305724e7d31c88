import { stripVTControlCharacters } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import {
  deb,
  fileRow,
  layerRow,
  sampleFinding,
  sampleReport,
  use,
} from "../../../testing/audit-report-parts.ts";
import { manyFilesReport, sampleReports } from "../../../testing/audit-reports.ts";
import { compareReports } from "../../audit/compare/compare.ts";
import type { Comparison } from "../../audit/compare/comparison.ts";
import type { DetailedReport } from "../../audit/finding.ts";
import { verdictOf } from "../../audit/verdict.ts";
import type { Json } from "../../base/canonical-json.ts";
import { digestOf } from "../../base/digest.ts";
import { path } from "../../tree/path.ts";
import type { Page } from "../audit/lines.ts";
import { styleFor } from "../style.ts";
import { displayWidth } from "../text.ts";
import { comparisonJson } from "./json.ts";
import { diffSchema } from "./json-schema.ts";
import { comparisonMarkdown } from "./markdown.ts";
import { renderComparison } from "./table.ts";

const plain = styleFor(false);
const page: Page = { columns: 80, style: plain, verbose: false };
const golden = "../../../test/golden/compare";
const acting = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** One image and its next version: of everything that can differ, something does. */
function release(next: boolean): DetailedReport {
  const findings = next
    ? [
        sampleFinding("foreign-tool", "curl 8.5.0", { path: path("/usr/bin/curl") }),
        sampleFinding("missing-metadata", "no source"),
      ]
    : [sampleFinding("root-user", 'the user is "0"')];
  const base = layerRow(digestOf("base"), 10, 1_000_000);
  const libssl = {
    ...fileRow("/usr/lib/libssl.so.3", next ? 690_000 : 680_000, "closure", { kind: "elf" }),
    digest: digestOf(String(next)),
  };
  const moved = {
    ...fileRow(next ? "/srv/app/ca.pem" : "/srv/ca.pem", 200_000, "closure"),
    digest: digestOf("ca"),
  };
  const curl = fileRow("/usr/bin/curl", 260_000, "foreign", {
    kind: "elf",
    identities: ["curl 8.5.0"],
    primitives: ["download"],
  });
  return sampleReport({
    image: {
      reference: `registry.example.test/app:${next ? "2" : "1"}`,
      digest: digestOf(`app ${String(next)}`),
      platform: "linux/amd64",
    },
    findings,
    verdict: verdictOf({ findings, residue: [] }),
    primitives: next
      ? [
          use("download", ["/usr/bin/curl", "curl 8.5.0", false]),
          use("exec", ["/srv/app/main", "execve", true]),
        ]
      : [use("exec", ["/srv/main", "execve", true]), use("library-load", ["/srv/main", "dlopen", false])],
    packages: next
      ? [deb("curl", "8.5.0-2", 1, 260_000), deb("libssl3", "3.0.15-1", 1, 690_000)]
      : [deb("libssl3", "3.0.9-1", 1, 680_000), deb("tzdata", "2024a-0", 1, 300_000)],
    layers: [base, layerRow(digestOf(`top ${String(next)}`), 3, 90_000)],
    config: next
      ? {
          user: "65532",
          entrypoint: ["/srv/app/main"],
          ports: ["8080/tcp"],
          environment: ["PATH"],
          labels: { "org.example.version": "2" },
        }
      : {
          user: "0",
          entrypoint: ["/srv/main"],
          ports: ["8080/tcp", "9090/tcp"],
          environment: ["PATH", "TOKEN"],
          labels: { "org.example.version": "1" },
        },
    files: next
      ? [moved, curl, libssl]
      : [moved, libssl, fileRow("/usr/share/zoneinfo/UTC", 114, "package-data")],
  });
}

const samples: readonly (readonly [string, () => Comparison])[] = [
  ["release", () => compareReports(release(false), release(true))],
  ["reverted", () => compareReports(release(true), release(false))],
  ["same", () => compareReports(release(true), release(true))],
  ["unlike", () => compareReports(of("truly-distroless"), of("distro"))],
  ["hostile", () => compareReports(sampleReport(), of("hostile"))],
  ["many", () => compareReports(manyFilesReport(200), manyFilesReport(1000))],
];

function of(name: string): DetailedReport {
  const make = sampleReports[name];
  if (make === undefined) throw new Error(`no sample ${name}`);
  return make();
}

test.each(samples)("the table of %s reads as kept", async (name, make) => {
  await expect(renderComparison(make(), page)).toMatchFileSnapshot(`${golden}/${name}.txt`);
});

test.each(samples)("the Markdown of %s reads as kept", async (name, make) => {
  await expect(comparisonMarkdown(make())).toMatchFileSnapshot(`${golden}/${name}.md`);
});

const shapes = samples.flatMap(([name, make]) =>
  [40, 48, 80, 132].flatMap((columns) => [false, true].map((verbose) => ({ name, make, columns, verbose }))),
);

test.each(shapes)("$name fits $columns columns, verbose: $verbose", ({ make, columns, verbose }) => {
  for (const line of renderComparison(make(), { columns, style: plain, verbose }).split("\n")) {
    expect(line).not.toMatch(acting);
    expect(line).not.toMatch(/ $/);
    expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
  }
});

test("verbose shows every line", () => {
  const comparison = compareReports(manyFilesReport(0), manyFilesReport(300));
  const text = renderComparison(comparison, { columns: 200, style: plain, verbose: true });
  expect(text.match(/^ {2}\+ \/usr\/share\/folder/gm)).toHaveLength(300);
  expect(renderComparison(comparison, page)).toContain("and 292 more");
});

test.each(samples)("colours change nothing of %s but the colours", (_name, make) => {
  const coloured = renderComparison(make(), { ...page, style: styleFor(true) });
  expect(coloured).toContain("\u001b[");
  expect(stripVTControlCharacters(coloured)).toBe(renderComparison(make(), page));
});

test.each(samples)(
  "the Markdown of %s fits a comment, and nothing in it gets out of its fence",
  (_name, make) => {
    const text = comparisonMarkdown(make());
    expect(text.length).toBeLessThan(65_536);
    expect(text).toMatch(/^[^\n]*\n[\s\S]*\n$/);
    let fence: string | undefined;
    for (const line of text.split("\n")) {
      expect(line).not.toMatch(acting);
      if (fence !== undefined) {
        if (line === fence) fence = undefined;
        else expect(line.startsWith(fence)).toBe(false);
      } else {
        fence = /^`{3,}/.exec(line)?.[0];
        // Outside of the fences stands this program's text alone.
        if (fence === undefined) expect(line).not.toMatch(/hostile|\]\(|@|<(?!\/?(?:details|summary)>)/);
      }
    }
    expect(fence).toBeUndefined();
  },
);

/** The schema with every object closed: what is written has to be documented. */
function closed(schema: Json): Json {
  if (Array.isArray(schema)) return (schema as readonly Json[]).map(closed);
  if (schema === null || typeof schema !== "object") return schema;
  const members = Object.fromEntries(
    Object.entries(schema).map(([name, member]) => [name, member === undefined ? null : closed(member)]),
  );
  return "properties" in members && "required" in members
    ? { ...members, additionalProperties: false }
    : members;
}

test.each(samples)("the JSON of %s is what the schema says, and nothing else", (_name, make) => {
  const validate = new Ajv2020({ strict: true, allErrors: true, strictRequired: false }).compile(
    closed(diffSchema()) as object,
  );
  const json = JSON.stringify(comparisonJson(make()));
  expect(json.isWellFormed()).toBe(true);
  validate(JSON.parse(json));
  expect(validate.errors).toBeNull();
});
