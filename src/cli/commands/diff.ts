// `distill diff`: what a change of image does to files, packages, sizes and the attack surface.
import { resolve } from "node:path";
import { compareReports, comparisonGates, failsOn } from "../../audit/compare/compare.ts";
import type { Comparison } from "../../audit/compare/comparison.ts";
import { InvalidInput } from "../../base/diagnostics.ts";
import { writeFileAtomically } from "../../base/files.ts";
import { nearestName } from "../../base/nearest.ts";
import { styleFor } from "../../report/style.ts";
import { imageOptions, withAuditor } from "../auditing.ts";
import { type Command, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";

const formats = ["table", "json", "markdown"] as const;

export const command: Command = defineCommand({
  name: "diff",
  summary: "tell what differs between two images: files, packages, primitives, level",
  usage: "IMAGE IMAGE",
  options: {
    format: { kind: "choice", value: "FORMAT", choices: formats, default: "table", summary: "how to say it" },
    output: { kind: "text", short: "o", value: "FILE", summary: "write it to a file instead of printing it" },
    "fail-on": {
      kind: "list",
      value: "WHAT",
      commas: true,
      summary: `exit with 1 on ${comparisonGates.join(", ")}`,
    },
    verbose: { kind: "flag", short: "v", summary: "all of it, where lists are shortened" },
    ...imageOptions,
  },
  examples: [
    { does: "what an update does", line: "distill diff app:1 app:2" },
    { does: "a gate for a change", line: "distill diff --fail-on more-primitives,lower-level app:1 oci:out" },
    { does: "a comment on a change", line: "distill diff --format markdown app:1 app:2" },
  ],
  async run(context, { options, positionals }) {
    const gates = options["fail-on"].map(gateOf);
    const [before = "", after = ""] = positionals;
    const comparison = await withAuditor(context, { ...options, several: true }, async (auditor) =>
      compareReports((await auditor.audit(before)).report, (await auditor.audit(after)).report),
    );
    const text = await render(comparison, context, options);
    if (options.output === undefined) context.stdout.write(text);
    else await writeFileAtomically(resolve(context.cwd, options.output), text);
    const failures = gates.flatMap((gate) => failsOn(comparison, gate) ?? []);
    const failed = styleFor(context.stderr.colour)("red", "failed");
    for (const failure of failures) context.stderr.write(`${failed}: ${failure}\n`);
    return failures.length === 0 ? 0 : 1;
  },
});

function gateOf(text: string): (typeof comparisonGates)[number] {
  const gate = comparisonGates.find((one) => one === text);
  if (gate !== undefined) return gate;
  const nearest = nearestName(text, comparisonGates);
  throw new InvalidInput([
    {
      severity: "error",
      rule: "wrong-choice",
      message: `--fail-on takes ${comparisonGates.join(", ")}; not ${text}`,
      ...(nearest === undefined ? {} : { hint: `did you mean ${nearest}?` }),
    },
  ]);
}

async function render(
  comparison: Comparison,
  context: Context,
  options: { readonly format: string; readonly output: string | undefined; readonly verbose: boolean },
): Promise<string> {
  switch (options.format) {
    case "json":
      return (await import("../../report/compare/json.ts")).comparisonJsonText(comparison);
    case "markdown":
      return (await import("../../report/compare/markdown.ts")).comparisonMarkdown(comparison);
    default: {
      const { renderComparison } = await import("../../report/compare/table.ts");
      const shown = options.output === undefined ? context.stdout : undefined;
      const style = styleFor(shown?.colour ?? false);
      return renderComparison(comparison, { columns: shown?.columns ?? 80, style, verbose: options.verbose });
    }
  }
}
