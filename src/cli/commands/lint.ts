// `distill lint`: what is not wrong in a Dockerfile and not wise either. Asks no registry, builds nothing.
import type { Diagnostic } from "../../base/diagnostics.ts";
import { checkDockerfile } from "../../frontends/dockerfile/check.ts";
import { lintDockerfile } from "../../frontends/dockerfile/lint/lint.ts";
import { renderDiagnostics } from "../../report/diagnostics.ts";
import { lintJson } from "../../report/lint.ts";
import { findBuildFile } from "../build/build-file.ts";
import { ignorePatterns } from "../build/ignore-file.ts";
import { parseFile, withoutErrors } from "../build/lower-file.ts";
import { requireDockerfile } from "../build/require-dockerfile.ts";
import { stepOptions } from "../build/step-options.ts";
import { namedValues } from "../build/values.ts";
import { type Command, defineCommand } from "../command.ts";

const formats = ["text", "json"] as const;

export const command: Command = defineCommand({
  name: "lint",
  summary: "tell what is unwise in a Dockerfile",
  usage: "[DIR]",
  options: {
    file: { kind: "text", short: "f", value: "FILE", summary: "the Dockerfile (default: Dockerfile in DIR)" },
    target: { kind: "text", value: "STAGE", summary: "the stage that ships (default: the last)" },
    "build-arg": stepOptions["build-arg"],
    format: { kind: "choice", value: "FORMAT", choices: formats, default: "text", summary: "how to say it" },
    error: { kind: "flag", summary: "exit with 1 where there is a finding (so does # check=error=true)" },
  },
  examples: [
    { does: "the Dockerfile of this folder", line: "distill lint" },
    { does: "a gate for a change", line: "distill lint --error -f Dockerfile" },
  ],
  async run(context, { options, positionals }) {
    const file = await findBuildFile(context, positionals[0], options.file);
    requireDockerfile(context, file);
    const { ast, diagnostics } = await parseFile(context, file.file);
    withoutErrors(checkDockerfile(ast));
    const found = lintDockerfile(
      ast,
      {
        buildArgs: namedValues("build-arg", options["build-arg"], context.env),
        ignorePatterns: await ignorePatterns(file.folder, file.file),
        ...(options.target === undefined ? {} : { target: options.target }),
      },
      diagnostics,
    );
    context.stdout.write(
      options.format === "json" ? lintJson(found) : lintText(found, ast.lines, context.stdout),
    );
    const failed = options.error ? found.length > 0 : found.some(({ severity }) => severity === "error");
    return failed ? 1 : 0;
  },
});

function lintText(
  found: readonly Diagnostic[],
  lines: readonly string[],
  { colour, columns }: { readonly colour: boolean; readonly columns: number | undefined },
): string {
  return renderDiagnostics(found, { colour, columns, sourceOf: () => lines.join("\n") });
}
