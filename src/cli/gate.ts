// The gate of an audit on the command line: a lowest level, a policy, a baseline; and what it says of images.
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type Baseline, forOnlyImage, readBaseline } from "../audit/baseline.ts";
import type { AuditReport } from "../audit/finding.ts";
import { type Failure, type Gate, judge } from "../audit/judge.ts";
import type { Level } from "../audit/levels.ts";
import { applyPolicy, policyWarnings } from "../audit/policy/apply.ts";
import { parsePolicy } from "../audit/policy/parse.ts";
import type { Policy } from "../audit/policy/policy.ts";
import { type Parsed, requireValue } from "../base/diagnostics.ts";
import { systemCode, ToolError } from "../base/errors.ts";
import { diskError } from "../base/files.ts";
import { limits } from "../base/limits.ts";
import { decodeText } from "../formats/document/decode.ts";
import { renderJudgement } from "../report/audit/judgement.ts";
import { renderDiagnostics } from "../report/diagnostics.ts";
import type { Context } from "./context.ts";
import { displayName } from "./project.ts";

export interface GateOptions {
  readonly "fail-below": Level | undefined;
  readonly policy: string | undefined;
  readonly baseline: string | undefined;
}

/**
 * `images`: how many are audited.
 * @throws InvalidInput with every mistake of the files; ToolError "usage", "limit", "disk"
 */
export async function readGate(context: Context, options: GateOptions, images: number): Promise<Gate> {
  const { baseline, policy, "fail-below": failBelow } = options;
  const known = baseline === undefined ? undefined : await readInput(context, baseline, baselineInput);
  return {
    ...(failBelow === undefined ? {} : { failBelow }),
    ...(policy === undefined ? {} : { policy: await readInput(context, policy, policyInput) }),
    ...(known === undefined ? {} : { baseline: images === 1 ? forOnlyImage(known) : known }),
  };
}

/** A file that an option of the gate names: how large it may be, what it holds, and where one comes from. */
interface Input<T> {
  readonly bytesMax: number;
  readonly parse: (text: string, file: string) => Parsed<T>;
  readonly hint: string;
}

const policyInput: Input<Policy> = {
  bytesMax: limits.specBytesMax,
  parse: parsePolicy,
  hint: "it begins with apiVersion: distill/v1; docs/reference/policy.md has an example",
};

const baselineInput: Input<Baseline> = {
  bytesMax: limits.baselineBytesMax,
  parse: readBaseline,
  hint: "write one: distill audit --format json --output FILE IMAGE",
};

async function readInput<T>(context: Context, name: string, input: Input<T>): Promise<T> {
  const file = resolve(context.cwd, name);
  const shown = displayName(file, context.cwd);
  const bytes = await readBounded(file, `reading ${shown}`, input);
  return requireValue(input.parse(requireValue(decodeText(bytes, shown)), shown));
}

async function readBounded(
  file: string,
  what: string,
  { bytesMax, hint }: Pick<Input<unknown>, "bytesMax" | "hint">,
): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size <= bytesMax) return await readFile(file);
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code !== "ENOENT" && code !== "ENOTDIR") throw diskError(what, thrown);
    throw new ToolError("usage", { what, why: "there is no such file", hint });
  }
  throw new ToolError("limit", { what, why: `it is larger than ${bytesMax} bytes`, hint });
}

/** The report with the policy's waivers. */
export function underPolicy(context: Context, report: AuditReport, { policy }: Gate): AuditReport {
  return policy === undefined ? report : applyPolicy(report, policy, new Date(context.now()));
}

/** Says what of the gate failed, and what to know of the policy. @returns the exit code */
export function judgeAll(context: Context, reports: readonly AuditReport[], gate: Gate): number {
  const { policy } = gate;
  const { colour, columns } = context.stderr;
  if (policy !== undefined) {
    const warnings = policyWarnings(policy, reports, new Date(context.now()));
    if (warnings.length > 0) context.stderr.write(renderDiagnostics(warnings, { colour, columns }));
  }
  const failed: { readonly image: string; readonly failures: readonly Failure[] }[] = [];
  for (const report of reports) {
    const { failures, passed } = judge(report, gate);
    if (!passed) failed.push({ image: report.image.reference, failures });
  }
  if (failed.length === 0) return 0;
  context.stderr.write(renderJudgement(failed, { colour, columns }));
  return 1;
}
