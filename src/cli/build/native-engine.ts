// The native engine with everything that it takes from the machine: a sandbox for this user, snapshots in the cache, folders,
// images, secrets. What is opened for a build is closed with it.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Cache } from "../../base/cache.ts";
import { diskError } from "../../base/files.ts";
import { openRunner } from "../../engines/native/runner/open.ts";
import { openSnapshotStore } from "../../engines/native/snapshots/store.ts";
import type { SecretSource, SolverServices, SolverSettings } from "../../engines/native/solver/solver.ts";
import type { Context } from "../context.ts";
import { openNetwork } from "../repositories.ts";
import { runnerHost } from "../runner-host.ts";
import { downloadsOver } from "./downloads.ts";

export interface EngineInputs extends Pick<SolverServices, "image" | "imported" | "locals" | "packages"> {
  readonly secrets: ReadonlyMap<string, SecretSource>;
  readonly agents: ReadonlyMap<string, string>;
  /** A file with PEM certificates, as the user names it. */
  readonly stepCertificates: string | undefined;
  readonly proxies: ReadonlyMap<string, string>;
  readonly settings: Omit<SolverSettings, "width">;
}

/**
 * Runs `work` with an engine.
 * @throws ToolError "engine" where steps can't be run here, "disk"; whatever `work` throws
 */
export async function withNativeEngine<T>(
  context: Context,
  cache: Cache,
  inputs: EngineInputs,
  work: (services: SolverServices) => Promise<T>,
): Promise<T> {
  const { stepCertificates, settings, ...rest } = inputs;
  const scratchFolder = await mkdtemp(join(tmpdir(), "distill-build-"));
  let network: ReturnType<typeof openNetwork> | undefined;
  try {
    const certificates =
      stepCertificates === undefined ? undefined : await readCertificates(context, stepCertificates);
    const runner = await openRunner(runnerHost(context), scratchFolder);
    const store = await openSnapshotStore(cache, runner, context);
    try {
      return await work({
        ...rest,
        cache,
        task: context,
        runner,
        store,
        download: downloadsOver(async () => {
          network ??= openNetwork(context);
          return (await network).http;
        }),
        hostEnvironment: hostEnvironment(context),
        ...(certificates === undefined ? {} : { stepCertificates: certificates }),
        settings: { ...settings, width: availableParallelism() },
      });
    } finally {
      await store.close();
    }
  } finally {
    void network?.then(({ http }) => http.close()).catch(() => undefined);
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

async function readCertificates(context: Context, file: string): Promise<Uint8Array> {
  try {
    return await readFile(resolve(context.cwd, file));
  } catch (thrown) {
    throw diskError(`reading the certificates of --step-ca ${file}`, thrown);
  }
}

const forHostPrograms = [
  "PATH",
  "HOME",
  "SSH_AUTH_SOCK",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];

function hostEnvironment({ env }: Context): Record<string, string> {
  const values = forHostPrograms.map((name) => [name, env[name]] as const);
  return Object.fromEntries(values.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
