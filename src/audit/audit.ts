// The audit: a subject in, a report out. Pure; all reading was done before (prepare.ts).
import { lazy } from "../base/lazy.ts";
import { maskedFinding } from "./config-secrets/masked-finding.ts";
import { maskerOf } from "./config-secrets/masking.ts";
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
import { startFindings } from "./detectors/start.ts";
import { startupFindings } from "./detectors/startup.ts";
import { unneededFindings } from "./detectors/unneeded.ts";
import { unreadPackageFindings } from "./detectors/unread-packages.ts";
import type { AuditedImage, DetailedReport, Finding, StartupStep, Unknown } from "./finding.ts";
import { type LayerResidue, layerResidue } from "./layer-residue.ts";
import { primitiveUses } from "./programs/uses.ts";
import { explainer } from "./reasons.ts";
import { configFacts, fileRows, layerRows, packageRows, totalsOf } from "./rows.ts";
import type { RuleId } from "./rules.ts";
import { startupOf } from "./startup/startup.ts";
import type { Subject } from "./subject.ts";
import { verdictOf } from "./verdict.ts";
import { worstFindings } from "./worst.ts";

/** Everything that the audit says of a subject. */
export function reportOf(subject: Subject, image: AuditedImage): DetailedReport {
  const masker = maskerOf(subject.config);
  const startup = startupOf(subject, masker);
  const layers = layerResidue(subject);
  const findings = worstFindings(foundIn(subject, startup, layers)).map((one) => maskedFinding(one, masker));
  const residue = worstFindings(residueIn(subject, layers)).map((one) => maskedFinding(one, masker));
  const explain = explainer(subject.closure);
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
    layers: layerRows(subject, layers, masker),
    config: configFacts(subject, masker),
    totals: totalsOf(subject),
    files: lazy(() => fileRows(subject, primitives)),
    explain: (path) => explain(path).map(masker.prose),
  };
}

/** Of the merged tree and the config; one after the other, since there can be more than memory holds. */
function* foundIn(
  subject: Subject,
  startup: readonly StartupStep[],
  layers: readonly LayerResidue[],
): Generator<Finding> {
  yield* programFindings(subject);
  yield* startupFindings(subject, startup);
  yield* hiddenFindings(subject);
  yield* secretFindings(subject);
  yield* configSecretFindings(subject);
  yield* accountFindings(subject);
  yield* attributeFindings(subject);
  yield* startFindings(subject);
  yield* unneededFindings(subject);
  yield* packageResidueFindings(subject);
  yield* unreadPackageFindings(subject);
  yield* platformFindings(subject);
  yield* sealFindings(subject);
  yield* lowerLayerFindings(subject, layers);
  yield* metadataFindings(subject);
}

function* residueIn(subject: Subject, layers: readonly LayerResidue[]): Generator<Finding> {
  yield* residueSecretFindings(subject, layers);
  yield* residueFindings(subject, layers);
}

const unreadRules: ReadonlySet<RuleId> = new Set(["hidden-program", "unread-content", "unread-packages"]);

function unknownOf({ path, rule, what }: Finding): Unknown[] {
  return path !== undefined && unreadRules.has(rule) ? [{ path, why: what }] : [];
}
