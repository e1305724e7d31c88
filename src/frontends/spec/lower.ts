// From a validated spec to the plans that engines carry out: one for each phase that is built from packages.
import type { Span } from "../../base/diagnostics.ts";
import { defaultPath } from "../../base/search-path.ts";
import type { RepositoryRequest } from "../../debian/sources.ts";
import type { AccountRequest, Addition, GlobRequest, ImagePlan, PackageRequest } from "../../graph/plan.ts";
import type { RunConfig } from "../../oci/model.ts";
import type { HealthcheckSpec, InitSpec, Located, RepositorySpec, RunSpec, Spec } from "./spec.ts";

/** The plan of the image that ships. `folder` is the spec's own, absolute: a keyring lies below it. */
export function lowerRun(spec: Spec, folder: string): ImagePlan {
  const { run } = spec;
  return {
    name: spec.name,
    phase: "run",
    repositories: spec.repositories.map((one) => repositoryOf(one, folder)),
    packages: run.packages.map(packageOf),
    additions: additionsOf(run),
    accounts: run.users.map(
      ({ name, uid, gid, group, home }): AccountRequest => ({ name, uid, gid, group, home }),
    ),
    keep: run.keep.map(globOf),
    drop: run.drop.map(globOf),
    ignoredEffects: Object.fromEntries(run.effects.map((effect) => [effect.package, effect.ignore])),
    alternatives: run.alternatives,
    config: configOf(run),
    content: "pruned",
  };
}

/**
 * The plan of the init image: every file of its packages, since it runs scripts. Accounts and effect declarations are
 * shared with the run phase, so that both agree on who owns the volumes. Undefined where the spec has no init phase
 * made of packages.
 */
export function lowerInit(spec: Spec, folder: string): ImagePlan | undefined {
  const { init, run } = spec;
  if (init === undefined || init.packages.length === 0) return undefined;
  const shared = lowerRun(spec, folder);
  return {
    ...shared,
    phase: "init",
    packages: init.packages.map(packageOf),
    additions: additionsOf(run).filter((addition) => addition.kind === "directory"),
    keep: [],
    drop: [],
    config: initConfigOf(init, run),
    content: "whole",
  };
}

function repositoryOf(spec: RepositorySpec, folder: string): RepositoryRequest {
  const { debian, keyring, components, trusted } = spec;
  return {
    debian: debian.value,
    components,
    trusted,
    ...(spec.suites === undefined ? {} : { suites: spec.suites }),
    ...(spec.mirror === undefined ? {} : { mirror: spec.mirror }),
    ...(spec.securityMirror === undefined ? {} : { securityMirror: spec.securityMirror }),
    ...(spec.snapshot === undefined ? {} : { snapshot: spec.snapshot }),
    ...(keyring === undefined ? {} : { keyring: `${folder}/${keyring}` }),
  };
}

function packageOf(located: Located<string>): PackageRequest {
  return { text: located.value, span: located.span };
}

function globOf(located: Located<string>): GlobRequest {
  return { glob: located.value, span: located.span };
}

function additionsOf(run: RunSpec): Addition[] {
  const owned = (owner: string | undefined, span: Span): { owner?: string; span: Span } =>
    owner === undefined ? { span } : { owner, span };
  return [
    ...run.directories.map(
      ({ path, mode, owner, span }): Addition => ({ kind: "directory", path, mode, ...owned(owner, span) }),
    ),
    ...run.copy.map(
      ({ from, source, target, mode, owner, span }): Addition => ({
        kind: "copy",
        ...(from === "context" ? {} : { from }),
        source,
        target,
        ...(mode === undefined ? {} : { mode }),
        ...owned(owner, span),
      }),
    ),
    ...run.files.map(
      ({ path, text, mode, owner, span }): Addition => ({
        kind: "file",
        path,
        text,
        mode,
        ...owned(owner, span),
      }),
    ),
    ...run.links.map(({ path, target, span }): Addition => ({ kind: "link", path, target, span })),
  ];
}

function environment(env: Readonly<Record<string, string>>): string[] {
  return Object.entries({ PATH: defaultPath, ...env }).map(([name, value]) => `${name}=${value}`);
}

function emptySet(names: readonly string[]): Record<string, Record<string, never>> {
  return Object.fromEntries([...names].sort().map((name) => [name, {}]));
}

function configOf(run: RunSpec): RunConfig {
  return {
    ...(run.user === undefined ? {} : { User: run.user.value }),
    ...(run.ports.length === 0 ? {} : { ExposedPorts: emptySet(run.ports.map(portOf)) }),
    Env: environment(run.env),
    ...(run.entrypoint.length === 0 ? {} : { Entrypoint: run.entrypoint }),
    ...(run.command.length === 0 ? {} : { Cmd: run.command }),
    ...(run.volumes.length === 0 ? {} : { Volumes: emptySet(run.volumes) }),
    WorkingDir: run.workingDir ?? "/",
    ...(Object.keys(run.labels).length === 0 ? {} : { Labels: run.labels }),
    ...(run.stopSignal === undefined ? {} : { StopSignal: run.stopSignal }),
    ...(run.healthcheck === undefined ? {} : { Healthcheck: healthcheckOf(run.healthcheck) }),
  };
}

function initConfigOf(init: InitSpec, run: RunSpec): RunConfig {
  const user = init.user ?? run.user?.value;
  const plain = Object.entries(init.env).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return {
    ...(user === undefined ? {} : { User: user }),
    Env: environment({ ...run.env, ...Object.fromEntries(plain) }),
    ...(init.command.length === 0 ? {} : { Cmd: init.command }),
    ...(init.volumes.length === 0 ? {} : { Volumes: emptySet(init.volumes) }),
    WorkingDir: "/",
  };
}

/** "5432" is "5432/tcp" in an image's config (image-spec config.md, ExposedPorts). */
function portOf(port: string): string {
  return port.includes("/") ? port : `${port}/tcp`;
}

/** Docker's extension of the config counts in nanoseconds. */
function healthcheckOf(check: HealthcheckSpec): NonNullable<RunConfig["Healthcheck"]> {
  const nanoseconds = (ms: number): number => ms * 1_000_000;
  return {
    Test: ["CMD", ...check.command],
    ...(check.intervalMs === undefined ? {} : { Interval: nanoseconds(check.intervalMs) }),
    ...(check.timeoutMs === undefined ? {} : { Timeout: nanoseconds(check.timeoutMs) }),
    ...(check.startPeriodMs === undefined ? {} : { StartPeriod: nanoseconds(check.startPeriodMs) }),
    ...(check.retries === undefined ? {} : { Retries: check.retries }),
  };
}
