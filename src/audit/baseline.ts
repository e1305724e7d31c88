// What was found before, so that a gate looks at what is new alone: reports of `distill audit --format json` (one, a list, or
// one a line), or the keys of findings, one a line. The file comes from anywhere: whatever is wrong with it is said, nothing of
// it is trusted to be of this version.
import type { Diagnostic, Parsed, Span } from "../base/diagnostics.ts";
import { messageOf } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { imageName } from "../oci/image-name.ts";
import { isObject } from "../oci/json.ts";
import type { AuditedImage, AuditReport, Finding } from "./finding.ts";
import { type FindingKey, type FindingView, findingKey, isFindingKey } from "./finding-key.ts";
import { isLevel, type Level, levels } from "./levels.ts";

/** The findings of one image by key: how many of them allow each level, worst first. */
type Known = Map<FindingKey, number[]>;

export interface Baseline {
  /** By image (oci/image-name.ts, and platform). */
  readonly images: ReadonlyMap<string, KnownFindings>;
  /** Known in every image: keys without a report. */
  readonly everywhere: KnownFindings;
}

type KnownFindings = ReadonlyMap<FindingKey, readonly number[]>;

/** A key in a list says nothing of a level: it covers its finding at any. */
const anyLevel: Level = "distro";
/** Of a file that is wrong in every line, the first lines tell as much as all. */
const malformedMax = 20;

interface Pass {
  readonly file: string;
  readonly diagnostics: Diagnostic[];
  readonly reports: { readonly image: string; readonly known: Known }[];
  readonly keys: Known;
  findings: number;
}

/** Reads a baseline. `file` is its path as messages show it. Never throws on content. */
export function readBaseline(text: string, file: string): Parsed<Baseline> {
  const pass: Pass = { file, diagnostics: [], reports: [], keys: new Map(), findings: 0 };
  if (Buffer.byteLength(text) > limits.baselineBytesMax) {
    tooLarge(pass, 1, `the file is larger than ${limits.baselineBytesMax} bytes (baselineBytesMax)`);
  } else readText(pass, text);
  if (pass.diagnostics.length > 0) return { value: undefined, diagnostics: pass.diagnostics };
  const images = new Map<string, Known>();
  for (const { image, known } of pass.reports) images.set(image, mergedKnown(images.get(image), known));
  return { value: { images, everywhere: pass.keys }, diagnostics: [] };
}

/** The baseline where one image is audited: a file on one image is on this one, whatever it was called then. */
export function forOnlyImage(baseline: Baseline): Baseline {
  const [only, ...more] = baseline.images.values();
  if (only === undefined || more.length > 0) return baseline;
  return { images: new Map(), everywhere: mergedKnown(baseline.everywhere, only) };
}

/**
 * The findings that a baseline doesn't know: of each key as many as it has more than before, and those that allow less than the
 * known ones did.
 */
export function newFindings(
  report: AuditReport,
  baseline: Baseline,
): { readonly findings: Finding[]; readonly residue: Finding[] } {
  const left = mergedKnown(baseline.everywhere, baseline.images.get(imageKey(report.image)));
  const isNew = (finding: Finding, view: FindingView): boolean => {
    const counts = left.get(findingKey(finding, view));
    if (counts === undefined) return true;
    // The best of those that cover it, so that worse ones stay for worse findings.
    for (let index = levels.indexOf(finding.atMost ?? "sealed"); index >= 0; index--) {
      const count = counts[index] ?? 0;
      if (count === 0) continue;
      counts[index] = count - 1;
      return false;
    }
    return true;
  };
  return {
    findings: report.findings.filter((one) => isNew(one, "image")),
    residue: report.residue.filter((one) => isNew(one, "residue")),
  };
}

function imageKey({ platform, reference }: Pick<AuditedImage, "platform" | "reference">): string {
  return `${imageName(reference)} ${platform}`;
}

function addKnown(known: Known, key: FindingKey, level: Level): void {
  const counts = known.get(key) ?? levels.map(() => 0);
  const index = levels.indexOf(level);
  counts[index] = (counts[index] ?? 0) + 1;
  known.set(key, counts);
}

/** Both together, in a map of its own. */
function mergedKnown(...parts: readonly (KnownFindings | undefined)[]): Known {
  const merged: Known = new Map();
  for (const part of parts) {
    for (const [key, counts] of part ?? []) {
      const before = merged.get(key);
      merged.set(
        key,
        counts.map((count, index) => count + (before?.[index] ?? 0)),
      );
    }
  }
  return merged;
}

