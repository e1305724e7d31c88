// Runs the command of an exec vertex: its root is the input's layers with a fresh folder on top, which becomes the result's
// layer where the command succeeds.
//
// Invariant: nothing of the mounts, of the sandbox's own files, or of a command that failed is in any result.
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheTemporary } from "../../../../base/cache.ts";
import { canonicalJson } from "../../../../base/canonical-json.ts";
import { digestOf } from "../../../../base/digest.ts";
import { assert } from "../../../../base/errors.ts";
import { diskError } from "../../../../base/files.ts";
import type { ExecOperation } from "../../../../graph/operation.ts";
import type { Vertex } from "../../../../graph/vertex.ts";
import type { StepRequest } from "../../runner/step.ts";
import { folderReader } from "../../snapshots/packer.ts";
import type { Snapshot } from "../../snapshots/snapshot.ts";
import { makeUpper } from "../../snapshots/upper.ts";
import type { Result } from "../result.ts";
import type { SolverServices } from "../solver.ts";
import { accountFiles } from "./account-files.ts";
import { stepUser } from "./accounts.ts";
import { stepCertificates } from "./certificates.ts";
import { requirePlatform } from "./emulation.ts";
import { stepEnvironment } from "./environment.ts";
import { stepFailure } from "./failure.ts";
import { layerFolders, openMounts, type StepMounts } from "./mounts.ts";
import { defaultHostname, hostsFile, resolvFile } from "./network-files.ts";
import { stepLimits } from "./step-limits.ts";
import { type StepOutput, stepOutput } from "./step-output.ts";

export interface Step {
  readonly vertex: Vertex;
  readonly operation: ExecOperation;
  readonly inputs: readonly Result[];
  readonly services: SolverServices;
  readonly signal: AbortSignal;
  /** What events call it. */
  readonly id: string;
}

/** As Docker gives a container. */
const shmBytesDefault = 67_108_864;

/** @throws ToolError "step-failed", "engine", "interrupted", "disk"; InvalidInput where it asks for what isn't there */
export async function runStep(step: Step): Promise<Snapshot> {
  const { inputs, operation, services, signal, vertex } = step;
  await requirePlatform(operation.platform);
  const base = await inputs[0]?.snapshot();
  assert(base !== undefined, "a command has a root");
  const scratchFolder = cacheTemporary(services.cache);
  const upper = join(scratchFolder, "upper");
  try {
    // Set-user-id programs and devices of a step lie in there, and nobody else on this machine may reach them.
    await mkdir(scratchFolder, { mode: 0o700 });
    await mkdir(join(scratchFolder, "work"));
  } catch (thrown) {
    throw diskError("making a folder for a step", thrown);
  }
  const { span } = vertex.meta;
  try {
    const mounts = await openMounts(operation.mounts, { inputs, services, signal, scratchFolder, span });
    try {
      await run(step, base, scratchFolder, mounts);
    } finally {
      await mounts.release();
    }
    // Of its own each time: a command that is run again may make something else of the same.
    const id = digestOf(canonicalJson([vertex.digest, randomBytes(16).toString("hex")]));
    return { layers: [...base.layers, await services.store.fromUpper(upper, id)] };
  } finally {
    await services.runner.remove(scratchFolder);
  }
}

async function run(step: Step, base: Snapshot, scratchFolder: string, mounts: StepMounts): Promise<void> {
  const { id, services, signal, vertex } = step;
  const { name, stage } = vertex.meta;
  const { emit } = services.task;
  const output = stepOutput({ id, name, emit, ...(stage === undefined ? {} : { stage }) });
  const request = await requestOf(step, base, scratchFolder, mounts, output);
  const ended = await services.runner.run(request, signal);
  output.finish();
  if (ended.exitCode === 0) return;
  throw await stepFailure({ step, request, ended, tail: output.tail() });
}

async function requestOf(
  { inputs, operation, services, vertex }: Step,
  base: Snapshot,
  scratchFolder: string,
  mounts: StepMounts,
  output: StepOutput,
): Promise<StepRequest> {
  const { span } = vertex.meta;
  const root = inputs[0];
  assert(root !== undefined, "a command has a root");
  const lower = await layerFolders(base, services, scratchFolder);
  await makeUpper(
    join(scratchFolder, "upper"),
    lower,
    (args, stop) => services.runner.start(args, stop),
    services.task.signal,
  );
  const accounts = await accountFiles({
    folders: lower,
    tree: root.tree,
    isOpaque: (folder) => isOpaque(services, folder),
  });
  const user = stepUser(operation.user, accounts, span);
  const extra = services.stepCertificates;
  const certificates = extra === undefined ? undefined : await stepCertificates(extra, await root.tree());
  const network = operation.network === "none" ? "none" : "host";
  const hostname = operation.hostname ?? defaultHostname;
  return {
    root: {
      kind: "overlay",
      lower,
      upper: join(scratchFolder, "upper"),
      work: join(scratchFolder, "work"),
      target: "/",
    },
    mounts: [...(certificates?.mounts ?? []), ...mounts.mounts],
    argv: operation.argv,
    env: stepEnvironment({
      env: operation.env,
      proxies: services.proxies ?? new Map(),
      secrets: mounts.variables,
      certificates: certificates?.variables ?? new Map(),
      agent: operation.mounts.find((mount) => mount.kind === "ssh")?.target,
      home: user.home,
    }),
    workingDir: operation.workingDir,
    uid: user.uid,
    gid: user.gid,
    groups: user.groups,
    network,
    hostname,
    hosts: hostsFile(hostname, operation.extraHosts, span),
    resolv: await resolvFile(network),
    shmBytes: operation.shmBytes ?? shmBytesDefault,
    ulimits: stepLimits(operation.ulimits, span),
    readOnlyRoot: false,
    allowSetuid: true,
    stdout: output.stdout,
    stderr: output.stderr,
    stdin: "none",
  };
}

/** One look into a folder costs a start of the helper program: only where the folder alone doesn't tell. */
async function isOpaque({ runner }: SolverServices, folder: string): Promise<boolean> {
  const reader = folderReader((args, stop) => runner.start(args, stop), folder);
  try {
    return await reader.isOpaque("etc");
  } finally {
    await reader.close();
  }
}
