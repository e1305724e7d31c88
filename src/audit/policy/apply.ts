// A policy over a report: findings get their waivers, files their declared reasons, the verdict the level that a gate counts
// with. The stated level, its score and the totals stay as they are: they are the image's.
import type { Diagnostic } from "../../base/diagnostics.ts";
import { lazy } from "../../base/lazy.ts";
import { limits } from "../../base/limits.ts";
import type { TreePath } from "../../tree/path.ts";
import {
  type AuditReport,
  type DetailedReport,
  type FileRow,
  type Finding,
  isDetailed,
  type Waived,
} from "../finding.ts";
import { compareLevels, type Level } from "../levels.ts";
import { isExplained } from "../roles.ts";
import { rules } from "../rules.ts";
import { allFindings, levelOfFindings } from "../verdict.ts";
import type { Kept, Policy, Waiver } from "./policy.ts";

/** Findings that say no more than that no reason is known: a declared reason answers them. */
const answeredByKeep: ReadonlySet<string> = new Set(["unneeded-elf", "unneeded-script"]);

const dayMs = 86_400_000;

/** The report as the policy sees it on the day of `now`. A policy that concerns nothing in it gives the same report. */
export function applyPolicy<R extends AuditReport>(report: R, policy: Policy, now: Date): R {
  const waivers = policy.waivers.filter((one) => stateOf(one.expires, now) === "in force");
  const keep = policy.keep.filter((one) => stateOf(one.expires, now) === "in force");
  const waive = (one: Finding): Finding => {
    if (one.waived !== undefined) return one;
    const waived = waivedBy(one, waivers, keep, report.image.reference);
    return waived === undefined ? one : { ...one, waived };
  };
  const findings = report.findings.map(waive);
  const residue = report.residue.map(waive);
  const all = allFindings({ findings, residue });
  const accepted = all.some((one) => one.waived !== undefined)
    ? { accepted: levelOfFindings(all.filter((one) => one.waived === undefined)) }
    : {};
  return {
    ...report,
    verdict: { ...report.verdict, ...accepted },
    findings,
    residue,
    ...(keep.length === 0 || !isDetailed(report) ? {} : keptFiles(report, policy.file, keep)),
  };
}

/**
 * What people have to know of a policy once it met its images: waivers that no longer count, or concern nothing. Of `keep` only
 * detailed reports can tell.
 */
export function policyWarnings(policy: Policy, reports: readonly AuditReport[], now: Date): Diagnostic[] {
  const waivers = policy.waivers.map((one): Diagnostic | undefined => {
    const name = `the waiver of ${one.rule}${one.path === undefined ? "" : ` for ${one.path.text}`}`;
    const found = reports.flatMap((report) =>
      allFindings(report).filter((finding) => concerns(one, finding, report.image.reference)),
    );
    if (found.length === 0) return unused(name, one);
    return outOfForce(name, one, now) ?? exceeded(name, one, found);
  });
  const keep = policy.keep.map((one): Diagnostic | undefined => {
    const name = `the kept path ${one.path.text}`;
    const used = reports.some(
      (report) => !isDetailed(report) || report.files().some((row) => one.path.matches(row.path)),
    );
    return used ? outOfForce(name, one, now) : unused(name, one);
  });
  return [...waivers, ...keep].filter((one) => one !== undefined);
}

function unused(name: string, { span }: Waiver | Kept): Diagnostic {
  return {
    severity: "warning",
    rule: "waiver-unused",
    message: `${name} concerns nothing`,
    span,
    hint: "remove it",
  };
}

/** Where the worst finding is worse than what the waiver accepts. */
function exceeded(name: string, waiver: Waiver, found: readonly Finding[]): Diagnostic | undefined {
  if (found.every((one) => accepts(waiver, one))) return undefined;
  const level = levelOfFindings(found);
  return {
    severity: "warning",
    rule: "waiver-exceeded",
    message: `${name} accepts ${acceptedBy(waiver)}; what it names makes an image ${level}: that counts`,
    span: waiver.span,
    hint: `mend what changed, or say that it is accepted: level: ${level}`,
  };
}

function outOfForce(name: string, { expires, span }: Waiver | Kept, now: Date): Diagnostic | undefined {
  const state = stateOf(expires, now);
  if (state === "in force") return undefined;
  if (state === "expired") {
    return {
      severity: "warning",
      rule: "waiver-expired",
      message: `${name} ended on ${expires ?? ""}: it does not count`,
      span,
      hint: "mend what it is about, or give it another reason and day",
    };
  }
  return {
    severity: "warning",
    rule: "waiver-too-long",
    message: `${name} ends on ${expires ?? ""}, more than ${limits.policyWaiverDaysMax} days from now: it does not count`,
    span,
    hint: `write a day until ${dayOf(now.getTime() + limits.policyWaiverDaysMax * dayMs)}`,
  };
}

function stateOf(expires: string | undefined, now: Date): "in force" | "expired" | "too long" {
  if (expires === undefined) return "in force";
  // Days of this form compare as texts do.
  if (expires < dayOf(now.getTime())) return "expired";
  return expires > dayOf(now.getTime() + limits.policyWaiverDaysMax * dayMs) ? "too long" : "in force";
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

function waivedBy(
  finding: Finding,
  waivers: readonly Waiver[],
  keep: readonly Kept[],
  reference: string,
): Waived | undefined {
  const waiver = waivers.find((one) => concerns(one, finding, reference) && accepts(one, finding));
  if (waiver !== undefined) return { reason: waiver.reason, expires: waiver.expires };
  const { path } = finding;
  if (path === undefined || !answeredByKeep.has(finding.rule)) return undefined;
  const kept = keep.find((one) => one.path.matches(path));
  if (kept === undefined) return undefined;
  return { reason: kept.reason, ...(kept.expires === undefined ? {} : { expires: kept.expires }) };
}

/** A finding that is worse than the known one is another: a shell that is on the PATH since. */
function accepts(waiver: Waiver, { atMost = "sealed" }: Finding): boolean {
  return compareLevels(atMost, acceptedBy(waiver)) >= 0;
}

function acceptedBy({ level, rule }: Waiver): Level {
  return level ?? rules[rule].atMost ?? "sealed";
}

/** Whether a waiver is about a finding, whatever the day and its level. */
function concerns(waiver: Waiver, finding: Finding, reference: string): boolean {
  if (waiver.rule !== finding.rule) return false;
  if (waiver.image?.matches(reference) === false) return false;
  if (waiver.path !== undefined && (finding.path === undefined || !waiver.path.matches(finding.path)))
    return false;
  if (waiver.package === undefined) return true;
  return finding.package !== undefined && waiver.package.matches(finding.package.name);
}

/** Roles and reasons of files that nothing explains but the policy. */
function keptFiles(
  report: DetailedReport,
  policyFile: string,
  keep: readonly Kept[],
): Pick<DetailedReport, "files" | "explain"> {
  const keptBy = (path: TreePath): Kept | undefined => keep.find((one) => one.path.matches(path));
  const rows = lazy(() => {
    const declared = new Map<TreePath, Kept>();
    const files = report.files().map((row): FileRow => {
      const kept = isExplained(row.role) ? undefined : keptBy(row.path);
      if (kept === undefined) return row;
      declared.set(row.path, kept);
      return { ...row, role: "declared" };
    });
    return { declared, files };
  });
  return {
    files: () => rows().files,
    explain: (path) => {
      const kept = rows().declared.get(path);
      if (kept === undefined) return report.explain(path);
      return [`keep ${kept.path.text} (${policyFile}:${kept.span.line}): ${kept.reason}`, path];
    },
  };
}
