// Audits as SARIF 2.1.0 (OASIS standard, sections named below), for code scanning. One run holds all images of a call. Paths are
// URIs relative to a base of each image (3.14.14), so that they are nobody's files by mistake.
import { createHash } from "node:crypto";
import type { AuditReport, Finding } from "../../audit/finding.ts";
import { type FindingView, findingKey } from "../../audit/finding-key.ts";
import { ruleIds, ruleSetVersion, rules, type Severity } from "../../audit/rules.ts";
import type { Json } from "../../base/canonical-json.ts";
import { encodeName } from "../../base/names.ts";
import { imageName } from "../../oci/image-name.ts";
import { printableLine } from "../text.ts";
import { techniquesOf } from "./techniques.ts";
import type { Unaudited } from "./unaudited.ts";
import { jsonText, wellFormed } from "./well-formed.ts";

const schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/** 3.27.10. */
const resultLevels: Readonly<Record<Severity, string>> = {
  critical: "error",
  high: "error",
  medium: "warning",
  low: "note",
  info: "note",
};

/** What GitHub's code scanning grades by: above 9 is critical, from 7 high, from 4 medium, from 0.1 low. */
const securitySeverities: Readonly<Record<Severity, string>> = {
  critical: "9.5",
  high: "8.0",
  medium: "5.5",
  low: "2.0",
  info: "0.0",
};

interface SarifOptions {
  /** Of this program. */
  readonly version?: string;
  readonly unaudited?: readonly Unaudited[];
}

/** The document as a text, safe to print. */
export function auditSarifText(reports: readonly AuditReport[], options: SarifOptions = {}): string {
  return `${jsonText(auditSarif(reports, options), 2)}\n`;
}

/** The base of what is no file: the config of an image stands under the image's name. */
const imagesBase = "IMAGES";

export function auditSarif(
  reports: readonly AuditReport[],
  { unaudited = [], version }: SarifOptions = {},
): Json {
  return wellFormed({
    $schema: schema,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "distill",
            ...(version === undefined ? {} : { version }),
            rules: ruleIds.map(ruleJson),
            properties: { ruleSetVersion },
          },
        },
        // 3.17.3: what makes runs of one kind comparable.
        automationDetails: { id: "distill/audit/" },
        invocations: [invocationJson(unaudited)],
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: basesOf(reports),
        results: reports.flatMap((report, image) => [
          ...report.findings.map((one) => resultJson(report, image, one, "image")),
          ...report.residue.map((one) => resultJson(report, image, one, "residue")),
        ]),
        properties: { images: reports.map(imageJson) },
      },
    ],
  });
}

/** 3.20.14 and 3.20.21: whoever sees no result of an image has to see that nobody looked. */
function invocationJson(unaudited: readonly Unaudited[]): Json {
  if (unaudited.length === 0) return { executionSuccessful: true };
  return {
    executionSuccessful: false,
    toolExecutionNotifications: unaudited.map(({ reference, why }) => ({
      level: "error",
      message: { text: plainMessage(`${reference} could not be audited: ${why}`) },
    })),
  };
}

function ruleJson(id: (typeof ruleIds)[number]): Json {
  const { atMost, fix, severity, title, why } = rules[id];
  const techniques = techniquesOf({ rule: id, primitives: [] });
  const gate = atMost === undefined ? "It moves no level." : `An image with it is at most ${atMost}.`;
  return {
    id,
    name: id.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: {
      text: `${why}\n\n${gate}\n\nWhat to do: ${fix}.`,
      markdown: `${why}\n\n${gate}\n\n**What to do:** ${fix}.`,
    },
    defaultConfiguration: { level: resultLevels[severity] },
    properties: {
      tags: ["security", "distroless", ...techniques.map((technique) => `attack/${technique}`)],
      "security-severity": securitySeverities[severity],
    },
  };
}

function resultJson(report: AuditReport, image: number, one: Finding, view: FindingView): Json {
  const key = findingKey(one, view);
  return {
    ruleId: one.rule,
    ruleIndex: ruleIds.indexOf(one.rule),
    level: resultLevels[one.severity],
    message: { text: messageOf(report, one, view) },
    locations: [locationJson(report, image, one)],
    partialFingerprints: {
      "distillFinding/v1": key,
      // The one that GitHub matches by. A tag is another version of the same image.
      primaryLocationLineHash: createHash("sha256")
        .update(JSON.stringify([imageName(report.image.reference), report.image.platform, key]))
        .digest("hex")
        .slice(0, 32),
    },
    ...suppressionsOf(one),
    properties: propertiesOf(report, one, view),
  };
}

