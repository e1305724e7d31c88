// The audit: a subject in, a report out. Pure; all reading was done before (prepare.ts).
import { lazy } from "../base/lazy.ts";
import { accountFindings } from "./detectors/accounts.ts";
import { attributeFindings } from "./detectors/attributes.ts";
import { metadataFindings, platformFindings } from "./detectors/config.ts";
import { hiddenFindings } from "./detectors/hidden.ts";
import { lowerLayerFindings, residueFindings } from "./detectors/layers.ts";
import { packageResidueFindings } from "./detectors/package-residue.ts";
import { programFindings } from "./detectors/programs.ts";
import { sealFindings } from "./detectors/seal.ts";
import { residueSecretFindings, secretFindings } from "./detectors/secrets.ts";
import { configSecretFindings } from "./detectors/secrets-config.ts";
import { startupFindings } from "./detectors/startup.ts";
import { unneededFindings } from "./detectors/unneeded.ts";
import type { AuditedImage, DetailedReport, Finding, Unknown } from "./finding.ts";
import { compareLevels } from "./levels.ts";
import { primitiveUses } from "./programs/uses.ts";
import { explainer } from "./reasons.ts";
import { configFacts, fileRows, layerRows, packageRows, totalsOf } from "./rows.ts";
import { type Severity, severities } from "./rules.ts";
import { startupOf } from "./startup/startup.ts";
import type { Subject } from "./subject.ts";
import { verdictOf } from "./verdict.ts";

/** Everything that the audit says of a subject. */
export function reportOf(subject: Subject, image: AuditedImage): DetailedReport {
  const startup = startupOf(subject);
  const findings = [
    ...programFindings(subject),
    ...startupFindings(subject, startup),
    ...hiddenFindings(subject),
    ...secretFindings(subject),
    ...configSecretFindings(subject),
    ...accountFindings(subject),
    ...attributeFindings(subject),
    ...unneededFindings(subject),
    ...packageResidueFindings(subject),
    ...platformFindings(subject),
    ...sealFindings(subject),
    ...lowerLayerFindings(subject),
    ...metadataFindings(subject),
  ].sort(byWeight);
  const residue = [...residueSecretFindings(subject), ...residueFindings(subject)].sort(byWeight);
  const primitives = primitiveUses(subject);
  return {
    image,
    verdict: verdictOf({ findings, residue }),
    findings,
    residue,
    unknown: findings.flatMap(unknownOf),
    primitives,
    startup,
    packages: packageRows(subject),
    layers: layerRows(subject),
    config: configFacts(subject),
    totals: totalsOf(subject),
    files: lazy(() => fileRows(subject, primitives)),
    explain: explainer(subject.closure),
  };
}

function unknownOf({ path, rule, what }: Finding): Unknown[] {
  return path !== undefined && (rule === "hidden-program" || rule === "unread-content")
    ? [{ path, why: what }]
    : [];
}

/** What holds the level down comes first, then what is grave. */
function byWeight(a: Finding, b: Finding): number {
  return compareLevels(a.atMost ?? "sealed", b.atMost ?? "sealed") || weight(a.severity) - weight(b.severity);
}

function weight(severity: Severity): number {
  return severities.indexOf(severity);
}
