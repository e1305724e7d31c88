// What the command line says of the steps of a build - arguments, contexts, secrets, agents, caches - as the engine takes it.
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type Diagnostic, InvalidInput, type Parsed } from "../../base/diagnostics.ts";
import { ToolError } from "../../base/errors.ts";
import { diskError } from "../../base/files.ts";
import { type CacheOption, parseCacheOption } from "../../engines/native/solver/cache-options.ts";
import {
  parseSecretOption,
  parseSshOption,
  type SecretOption,
} from "../../engines/native/solver/secret-options.ts";
import type { SecretSource } from "../../engines/native/solver/solver.ts";
import type { Context } from "../context.ts";
import type { BuildFile } from "./build-file.ts";
import type { StepOptions } from "./step-options.ts";
import { type Contexts, contextsOf, namedValues } from "./values.ts";

export interface StepSettings {
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly contexts: Contexts;
  readonly ignoreCache: ReadonlySet<string> | "all";
  readonly secrets: ReadonlyMap<string, SecretSource>;
  /** Sockets of ssh agents. */
  readonly agents: ReadonlyMap<string, string>;
  readonly cacheFrom: readonly CacheOption[];
  readonly cacheTo: readonly CacheOption[];
  /** A file, as the user names it. */
  readonly stepCertificates: string | undefined;
  readonly onError: "fail" | "shell";
}

/**
 * Checks all of them before anything is built.
 * @throws InvalidInput with every mistake; ToolError "usage" for a secret or agent that isn't there
 */
export async function stepSettings(
  context: Context,
  { folder }: Pick<BuildFile, "folder">,
  given: StepOptions,
): Promise<StepSettings> {
  const secrets = given.secret.map(parseSecretOption);
  const agents = given.ssh.map(parseSshOption);
  const cacheFrom = given["cache-from"].map((text) => parseCacheOption(text, "cache-from"));
  const cacheTo = given["cache-to"].map((text) => parseCacheOption(text, "cache-to"));
  refuseMistakes([...secrets, ...agents, ...cacheFrom, ...cacheTo].flatMap((one) => one.diagnostics));
  if (given["on-error"] === "shell" && !context.stderr.isTerminal) {
    throw new ToolError("usage", {
      what: "opening a shell where a step fails",
      why: "there is no terminal for it",
      hint: "leave out --on-error=shell, or run distill in a terminal",
    });
  }
  return {
    buildArgs: namedValues("build-arg", given["build-arg"], context.env),
    contexts: await contextsOf(given["build-context"], folder, context.cwd),
    ignoreCache: given["no-cache"] ? "all" : new Set(given["no-cache-filter"]),
    secrets: new Map(
      await Promise.all(
        valuesOf(secrets).map(async (one) => [one.id, await secretSource(context, one)] as const),
      ),
    ),
    agents: new Map(valuesOf(agents).map(({ id, socket }) => [id, agentSocket(context, id, socket)])),
    cacheFrom: valuesOf(cacheFrom),
    cacheTo: valuesOf(cacheTo),
    stepCertificates: given["step-ca"] ?? fileInVariable(context),
    onError: given["on-error"],
  };
}

/** For a machine whose every build needs them. */
function fileInVariable({ env }: Pick<Context, "env">): string | undefined {
  const file = env["DISTILL_STEP_CA"] ?? "";
  return file === "" ? undefined : file;
}

function refuseMistakes(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length > 0) throw new InvalidInput(diagnostics);
}

function valuesOf<T>(parsed: readonly Parsed<T>[]): readonly T[] {
  return parsed.flatMap(({ value }) => (value === undefined ? [] : [value]));
}

/** Read when a step wants it. That it is there is checked now. */
async function secretSource(context: Context, { id, source }: SecretOption): Promise<SecretSource> {
  const variable = source.kind === "file" ? undefined : context.env[source.name];
  if (variable !== undefined) {
    context.hideSecret(variable);
    return { read: () => Promise.resolve(new TextEncoder().encode(variable)) };
  }
  const path = source.kind === "file" ? source.path : source.name;
  const file = resolve(context.cwd, path);
  const status = source.kind === "variable" ? undefined : await stat(file).catch(() => undefined);
  if (status?.isFile() !== true) {
    throw new ToolError("usage", {
      what: `reading the secret ${id}`,
      why: source.kind === "variable" ? `the variable ${source.name} is not set` : `there is no file ${path}`,
      hint: `write --secret id=${id},src=FILE or --secret id=${id},env=NAME`,
    });
  }
  return {
    async read(): Promise<Uint8Array> {
      try {
        const content = await readFile(file);
        context.hideSecret(content.toString("utf8").trim());
        return content;
      } catch (thrown) {
        throw diskError(`reading the secret ${id}`, thrown);
      }
    },
  };
}

function agentSocket({ cwd, env }: Context, id: string, socket: string | undefined): string {
  const found = socket ?? env["SSH_AUTH_SOCK"] ?? "";
  if (found !== "") return resolve(cwd, found);
  throw new ToolError("usage", {
    what: `forwarding the ssh agent ${id}`,
    why: "SSH_AUTH_SOCK is not set",
    hint: "start ssh-agent, or name its socket: --ssh default=SOCKET",
  });
}