function messageOf(report: AuditReport, one: Finding, view: FindingView): string {
  const where = one.path === undefined ? "" : `${printableLine(one.path)}: `;
  const lower = view === "residue" ? " (in a lower layer only)" : "";
  const evidence = one.evidence.length === 0 ? "" : ` Evidence: ${evidenceOf(one)}.`;
  const gate = one.atMost === undefined ? "" : ` With it the image is at most ${one.atMost}.`;
  const text = `${where}${one.what}${lower}, in ${report.image.reference} (${report.image.platform}).${gate}${evidence} What to do: ${rules[one.rule].fix}.`;
  return plainMessage(text);
}

function evidenceOf({ evidence }: Finding): string {
  return evidence.map(({ what }) => what).join("; ");
}

/** 3.11.5 and 3.11.6: `{0}` is a placeholder and `[text](target)` a link, unless they are told to be text. */
function plainMessage(text: string): string {
  return printableLine(text)
    .replaceAll(/\{(\d+)\}/g, "{{$1}}")
    .replaceAll("[", "\\[")
    .replaceAll("]", "\\]");
}

function locationJson(report: AuditReport, image: number, one: Finding): Json {
  const { reference } = report.image;
  const { package: owner, path } = one;
  const artifact =
    path === undefined
      ? { uri: uriOf(reference), uriBaseId: imagesBase }
      : { uri: uriOf(path.slice(1)), uriBaseId: baseOf(image) };
  const place = `${reference}${report.image.digest === undefined ? "" : `@${report.image.digest}`}`;
  const logical = [
    { name: path ?? reference, fullyQualifiedName: `${place}${path ?? ""}`, kind: "resource" },
    ...(owner === undefined
      ? []
      : [
          {
            name: owner.name,
            fullyQualifiedName: `${owner.type}:${owner.name}@${owner.version}`,
            kind: "package",
          },
        ]),
  ];
  return {
    // Code scanning shows nothing without a region.
    physicalLocation: { artifactLocation: artifact, region: { startLine: 1 } },
    logicalLocations: logical,
  };
}

/** 3.35: a waiver was written by somebody, and agreed on. */
function suppressionsOf({ waived }: Finding): { readonly [key: string]: Json } {
  if (waived === undefined) return {};
  const { expires, reason } = waived;
  const until = expires === undefined ? {} : { properties: { expires } };
  return { suppressions: [{ kind: "external", status: "accepted", justification: reason, ...until }] };
}

function propertiesOf(report: AuditReport, one: Finding, view: FindingView): Json {
  const checks = one.evidence.flatMap(({ check }) => (check === undefined ? [] : [check]));
  return {
    image: report.image.reference,
    platform: report.image.platform,
    severity: one.severity,
    view,
    ...(one.atMost === undefined ? {} : { atMost: one.atMost }),
    ...(one.layer === undefined ? {} : { layer: one.layer }),
    ...(one.package === undefined ? {} : { package: { ...one.package } }),
    ...(one.reason === undefined ? {} : { reason: one.reason }),
    primitives: one.primitives,
    techniques: techniquesOf(one),
    checks,
  };
}

function imageJson({ image, verdict }: AuditReport): Json {
  return { ...image, verdict: { ...verdict } };
}

function basesOf(reports: readonly AuditReport[]): Json {
  const bases: Record<string, Json> = { [imagesBase]: { description: { text: "images by reference" } } };
  for (const [index, { image }] of reports.entries()) {
    const text = plainMessage(`the root of ${image.reference} (${image.platform})`);
    bases[baseOf(index)] = { description: { text } };
  }
  return bases;
}

function baseOf(image: number): string {
  return `IMAGE${image}`;
}

/** A relative reference (RFC 3986, 4.2) with the bytes of each component; a colon is encoded, so that nothing reads as a scheme. */
function uriOf(name: string): string {
  return name
    .split("/")
    .map((component) =>
      Array.from(encodeName(component), (byte) => {
        const character = String.fromCharCode(byte);
        return /[A-Za-z0-9._~-]/.test(character)
          ? character
          : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
      }).join(""),
    )
    .join("/");
}
