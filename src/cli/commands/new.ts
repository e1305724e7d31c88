// `distill new`: a first distill.yaml, from a Dockerfile or from what a folder holds.
import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { InvalidInput } from "../../base/diagnostics.ts";
import { ToolError } from "../../base/errors.ts";
import { writeFileAtomically } from "../../base/files.ts";
import { formats } from "../../formats/document/text-formats.ts";
import { checkDockerfile } from "../../frontends/dockerfile/check.ts";
import { type NewSpec, specFromDockerfile } from "../../frontends/new/from-dockerfile.ts";
import { type Folder, specFromFolder } from "../../frontends/new/from-folder.ts";
import { parseSpec } from "../../frontends/spec/parse.ts";
import { contextFiles } from "../build/context-files.ts";
import { ignorePatterns } from "../build/ignore-file.ts";
import { parseFile, withoutErrors } from "../build/lower-file.ts";
import { type Command, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { displayName } from "../display-name.ts";
import { hostPlatform } from "../host-image.ts";
import { imageName } from "../image-name.ts";
import { emitWarnings } from "../warnings.ts";

export const command: Command = defineCommand({
  name: "new",
  summary: "write a distill.yaml from a Dockerfile, or from what a folder holds",
  usage: "[DIR]",
  options: {
    from: { kind: "text", value: "FILE", summary: "a Dockerfile; what has no equivalent becomes a comment" },
    name: { kind: "text", value: "NAME", summary: "what the image is called (default: the folder's name)" },
    force: { kind: "flag", summary: "replace a distill.yaml that is there" },
  },
  examples: [
    { does: "a start for this folder", line: "distill new" },
    { does: "turn a Dockerfile", line: "distill new --from examples/go-app/Dockerfile examples/go-app" },
  ],
  async run(context, { options, positionals }) {
    const from = options.from === undefined ? undefined : resolve(context.cwd, options.from);
    const folder =
      positionals[0] !== undefined || from === undefined
        ? resolve(context.cwd, positionals[0] ?? ".")
        : dirname(from);
    await requireFolder(context, folder);
    const file = join(folder, "distill.yaml");
    const shown = displayName(file, context.cwd);
    if (!options.force) await refuseToReplace(file, shown);
    const name = options.name ?? imageName(folder);
    requireName(name);
    const made = await makeSpec(context, folder, from, name);
    const { diagnostics } = parseSpec(made.text, shown);
    await writeFileAtomically(file, made.text);
    emitWarnings(context, diagnostics);
    context.stdout.write(`${shown}\n`);
    if (made.comments > 0) {
      const places =
        made.comments === 1 ? `1 place in ${shown} has` : `${made.comments} places in ${shown} have`;
      context.emit({ type: "log", level: "info", message: `${places} a comment: look at what it says` });
    }
    return 0;
  },
});

async function makeSpec(
  context: Context,
  folder: string,
  from: string | undefined,
  name: string,
): Promise<NewSpec> {
  const files: Folder = contextFiles(folder, await ignorePatterns(folder, from));
  if (from === undefined) return specFromFolder(files, name);
  const { ast } = await parseFile(context, from);
  withoutErrors(checkDockerfile(ast));
  return specFromDockerfile(ast, { name, files, platform: hostPlatform() });
}

async function requireFolder(context: Context, folder: string): Promise<void> {
  const status = await stat(folder).catch(() => undefined);
  if (status?.isDirectory() === true) return;
  throw new ToolError("usage", {
    what: `writing a distill.yaml into ${displayName(folder, context.cwd)}`,
    why: "there is no such folder",
  });
}

async function refuseToReplace(file: string, shown: string): Promise<void> {
  const status = await stat(file).catch(() => undefined);
  if (status === undefined) return;
  throw new InvalidInput([
    {
      severity: "error",
      rule: "spec-exists",
      message: `${shown} is there already`,
      hint: "replace it with --force",
    },
  ]);
}

function requireName(name: string): void {
  const { expected, pattern } = formats["image name"];
  if (pattern.test(name)) return;
  throw new InvalidInput([
    {
      severity: "error",
      rule: "wrong-choice",
      message: `--name takes an image name, ${expected}; not ${name}`,
    },
  ]);
}
