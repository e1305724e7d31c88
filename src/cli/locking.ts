// The lock of a project: read, made, compared, written.
import { readFile } from "node:fs/promises";
import type { Cache } from "../base/cache.ts";
import { requireValue } from "../base/diagnostics.ts";
import type { Digest } from "../base/digest.ts";
import { systemCode, ToolError } from "../base/errors.ts";
import { diskError, writeFileAtomically } from "../base/files.ts";
import type { Archive } from "../debian/archive.ts";
import { makeLock } from "../engines/native/packages/make-lock.ts";
import type { PinnedImage } from "../graph/image-lock.ts";
import { type Lock, requestDigest } from "../graph/lock.ts";
import { formatLock, parseLock } from "../graph/lock-file.ts";
import type { ImagePlan, StagePlan } from "../graph/plan.ts";
import type { Context } from "./context.ts";
import { displayName } from "./display-name.ts";
import type { Project } from "./project.ts";
import type { Network } from "./repositories.ts";

/** What a lock has to answer for this project. */
export function projectRequest(project: Project): Digest {
  const { plans, platforms, stageImages } = project;
  return requestDigest({
    platforms,
    repositories: plans[0]?.repositories ?? [],
    packages: Object.fromEntries(
      lockedPlans(project).map(({ phase, packages }) => [phase, packages.map(({ text }) => text)]),
    ),
    ...(stageImages.length === 0 ? {} : { images: stageImages }),
  });
}

/** Whether anything of the project has to be locked. */
export function needsLock(project: Project): boolean {
  return project.stageImages.length > 0 || lockedPlans(project).some(({ packages }) => packages.length > 0);
}

/** Whatever asks for packages: the phases, then the stages. */
export function lockedPlans({ plans, stagePlans }: Project): readonly (ImagePlan | StagePlan)[] {
  return [...plans, ...stagePlans];
}

/** The lock as it stands; undefined where there is none. @throws InvalidInput for one that is damaged, ToolError "disk" */
export async function readLock(context: Context, file: string): Promise<Lock | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return undefined;
    throw diskError(`reading ${displayName(file, context.cwd)}`, thrown);
  }
  return requireValue(await parseLock(text, displayName(file, context.cwd)));
}

/** Whether a lock answers what the project asks for. */
export function isCurrent(lock: Lock | undefined, project: Project): lock is Lock {
  return lock?.request === projectRequest(project);
}

/** Resolves everything anew. What the spec's exclusions leave out is told. */
export async function resolveLock(
  context: Context,
  project: Project,
  archives: readonly Archive[],
  { fetcher }: Network,
  cache: Cache,
): Promise<Lock> {
  const id = "resolve";
  context.emit({ type: "start", id, name: "reading package indexes and resolving" });
  const { lock, dropped } = await makeLock(
    { plans: lockedPlans(project), platforms: project.platforms, request: projectRequest(project), archives },
    fetcher,
    cache,
  );
  const images = await pinImages(context, project, cache);
  context.emit({ type: "end", id });
  for (const one of dropped) {
    context.emit({
      type: "log",
      level: "warning",
      message: `${one.package} goes without ${one.dependency}, which the spec excludes`,
    });
  }
  return images.length === 0 ? lock : { ...lock, images };
}

/** What the images of stages are, for each platform. @throws as pulling does */
async function pinImages(
  context: Context,
  { platforms, stageImages }: Project,
  cache: Cache,
): Promise<readonly PinnedImage[]> {
  if (stageImages.length === 0) return [];
  const { openBaseImages } = await import("./build/base-images.ts");
  const images = openBaseImages(context, { cache, insecureHosts: [], pinned: [] });
  try {
    for (const platform of platforms) {
      for (const reference of stageImages) await images.resolve(reference, platform);
    }
    return images.pinned().toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  } finally {
    images.close();
  }
}

function sortKey({ platform, reference }: PinnedImage): string {
  return `${reference} ${platform}`;
}

/** Writes the lock beside the spec. @throws ToolError "disk" */
export async function writeLock(context: Context, project: Project, lock: Lock): Promise<void> {
  await writeFileAtomically(project.lockFile, formatLock(lock));
  context.emit({
    type: "log",
    level: "info",
    message: `wrote ${displayName(project.lockFile, context.cwd)}`,
  });
}

/** @throws ToolError "lock-differs" (exit code 1) */
export function refuseStale(context: Context, project: Project, lock: Lock | undefined): never {
  throw new ToolError("lock-differs", {
    what: `building ${displayName(project.specFile, context.cwd)} as locked`,
    why:
      lock === undefined
        ? `there is no ${displayName(project.lockFile, context.cwd)}`
        : "the spec asks for other packages, images, repositories or platforms than the lock holds",
    hint: "run `distill lock` and commit the lock",
  });
}
