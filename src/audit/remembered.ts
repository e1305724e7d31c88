// Reports that were made before: the same image, judged by the same program and rules, has the same report. Details of files
// are not remembered.
import { type Cache, findRecord, storeRecord } from "../base/cache.ts";
import { canonicalJson } from "../base/canonical-json.ts";
import { type Digest, digestOf } from "../base/digest.ts";
import { limits } from "../base/limits.ts";
import type { AuditedImage, AuditReport } from "./finding.ts";
import type { LaunchOverride } from "./launch.ts";
import { ruleSetVersion } from "./rules.ts";

const namespace = "audits";

/** Everything that decides a report but the name that the image was asked for by; undefined for a bare tree. */
export function reportKey(
  image: AuditedImage,
  override: LaunchOverride,
  program: string,
): Digest | undefined {
  const { digest, platform } = image;
  if (digest === undefined) return undefined;
  const entrypoint = override.entrypoint ?? null;
  return digestOf(canonicalJson({ digest, platform, entrypoint, program, ruleSet: ruleSetVersion }));
}

/** The report of the key, under the name that the image is asked for by. */
export async function findReport(
  cache: Cache,
  key: Digest,
  image: AuditedImage,
): Promise<AuditReport | undefined> {
  const record = await findRecord(cache, namespace, key);
  // The key names this very program: what it stored is of its own shape.
  return typeof record === "string" ? { ...(JSON.parse(record) as AuditReport), image } : undefined;
}

/** Keeps a report of ordinary size; one past limits.rememberedReportLengthMax is made again. @throws ToolError "disk" */
export async function rememberReport(
  cache: Cache,
  key: Digest,
  report: AuditReport,
  lengthMax: number = limits.rememberedReportLengthMax,
): Promise<void> {
  if (isLonger(report, lengthMax)) return;
  // As a text, since a record's members are sorted: what is printed of it later is the same to the byte.
  await storeRecord(cache, namespace, key, JSON.stringify(report));
}

/** Item by item: the text of all could be longer than a text can be. */
function isLonger(report: AuditReport, lengthMax: number): boolean {
  let left = lengthMax;
  const { findings, layers, packages, primitives, residue, startup, unknown } = report;
  const uses = primitives.map((one) => one.files);
  for (const list of [findings, layers, packages, residue, startup, unknown, ...uses]) {
    for (const item of list) {
      left -= JSON.stringify(item).length;
      if (left < 0) return true;
    }
  }
  return false;
}
