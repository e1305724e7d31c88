// One case built by each builder, to an archive that this program's own reader opens.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LocalLocation } from "../../src/oci/locations.ts";
import type { Buildkitd } from "../engines/buildkitd.ts";
import { type Dockerd, dockerClient } from "../engines/docker.ts";
import { type ProgramRun, runProgram, runWell } from "../programs.ts";
import { commandAs, type SandboxUser } from "../sandbox/users.ts";
import type { CaseOptions } from "./case.ts";

export interface BuildRequest {
  readonly options: CaseOptions;
  /** The context, made. */
  readonly context: string;
  /** A folder for outputs and for what builders are handed. */
  readonly scratch: string;
  /** Values, their placeholders filled in. */
  readonly buildArgs: Readonly<Record<string, string>>;
  /** The agent's socket. */
  readonly sshSocket: string;
}

export interface Built {
  readonly ran: ProgramRun;
  /** Absent where it failed. */
  readonly image?: LocalLocation;
}

export type Builder = (request: BuildRequest) => Promise<Built>;

/** docker 20.10, with the BuildKit that is in it. */
export function dockerBuilder({ socket }: Dockerd): Builder {
  return async (request) => {
    const { options, context, scratch, buildArgs, sshSocket } = request;
    const archive = join(scratch, "docker.tar");
    const args = ["build", "--network=host", "--progress=plain", "-t", "case:latest"];
    args.push("-f", join(context, options.file ?? "Dockerfile"));
    if (options.target !== undefined) args.push("--target", options.target);
    if (options.platform !== undefined) args.push("--platform", options.platform);
    args.push(...flags("--build-arg", buildArgs), ...flags("--label", options.labels));
    for (const { id, file } of secretFiles(request)) args.push("--secret", `id=${id},src=${file}`);
    if (options.ssh === true) args.push("--ssh", `default=${sshSocket}`);
    const docker = [dockerClient(), "-H", `unix://${socket}`];
    const env = { DOCKER_BUILDKIT: "1" };
    const ran = await runProgram([...docker, ...args, context], { env, timeoutMs: 300_000 });
    if (ran.code !== 0) return { ran };
    await runWell([...docker, "save", "-o", archive, "case:latest"]);
    return { ran, image: { kind: "docker-archive", path: archive } };
  };
}

/** The newest BuildKit. */
export function buildkitBuilder(buildkitd: Buildkitd): Builder {
  return async (request) => {
    const { options, context, scratch, buildArgs, sshSocket } = request;
    const archive = join(scratch, "buildkit.tar");
    const args = ["build", "--frontend", "dockerfile.v0", "--progress=plain"];
    args.push("--local", `context=${context}`, "--local", `dockerfile=${context}`);
    const opt = (name: string, value: string | undefined): void => {
      if (value !== undefined) args.push("--opt", `${name}=${value}`);
    };
    opt("filename", options.file);
    opt("target", options.target);
    opt("platform", options.platform);
    for (const [name, value] of Object.entries(buildArgs)) opt(`build-arg:${name}`, value);
    for (const [name, value] of Object.entries(options.labels ?? {})) opt(`label:${name}`, value);
    for (const [name, place] of Object.entries(options.contexts ?? {})) {
      opt(`context:${name}`, isFolder(place) ? `local:${name}` : place);
      if (isFolder(place)) args.push("--local", `${name}=${join(context, place)}`);
    }
    for (const { id, file } of secretFiles(request)) args.push("--secret", `id=${id},src=${file}`);
    if (options.ssh === true) args.push("--ssh", `default=${sshSocket}`);
    const ran = await buildkitd.buildctl([
      ...args,
      "--output",
      `type=oci,dest=${archive},compression=uncompressed`,
    ]);
    return ran.code === 0 ? { ran, image: { kind: "oci-archive", path: archive } } : { ran };
  };
}

/** This program as a user whose home is the folder `own`; `environment` leads to the registry. */
export function distillBuilder(
  user: SandboxUser,
  own: string,
  environment: Readonly<Record<string, string | undefined>>,
): Builder {
  const command = [...commandAs(user, own), join(import.meta.dirname, "../../distill")];
  const variables = { ...environment, HOME: own, XDG_CACHE_HOME: undefined, DISTILL_CACHE_DIR: undefined };
  return async (request) => {
    const { options, context, scratch, buildArgs, sshSocket } = request;
    const archive = join(scratch, "distill.tar");
    const args = ["build", context, "-f", join(context, options.file ?? "Dockerfile")];
    if (options.target !== undefined) args.push("--target", options.target);
    for (const platform of options.platform?.split(",") ?? []) args.push("--platform", platform);
    args.push(...flags("--build-arg", buildArgs), ...flags("--label", options.labels));
    for (const [name, place] of Object.entries(options.contexts ?? {})) {
      args.push("--build-context", `${name}=${isFolder(place) ? join(context, place) : place}`);
    }
    for (const { id, file } of secretFiles(request)) args.push("--secret", `id=${id},src=${file}`);
    if (options.ssh === true) args.push("--ssh", `default=${sshSocket}`);
    await giveAway(user, own, context, scratch);
    const ran = await runProgram([...command, ...args, "-o", `oci-archive:${archive}`], {
      env: variables,
      cwd: scratch,
      timeoutMs: 300_000,
    });
    return ran.code === 0 ? { ran, image: { kind: "oci-archive", path: archive } } : { ran };
  };
}

/** A user builds what is the user's own: modes say what others may. Set-id bits would go with the owner. */
async function giveAway(user: SandboxUser, own: string, ...folders: readonly string[]): Promise<void> {
  if (user === "root") return;
  const find = ["find", ...folders, "-type", "f", "-perm", "/6000", "-printf", "%m %p\\n"];
  const privileged = (await runWell(find)).split("\n").filter((line) => line !== "");
  await runWell(["chown", "-hR", `--reference=${own}`, ...folders]);
  for (const line of privileged) {
    const [mode = "", ...name] = line.split(" ");
    chmodSync(name.join(" "), Number.parseInt(mode, 8));
  }
}

function flags(name: string, values: Readonly<Record<string, string>> | undefined): readonly string[] {
  return Object.entries(values ?? {}).flatMap(([key, value]) => [name, `${key}=${value}`]);
}

function isFolder(place: string): boolean {
  return place.startsWith("./");
}

/** Secrets as files outside the context. */
function secretFiles({ options, scratch }: BuildRequest): readonly { id: string; file: string }[] {
  return Object.entries(options.secrets ?? {}).map(([id, content]) => {
    const file = join(scratch, `secret-${id}`);
    writeFileSync(file, content);
    return { id, file };
  });
}
