// The steps of an image's start-up.
import type { Masker } from "../config-secrets/masking.ts";
import type { StartupStep } from "../finding.ts";
import type { Subject } from "../subject.ts";
import { traceStartup } from "./trace.ts";

/** Every command of the start-up path, in the order in which the config and the scripts have them. */
export function startupOf(subject: Subject, masker: Masker): readonly StartupStep[] {
  return traceStartup(subject, masker).steps;
}
