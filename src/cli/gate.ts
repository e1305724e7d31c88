// The gate of an audit on the command line: a lowest level, a policy, a baseline; and what it says of images.
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type Baseline, readBaseline } from "../audit/baseline.ts";
import type { AuditReport } from "../audit/finding.ts";
import { type Failure, judge, requiredLevel } from "../audit/judge.ts";
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

export interface CommandGate {
  readonly failBelow: Level | undefined;
  readonly policy: Policy | undefined;
  readonly baseline: Baseline | undefined;
}

/** @throws InvalidInput with every mistake of the files; ToolError "usage", "limit", "disk" */
export async function readGate(context: Context, options: GateOptions): Promise<CommandGate> {
  const { baseline, policy } = options;
  return {
    failBelow: options["fail-below"],
    policy:
      policy === undefined ? undefined : await readInput(context, policy, limits.specBytesMax, parsePolicy),
    baseline:
      baseline === undefined
        ? undefined
        : await readInput(context, baseline, limits.baselineBytesMax, readBaseline),
  };
}

async function readInput<T>(
  context: Context,
  name: string,
  bytesMax: number,
  parse: (text: string, file: string) => Parsed<T>,
): Promise<T> {
  const file = resolve(context.cwd, name);
  const shown = displayName(file, context.cwd);
  const text = requireValue(decodeText(await readBounded(file, shown, bytesMax), shown));
  return requireValue(parse(text, shown));
}

async function readBounded(file: string, shown: string, bytesMax: number): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size <= bytesMax) return await readFile(file);
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code !== "ENOENT" && code !== "ENOTDIR") throw diskError(`reading ${shown}`, thrown);
    throw new ToolError("usage", { what: `reading ${shown}`, why: "there is no such file" });
  }
  throw new ToolError("limit", { what: `reading ${shown}`, why: `it is larger than ${bytesMax} bytes` });
}

/** The level that every image has to have. */
export function requiredOf({ failBelow, policy }: CommandGate): Level | undefined {
  return requiredLevel({
    ...(failBelow === undefined ? {} : { failBelow }),
    ...(policy === undefined ? {} : { policy }),
  });
}

/** The report with the policy's waivers. */
export function underPolicy(context: Context, report: AuditReport, { policy }: CommandGate): AuditReport {
  return policy === undefined ? report : applyPolicy(report, policy, new Date(context.now()));
}

/** Says what of the gate failed, and what to know of the policy. @returns the exit code */
export function judgeAll(context: Context, reports: readonly AuditReport[], gate: CommandGate): number {
  const { baseline, failBelow, policy } = gate;
  const { colour, columns } = context.stderr;
  if (policy !== undefined) {
    const warnings = policyWarnings(policy, reports, new Date(context.now()));
    if (warnings.length > 0) context.stderr.write(renderDiagnostics(warnings, { colour, columns }));
  }
  const failed: { readonly image: string; readonly failures: readonly Failure[] }[] = [];
  for (const report of reports) {
    const { failures, passed } = judge(report, {
      ...(failBelow === undefined ? {} : { failBelow }),
      ...(policy === undefined ? {} : { policy }),
      ...(baseline === undefined ? {} : { baseline }),
    });
    if (!passed) failed.push({ image: report.image.reference, failures });
  }
  if (failed.length === 0) return 0;
  context.stderr.write(renderJudgement(failed, { colour, columns }));
  return 1;
}
