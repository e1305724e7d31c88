// `distill audit`: is an image really distroless? The verdict with its evidence; with a level, a policy or a baseline, a gate.
import { resolve } from "node:path";
import type { AuditReport } from "../../audit/finding.ts";
import { requiredLevel } from "../../audit/judge.ts";
import { levels } from "../../audit/levels.ts";
import { InvalidInput } from "../../base/diagnostics.ts";
import { writeFileAtomically } from "../../base/files.ts";
import { auditFormats, renderAudits, singleFormats } from "../audit-output.ts";
import { imageOptions, withAuditor } from "../auditing.ts";
import { type Command, defineCommand } from "../command.ts";
import { judgeAll, readGate, underPolicy } from "../gate.ts";

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
    const reports: AuditReport[] = [];
    await withAuditor(context, { ...options, several: positionals.length > 1 }, async (auditor) => {
      for (const name of positionals) {
        const report = detailed ? (await auditor.audit(name)).report : await auditor.report(name);
        reports.push(underPolicy(context, report, gate));
      }
    });
    const shown = output === undefined ? context.stdout : undefined;
    const text = await renderAudits(format, reports, {
      columns: shown?.columns ?? 80,
      colour: shown?.colour ?? false,
      verbose,
      failBelow: requiredLevel(gate),
    });
    if (output === undefined) context.stdout.write(text);
    else await writeFileAtomically(resolve(context.cwd, output), text);
    return judgeAll(context, reports, gate);
  },
});
