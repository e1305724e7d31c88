// Builds a project's images: the lock, then each platform, from the cache where nothing changed.
import type { LayerStrategy } from "../assemble/strategy.ts";
import type { LockedPackage } from "../debian/locked.ts";
import { type BuiltImage, buildImage } from "../engines/native/build-image.ts";
import type { Services } from "../engines/native/packages/compose-phase.ts";
import type { Lock } from "../graph/lock.ts";
import type { ImagePlan } from "../graph/plan.ts";
import type { StagesFor } from "./build/spec-stages.ts";
import type { StepSettings } from "./build/step-settings.ts";
import type { Context } from "./context.ts";
import { hasStages, type Project } from "./project.ts";
import { dateOf, packagesFor, type Session, withSession } from "./session.ts";
import { programIdentity } from "./version.ts";

export interface BuildSettings {
  readonly plan: ImagePlan;
  readonly platforms: readonly string[];
  /** Fail where the lock is missing or stale, and never write it. */
  readonly frozen: boolean;
  readonly compression: "gzip" | "zstd";
  readonly layers: LayerStrategy;
  /** Of stages; asked for where the project has some. */
  readonly steps: () => Promise<StepSettings>;
  readonly insecureHosts: readonly string[];
}

export interface PlatformBuild extends BuiltImage {
  readonly platform: string;
  readonly packages: readonly LockedPackage[];
  readonly durationMs: number;
}

/** @throws as the lock, downloading, stages and building do */
export async function buildProject(
  context: Context,
  project: Project,
  settings: BuildSettings,
): Promise<readonly PlatformBuild[]> {
  return withSession(context, project, async (session) => {
    const lock = await session.currentLock(settings.frozen);
    const services = {
      cache: session.cache,
      task: context,
      unpacker: session.unpacker,
      program: programIdentity(),
    };
    const build = (stagesFor?: StagesFor): Promise<readonly PlatformBuild[]> =>
      buildAll(context, project, settings, { lock, services, session, stagesFor });
    // Init images take nothing from stages.
    if (settings.plan.phase !== "run" || !hasStages(project)) return build();
    const { compression, insecureHosts } = settings;
    const steps = await settings.steps();
    // Loaded only for specs that have stages: the engine is much.
    const { withStages } = await import("./build/spec-stages.ts");
    return withStages(
      context,
      session,
      { project, lock, steps, insecureHosts, compression, services },
      build,
    );
  });
}

interface Opened {
  readonly lock: Lock | undefined;
  readonly services: Services;
  readonly session: Session;
  readonly stagesFor: StagesFor | undefined;
}

async function buildAll(
  context: Context,
  project: Project,
  { compression, layers, plan, platforms }: BuildSettings,
  { lock, services, session, stagesFor }: Opened,
): Promise<readonly PlatformBuild[]> {
  const built: PlatformBuild[] = [];
  for (const platform of platforms) {
    const started = context.now();
    const id = `build ${platform}`;
    context.emit({ type: "start", id, name: `building ${project.spec.name} for ${platform}` });
    const packages = packagesFor(lock, platform, plan.phase);
    const mtime = dateOf(lock, context);
    const request = { plan, packages, platform, context: project.folder, mtime, compression, layers };
    const stages = stagesFor === undefined ? {} : { stages: await stagesFor(platform) };
    const image = await buildImage({ ...request, ...stages }, services, session.fetch);
    context.emit({ type: "end", id, cached: image.cached });
    built.push({ ...image, platform, packages, durationMs: context.now() - started });
  }
  return built;
}
