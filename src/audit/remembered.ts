// Reports that were made before: the same image, judged by the same program and rules, has the same report. Details of files
// are not remembered.
import { type Cache, findRecord, storeRecord } from "../base/cache.ts";
import { canonicalJson } from "../base/canonical-json.ts";
import { type Digest, digestOf } from "../base/digest.ts";
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

/** @throws ToolError "disk" */
export async function rememberReport(cache: Cache, key: Digest, report: AuditReport): Promise<void> {
  // As a text, since a record's members are sorted: what is printed of it later is the same to the byte.
  await storeRecord(cache, namespace, key, JSON.stringify(report));
}
