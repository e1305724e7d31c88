// From a Dockerfile to the graph of its build: what `distill build` solves and `distill graph` prints.
import { type Diagnostic, InvalidInput, requireValue } from "../../base/diagnostics.ts";
import type { Dockerfile } from "../../frontends/dockerfile/ast.ts";
import { lintDockerfile } from "../../frontends/dockerfile/lint/lint.ts";
import type { KnownImage } from "../../frontends/dockerfile/lint/seen.ts";
import { lowerDockerfile } from "../../frontends/dockerfile/lower/lower.ts";
import type { Lowered } from "../../frontends/dockerfile/lower/options.ts";
import { parseDockerfile } from "../../frontends/dockerfile/parse.ts";
import { formatReference, parseReference } from "../../oci/reference.ts";
import type { Context } from "../context.ts";
import { displayName } from "../display-name.ts";
import { hostPlatform } from "../host-image.ts";
import { dateOf } from "../session.ts";
import type { BaseImages } from "./base-images.ts";
import { type BuildFile, readBuildFile } from "./build-file.ts";
import { ignorePatterns } from "./ignore-file.ts";
import type { Contexts } from "./values.ts";

export interface LowerSettings {
  readonly target: string | undefined;
  readonly platforms: readonly string[];
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly contexts: Contexts;
  readonly ignoreCache: ReadonlySet<string> | "all";
}

/**
 * The warnings are those of lint as well.
 * @throws InvalidInput with every mistake of the file, ToolError "usage" where it isn't there
 */
export async function lowerFile(
  context: Context,
  { file }: BuildFile,
  images: Pick<BaseImages, "resolve">,
  settings: LowerSettings,
): Promise<Lowered> {
  const { ast, diagnostics } = await parseFile(context, file);
  const epoch = sourceDateEpoch(context, settings.buildArgs);
  const { buildArgs, contexts, ignoreCache, labels, platforms, target } = settings;
  const buildPlatform = hostPlatform();
  const [platform = buildPlatform, ...others] = platforms;
  const known = new Map<string, KnownImage>();
  const lowered = await lowerDockerfile(ast, {
    platforms: [platform, ...others],
    buildPlatform,
    ...(target === undefined ? {} : { target }),
    buildArgs,
    labels,
    contexts: contexts.named,
    ignoreCache,
    async resolveImage(reference, wanted) {
      const image = await images.resolve(reference, wanted);
      const { architecture, config = {}, os } = image.config;
      const name = fullName(reference);
      if (!known.has(name)) known.set(name, { platform: `${os}/${architecture}`, config });
      return image;
    },
    ignorePatterns: (name) =>
      ignorePatterns(contexts.folders.get(name), name === "context" ? file : undefined),
    created: new Date((epoch ?? 0) * 1000).toISOString().replace(".000Z", "Z"),
    ...(epoch === undefined ? {} : { sourceDateEpoch: epoch }),
  });
  const linted = lintDockerfile(
    ast,
    {
      buildArgs,
      platform,
      buildPlatform,
      ...(target === undefined ? {} : { target }),
      imageOf: (name) => known.get(fullName(name)),
      ignorePatterns: await ignorePatterns(contexts.folders.get("context"), file),
    },
    diagnostics,
  );
  return { ...lowered, diagnostics: withoutErrors([...linted, ...lowered.diagnostics]) };
}

/** @throws InvalidInput where one is an error */
export function withoutErrors(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (diagnostics.some(({ severity }) => severity === "error")) throw new InvalidInput(diagnostics);
  return diagnostics;
}

/** The same for every spelling of an image's name; the text itself where it is none. */
function fullName(text: string): string {
  try {
    return formatReference(parseReference(text));
  } catch {
    return text;
  }
}

/**
 * The build argument, else the variable; undefined where neither is given. Seconds since 1970.
 * @throws ToolError "usage" where that is no date
 */
export function sourceDateEpoch(
  { env }: Pick<Context, "env">,
  buildArgs: ReadonlyMap<string, string>,
): number | undefined {
  const text = buildArgs.get("SOURCE_DATE_EPOCH") ?? env["SOURCE_DATE_EPOCH"] ?? "";
  return text === "" ? undefined : dateOf(undefined, { env: { SOURCE_DATE_EPOCH: text } });
}

/** @throws InvalidInput, ToolError "usage" */
export async function parseFile(
  context: Context,
  file: string,
): Promise<{ readonly ast: Dockerfile; readonly diagnostics: Lowered["diagnostics"] }> {
  const shown = displayName(file, context.cwd);
  const parsed = parseDockerfile(await readBuildFile(file, shown), shown);
  return { ast: requireValue(parsed), diagnostics: parsed.diagnostics };
}
