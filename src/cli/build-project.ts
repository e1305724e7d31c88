// Builds a project's images: the lock, then each platform, from the cache where nothing changed.
import type { LayerStrategy } from "../assemble/strategy.ts";
import type { LockedPackage } from "../debian/locked.ts";
import { type BuiltImage, buildImage } from "../engines/native/build-image.ts";
import type { Stages } from "../engines/native/stages.ts";
import type { ImagePlan } from "../graph/plan.ts";
import type { StageRequest } from "./build/spec-stages.ts";
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

/** @throws as the lock, downloading and building do */
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
    const { plan, compression, layers } = settings;
    const built: PlatformBuild[] = [];
    for (const platform of settings.platforms) {
      const started = context.now();
      const id = `build ${platform}`;
      context.emit({ type: "start", id, name: `building ${project.spec.name} for ${platform}` });
      const packages = packagesFor(lock, platform, plan.phase);
      const mtime = dateOf(lock, context);
      const request = { plan, packages, platform, context: project.folder, mtime, compression, layers };
      const build = (stages?: Stages): Promise<BuiltImage> =>
        buildImage(stages === undefined ? request : { ...request, stages }, services, session.fetch);
      // Init images take nothing from stages.
      const image =
        plan.phase === "run" && hasStages(project)
          ? await staged(
              context,
              session,
              {
                project,
                lock,
                platform,
                steps: await settings.steps(),
                insecureHosts: settings.insecureHosts,
                services,
              },
              build,
            )
          : await build();
      context.emit({ type: "end", id, cached: image.cached });
      built.push({ ...image, platform, packages, durationMs: context.now() - started });
    }
    return built;
  });
}

/** Loaded only for specs that have stages: the engine is much. */
async function staged(
  context: Context,
  session: Session,
  request: StageRequest,
  build: (stages: Stages) => Promise<BuiltImage>,
): Promise<BuiltImage> {
  const { withStages } = await import("./build/spec-stages.ts");
  return withStages(context, session, request, build);
}
