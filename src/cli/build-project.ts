// Builds a project's images: the lock, then each platform, from the cache where nothing changed.
import type { LayerStrategy } from "../assemble/strategy.ts";
import type { LockedPackage } from "../debian/locked.ts";
import { type BuiltImage, buildImage } from "../engines/native/build-image.ts";
import type { ImagePlan } from "../graph/plan.ts";
import type { Context } from "./context.ts";
import type { Project } from "./project.ts";
import { dateOf, packagesFor, withSession } from "./session.ts";
import { programIdentity } from "./version.ts";

export interface BuildSettings {
  readonly plan: ImagePlan;
  readonly platforms: readonly string[];
  /** Fail where the lock is missing or stale, and never write it. */
  readonly frozen: boolean;
  readonly compression: "gzip" | "zstd";
  readonly layers: LayerStrategy;
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
      const image = await buildImage(request, services, session.fetch);
      context.emit({ type: "end", id, cached: image.cached });
      built.push({ ...image, platform, packages, durationMs: context.now() - started });
    }
    return built;
  });
}