function readText(pass: Pass, text: string): void {
  const start = text.search(/\S/);
  if (start >= 0 && (text[start] === "{" || text[start] === "[")) {
    const whole = parseJson(text);
    if (whole.value !== undefined) {
      const reports = Array.isArray(whole.value) ? (whole.value as unknown[]) : [whole.value];
      for (const one of reports) readReport(pass, one, 1);
      return;
    }
    const firstLine = text.slice(start).split("\n", 1)[0] ?? "";
    if (parseJson(firstLine).value === undefined) {
      malformed(pass, 1, `not JSON: ${whole.why}`);
      return;
    }
  }
  let number = 0;
  for (const line of text.split("\n")) {
    number += 1;
    const content = line.trim();
    if (content === "" || content.startsWith("#")) continue;
    if (content.startsWith("{")) {
      const { value, why } = parseJson(content);
      if (value === undefined) malformed(pass, number, `not JSON: ${why}`);
      else readReport(pass, value, number);
    } else readKey(pass, content, number);
    if (pass.diagnostics.length >= malformedMax) return;
  }
}

function parseJson(text: string): { readonly value?: unknown; readonly why: string } {
  try {
    return { value: JSON.parse(text) as unknown, why: "" };
  } catch (thrown) {
    return { why: messageOf(thrown) };
  }
}

function readKey(pass: Pass, content: string, line: number): void {
  const key = /^\S+/.exec(content)?.[0] ?? "";
  if (!isFindingKey(key)) malformed(pass, line, "neither a report nor the key of a finding");
  else if (countFinding(pass, line)) addKnown(pass.keys, key, anyLevel);
}

function readReport(pass: Pass, value: unknown, line: number): void {
  if (!isObject(value)) {
    malformed(pass, line, "a report is an object");
    return;
  }
  if (value["schemaVersion"] !== 1) {
    const found = value["schemaVersion"] === undefined ? "none" : JSON.stringify(value["schemaVersion"]);
    report(pass, {
      severity: "error",
      rule: "baseline-version",
      message: `expected a report with the schemaVersion 1; found ${found.slice(0, 40)}`,
      span: spanOf(pass, line),
      hint: "write the baseline again: distill audit --format json IMAGE",
    });
    return;
  }
  const image = value["image"];
  if (!isObject(image) || typeof image["reference"] !== "string" || typeof image["platform"] !== "string") {
    malformed(pass, line, "the report names no image");
    return;
  }
  const known: Known = new Map();
  for (const member of ["findings", "residue"]) {
    const findings = value[member];
    if (!Array.isArray(findings)) {
      malformed(pass, line, `the report has no list of ${member}`);
      return;
    }
    for (const one of findings as unknown[]) if (!readFinding(pass, known, one, line)) return;
  }
  pass.reports.push({
    image: imageKey({ reference: image["reference"], platform: image["platform"] }),
    known,
  });
}

/** False where nothing more can be read of this report. */
function readFinding(pass: Pass, known: Known, value: unknown, line: number): boolean {
  const key = isObject(value) ? value["key"] : undefined;
  if (!isObject(value) || typeof key !== "string" || !isFindingKey(key)) {
    malformed(pass, line, "a finding of the report has no key of this version");
    return false;
  }
  if (!countFinding(pass, line)) return false;
  // What was waived was accepted for a time: when that is over, it counts.
  if (isObject(value["waived"])) return true;
  const { atMost } = value;
  const allowed = typeof atMost === "string" && isLevel(atMost) ? atMost : anyLevel;
  const level = atMost === null ? "sealed" : allowed;
  addKnown(known, key, level);
  return true;
}

function countFinding(pass: Pass, line: number): boolean {
  pass.findings += 1;
  if (pass.findings <= limits.baselineFindingsMax) return true;
  if (pass.findings === limits.baselineFindingsMax + 1) {
    tooLarge(pass, line, `more than ${limits.baselineFindingsMax} findings (baselineFindingsMax)`);
  }
  return false;
}

function malformed(pass: Pass, line: number, message: string): void {
  report(pass, {
    severity: "error",
    rule: "baseline-malformed",
    message,
    span: spanOf(pass, line),
    hint: "a baseline is what distill audit --format json writes, or a key on each line",
  });
}

function tooLarge(pass: Pass, line: number, message: string): void {
  const hint = "write a baseline for each image, of the audit of that image alone";
  report(pass, { severity: "error", rule: "too-large", message, span: spanOf(pass, line), hint });
}

function report(pass: Pass, diagnostic: Diagnostic): void {
  pass.diagnostics.push(diagnostic);
}

function spanOf({ file }: Pass, line: number): Span {
  return { file, line, column: 1, endLine: line, endColumn: 2 };
}
