// The stages of a spec on the command line: lowered with the project's lock, and opened with an engine for as long as the build
// of an image takes.
import type { LockedPackage } from "../../debian/locked.ts";
import type { Services } from "../../engines/native/packages/compose-phase.ts";
import { packagesSnapshot } from "../../engines/native/packages/stage-snapshot.ts";
import type { SolverServices } from "../../engines/native/solver/solver.ts";
import { openStages, type Stages } from "../../engines/native/stages.ts";
import { lowerStages } from "../../frontends/spec/lower-stages.ts";
import type { Lock } from "../../graph/lock.ts";
import type { Vertex } from "../../graph/vertex.ts";
import type { Context } from "../context.ts";
import type { Project } from "../project.ts";
import { packagesFor, type Session } from "../session.ts";
import { type BaseImages, openBaseImages } from "./base-images.ts";
import { openCacheTransfer } from "./cache-transfer.ts";
import { engineInputs } from "./engine-inputs.ts";
import { ignorePatterns } from "./ignore-file.ts";
import { withNativeEngine } from "./native-engine.ts";
import type { StepSettings } from "./step-settings.ts";

export interface StageRequest {
  readonly project: Project;
  readonly lock: Lock | undefined;
  readonly steps: StepSettings;
  readonly insecureHosts: readonly string[];
  /** Of results that are kept for others. */
  readonly compression: "gzip" | "zstd";
  /** What composes packages. */
  readonly services: Services;
}

/** The stages that the image needs, for a platform: "linux/amd64". */
export type StagesFor = (platform: string) => Promise<Stages>;

/**
 * Runs `work` with the project's stages; contents of their trees can be read until it ends. Then the results of those that it
 * asked for go where `--cache-to` says.
 * @throws as lowering and the engine do; whatever `work` throws
 */
export async function withStages<T>(
  context: Context,
  session: Session,
  request: StageRequest,
  work: (stagesFor: StagesFor) => Promise<T>,
): Promise<T> {
  const { compression, insecureHosts, lock, project, services, steps } = request;
  const { cache } = session;
  const images = openBaseImages(context, { cache, insecureHosts, pinned: lock?.images ?? [] });
  const transfer = openCacheTransfer(context, { cache, insecureHosts });
  try {
    const locked = project.stagePlans.flatMap(({ phase }) =>
      project.platforms.flatMap((platform) => packagesFor(lock, platform, phase)),
    );
    const packages = composer(session, locked, services);
    const inputs = {
      ...engineInputs(steps, images, undefined, (vertex) => packages.of(vertex)),
      imported: await transfer.read(steps.cacheFrom),
    };
    return await withNativeEngine(context, cache, inputs, async (engine) => {
      packages.store = engine.store;
      const tops: Vertex[] = [];
      const done = await work(async (platform) => {
        const stages = await lowered(request, images, platform);
        tops.push(...stages.values());
        return openStages(stages, engine, context.signal);
      });
      await transfer.write(steps.cacheTo, tops, engine, compression);
      return done;
    });
  } finally {
    images.close();
    transfer.close();
  }
}

async function lowered(
  { lock, project, services, steps }: StageRequest,
  images: BaseImages,
  platform: string,
): Promise<ReadonlyMap<string, Vertex>> {
  return lowerStages(project.spec, {
    platform,
    folder: project.folder,
    program: services.program,
    packages: (phase) => packagesFor(lock, platform, phase),
    resolveImage: (reference, wanted) => images.resolve(reference, wanted),
    ignorePatterns: await ignorePatterns(steps.contexts.folders.get("context"), project.specFile),
    ignoreCache: steps.ignoreCache,
  });
}

interface Composer {
  /** Of the engine, which is opened with this very composer. */
  store: SolverServices["store"] | undefined;
  readonly of: SolverServices["packages"];
}

function composer(session: Session, locked: readonly LockedPackage[], services: Services): Composer {
  const made: Composer = {
    store: undefined,
    of(vertex) {
      const { store } = made;
      if (store === undefined) throw new Error("internal error: an engine has a store");
      return packagesSnapshot(vertex, { locked, fetch: session.fetch, store }, services);
    },
  };
  return made;
}
