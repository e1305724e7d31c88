// The command line on the projects in examples/: each copied to a folder of its own, made, locked and built there.
import { existsSync, readdirSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type ProgramOptions, type ProgramRun, runProgram, runWell } from "./programs.ts";

const home = join(import.meta.dirname, "..");

/** Why images can't be built from Debian's packages here. */
export const mirrorMissing: string | undefined =
  process.env["DISTILL_DEBIAN_MIRROR"] !== undefined || existsSync("/etc/apt/sources.list.d")
    ? undefined
    : "no mirror of Debian: set DISTILL_DEBIAN_MIRROR";

/** The examples that are built from a file of this name. */
export function examplesWith(file: "distill.yaml" | "Dockerfile"): readonly string[] {
  const folder = join(home, "examples");
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, file)));
}

const trustRoots = process.env["SSL_CERT_FILE"] ?? "/etc/ssl/certs/ca-certificates.crt";

/** For steps of builds that ask a registry: what this machine trusts, they trust. */
export const stepTrust: Readonly<Record<string, string>> = existsSync(trustRoots)
  ? { DISTILL_STEP_CA: trustRoots }
  : {};

/** Words to add to the title of a test that is skipped. */
export const because = (reason: string | undefined): string =>
  reason === undefined ? "" : ` (skipped: ${reason})`;

/** Runs `distill`, whatever its exit code. */
export function distill(args: readonly string[], options: ProgramOptions = {}): Promise<ProgramRun> {
  return runProgram([join(home, "distill"), ...args], { timeoutMs: 600_000, ...options });
}

/** Runs `distill`, which has to end with 0; its standard output. */
export function distillWell(args: readonly string[], options: ProgramOptions = {}): Promise<string> {
  return runWell([join(home, "distill"), ...args], { timeoutMs: 600_000, ...options });
}

/**
 * A copy of an example below `folder`, with what its Makefile makes, and locked (where it has packages). An example that
 * is there already stays as it is, so that tests which share a folder share the lock.
 */
export async function exampleIn(folder: string, name: string, cacheFolder: string): Promise<string> {
  const project = join(folder, "projects", name);
  if (existsSync(project)) return project;
  await mkdir(join(folder, "projects"), { recursive: true });
  await cp(join(home, "examples", name), project, {
    recursive: true,
    filter: (source) => !source.endsWith(".lock"),
  });
  if (existsSync(join(project, "Makefile"))) await runWell(["make", "-C", project]);
  if (name !== "hello-static") await distillWell(["lock", project, "--cache-dir", cacheFolder]);
  return project;
}
