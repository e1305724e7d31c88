// `distill audit`: is an image really distroless? The verdict with its evidence; with a level, a policy or a baseline, a gate.
import { resolve } from "node:path";
import type { JudgedReport } from "../../audit/judge.ts";
import { levels } from "../../audit/levels.ts";
import { InvalidInput } from "../../base/diagnostics.ts";
import { ToolError } from "../../base/errors.ts";
import { writeFileAtomically } from "../../base/files.ts";
import type { Unaudited } from "../../report/audit/unaudited.ts";
import { exitCodeOf, renderFailure } from "../../report/errors.ts";
import { auditFormats, renderAudits, singleFormats } from "../audit-output.ts";
import { imageOptions, withAuditor } from "../auditing.ts";
import { type Command, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { judgeUnder, readGate, tellJudgement } from "../gate.ts";
import { renderOptions } from "../quoting.ts";

export const command: Command = defineCommand({
  name: "audit",
  summary: "tell whether an image is really distroless, and what could be abused in it",
  usage: "IMAGE...",
  options: {
    format: {
      kind: "choice",
      value: "FORMAT",
      choices: auditFormats,
      default: "table",
      summary: "how to say it; json is one line for each of several images",
    },
    output: { kind: "text", short: "o", value: "FILE", summary: "write it to a file instead of printing it" },
    verbose: { kind: "flag", short: "v", summary: "everything, with the evidence and how to check it" },

    "fail-below": {
      kind: "choice",
      value: "LEVEL",
      choices: levels,
      summary: "exit with 1 where an image is below it",
    },
    policy: {
      kind: "text",
      value: "FILE",
      summary: "waivers with reason and expiry, the level to reach, allowed primitives",
    },
    baseline: {
      kind: "text",
      value: "FILE",
      summary: "an earlier --format json: only what is new since then counts",
    },
    ...imageOptions,
  },
  examples: [
    { does: "an image of a registry", line: "distill audit registry.example.com/app:1" },
    { does: "a gate for CI", line: "distill audit --fail-below truly-distroless oci-archive:app.tar" },
    { does: "a page to look at", line: "distill audit --format html --output report.html docker-daemon:app" },
    { does: "a root folder, and what it starts", line: "distill audit --entrypoint /bin/app dir:rootfs" },
  ],
  async run(context, { options, positionals }) {
    const { format, output, verbose } = options;
    if (positionals.length > 1 && singleFormats.has(format)) {
      const message = `--format ${format} shows one image, not ${positionals.length}`;
      throw new InvalidInput([
        { severity: "error", rule: "wrong-usage", message, hint: "audit one at a time" },
      ]);
    }
    const gate = await readGate(context, options, positionals.length);
    // What is said of single files needs more than a remembered report.
    const detailed = format === "html" || (gate.policy?.keep.length ?? 0) > 0;
    const { exitCode, judged, unaudited } = await withAuditor(
      context,
      { ...options, several: positionals.length > 1 },
      (auditor) =>
        auditEach(context, positionals, async (name) => {
          const report = detailed ? (await auditor.audit(name)).report : await auditor.report(name);
          return judgeUnder(context, report, gate);
        }),
    );
    if (judged.length === 0) return exitCode;
    const shown = output === undefined ? context.stdout : undefined;
    const text = await renderAudits(format, judged, {
      columns: shown?.columns ?? 80,
      colour: shown?.colour ?? false,
      verbose,
      unaudited,
    });
    if (output === undefined) context.stdout.write(text);
    else await writeFileAtomically(resolve(context.cwd, output), text);
    return Math.max(exitCode, tellJudgement(context, judged, gate, unaudited.length === 0));
  },
});

interface Audits {
  readonly judged: readonly JudgedReport[];
  readonly unaudited: readonly Unaudited[];
  /** The worst of what kept images from being audited; 0 where nothing did. */
  readonly exitCode: number;
}

/** Of several images, one that can't be audited is told and left out. @throws whatever ends the audit of a single one */
async function auditEach(
  context: Context,
  names: readonly string[],
  audit: (name: string) => Promise<JudgedReport>,
): Promise<Audits> {
  const judged: JudgedReport[] = [];
  const unaudited: Unaudited[] = [];
  let exitCode = 0;
  for (const name of names) {
    try {
      judged.push(await audit(name));
    } catch (thrown) {
      if (names.length === 1 || context.signal.aborted || !(thrown instanceof ToolError)) throw thrown;
      context.stderr.write(renderFailure(thrown, renderOptions(context.stderr, context.cwd)));
      unaudited.push({ reference: name, why: thrown.why });
      exitCode = Math.max(exitCode, exitCodeOf(thrown, false));
    }
  }
  return { judged, unaudited, exitCode };
}
