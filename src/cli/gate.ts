// The gate of an audit on the command line: a lowest level, a policy, a baseline; and what it says of images.
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type Baseline, forOnlyImage, readBaseline } from "../audit/baseline.ts";
import type { AuditReport } from "../audit/finding.ts";
import { type Gate, type JudgedReport, judge } from "../audit/judge.ts";
import type { Level } from "../audit/levels.ts";
import { applyPolicy, policyWarnings } from "../audit/policy/apply.ts";
import type { Policy } from "../audit/policy/policy.ts";
import { type Parsed, requireValue } from "../base/diagnostics.ts";
import { systemCode, ToolError } from "../base/errors.ts";
import { diskError } from "../base/files.ts";
import { limits } from "../base/limits.ts";
import { decodeText } from "../formats/document/decode.ts";
import { renderJudgement } from "../report/audit/judgement.ts";
import { renderDiagnostics } from "../report/diagnostics.ts";
import type { Context } from "./context.ts";
import { displayName } from "./display-name.ts";

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
    ...(policy === undefined ? {} : { policy: await readPolicy(context, policy) }),
    ...(known === undefined ? {} : { baseline: images === 1 ? forOnlyImage(known) : known }),
  };
}

/** A file that an option of the gate names: how large it may be, what it holds, and where one comes from. */
interface Input<T> {
  readonly bytesMax: number;
  readonly parse: (text: string, file: string) => Parsed<T>;
  readonly hint: string;
}

/** Few audits have a policy: what reads YAML takes as long to load as all else that a remembered report needs. */
async function readPolicy(context: Context, name: string): Promise<Policy> {
  const { parsePolicy } = await import("../audit/policy/parse.ts");
  return readInput(context, name, {
    bytesMax: limits.specBytesMax,
    parse: parsePolicy,
    hint: "it begins with apiVersion: distill/v1; docs/reference/policy.md has an example",
  });
}

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

/** The report with the policy's waivers, and what the gate says of it. */
export function judgeUnder(context: Context, report: AuditReport, gate: Gate): JudgedReport {
  const { policy } = gate;
  const applied = policy === undefined ? report : applyPolicy(report, policy, new Date(context.now()));
  return { report: applied, judgement: judge(applied, gate) };
}

/**
 * Says what to know of the policy, and what of the gate failed. `complete`: whether every image was audited.
 * @returns the exit code
 */
export function tellJudgement(
  context: Context,
  judged: readonly JudgedReport[],
  { policy }: Gate,
  complete: boolean,
): number {
  const { colour, columns } = context.stderr;
  if (policy !== undefined) {
    const reports = judged.map((one) => one.report);
    // What concerns nothing in these may be about the one that is missing.
    const warnings = policyWarnings(policy, reports, new Date(context.now())).filter(
      (one) => complete || one.rule !== "waiver-unused",
    );
    if (warnings.length > 0) context.stderr.write(renderDiagnostics(warnings, { colour, columns }));
  }
  const failed = judged
    .filter((one) => !one.judgement.passed)
    .map(({ judgement, report }) => ({ image: report.image.reference, failures: judgement.failures }));
  if (failed.length === 0) return 0;
  context.stderr.write(renderJudgement(failed, { colour, columns }));
  return 1;
}
