// One phase on one platform: from a plan and locked packages to an image, or straight from the cache where nothing changed.
import { availableParallelism } from "node:os";
import { assembleLayer, type CachedLayer, identityOf } from "../../assemble/layer.ts";
import { type LayerStrategy, planLayers } from "../../assemble/strategy.ts";
import { canonicalJson, type Json } from "../../base/canonical-json.ts";
import { type Digest, digestOf } from "../../base/digest.ts";
import type { LockedPackage } from "../../debian/locked.ts";
import { type ImagePlan, planJson } from "../../graph/plan.ts";
import { makeImage } from "../../oci/derive.ts";
import type { Image, ImageConfig } from "../../oci/model.ts";
import { findImage, type ImageFigures, type ImageRecord, storeImage } from "./image-record.ts";
import type { Services } from "./packages/compose-phase.ts";
import { type Copies, readCopies } from "./packages/context-files.ts";
import type { StageTrees } from "./packages/stage-files.ts";
import type { Stages } from "./stages.ts";

export interface BuildRequest {
  readonly plan: ImagePlan;
  readonly packages: readonly LockedPackage[];
  /** "linux/amd64". */
  readonly platform: string;
  readonly context: string;
  /** Seconds since the epoch: the image's date, and that of everything that no package dates. */
  readonly mtime: number;
  readonly compression: "gzip" | "zstd";
  readonly layers: LayerStrategy;
  /** Those that the plan copies from; absent where it copies from none. */
  readonly stages?: Stages;
}

export interface BuiltImage {
  readonly image: Image;
  readonly figures: ImageFigures;
  /** Nothing had to be done. */
  readonly cached: boolean;
}

/** How the .debs of locked packages come into the cache; called only where the image isn't there already. */
export type FetchPackages = (
  packages: readonly LockedPackage[],
) => Promise<readonly { file: string; sizeBytes: number; digest: Digest }[]>;

/**
 * Builds an image. With stages it has two names in the cache, as results of the solver have: by how they are made, which needs
 * none of them, and by what is taken of them.
 * @throws InvalidInput, ToolError: as solving stages, composePhase, shippedOf and assembling do
 */
export async function buildImage(
  request: BuildRequest,
  services: Services,
  fetchPackages: FetchPackages,
): Promise<BuiltImage> {
  const { context, mtime, plan, stages } = request;
  const { cache, program, task } = services;
  const copies = await readCopies(plan.additions, { context, mtime, signal: task.signal });
  const made = stages === undefined ? null : await stages.key();
  const key = made === undefined ? undefined : requestKey(request, copies, program, made);
  const known = key === undefined ? undefined : await findImage(cache, key);
  if (known !== undefined) return { image: imageOf(known), figures: known.figures, cached: true };
  if (stages === undefined) return remembered(request, { copies, keys: [key] }, services, fetchPackages);
  const { copyFromStages, librariesOf } = await import("./packages/stage-files.ts");
  const solved = await stages.solve();
  const { done, trees } = solved;
  const all = new Map([...copies, ...copyFromStages(plan.additions, { stages: trees, cache, mtime })]);
  const keys = [
    requestKey(request, copies, program, solved.key),
    requestKey(request, all, program, { libraries: librariesOf(trees) }),
  ] as const;
  const same = await findImage(cache, keys[1]);
  if (same !== undefined) {
    await storeImage(cache, keys[0], same);
    return { image: imageOf(same), figures: same.figures, cached: done === 0 };
  }
  return remembered(request, { copies: all, stages: trees, keys }, services, fetchPackages);
}

/** What a request comes to, and the keys under which its image is kept. */
interface Found {
  readonly copies: Copies;
  readonly stages?: StageTrees;
  readonly keys: readonly (Digest | undefined)[];
}

async function remembered(
  request: BuildRequest,
  found: Found,
  services: Services,
  fetchPackages: FetchPackages,
): Promise<BuiltImage> {
  const record = await compose(request, found, services, fetchPackages);
  for (const key of found.keys) if (key !== undefined) await storeImage(services.cache, key, record);
  return { image: imageOf(record), figures: record.figures, cached: false };
}

/** Everything that decides the bytes: the request without its spans, the content of copied files, this program. */
function requestKey(
  { plan, packages, context, stages, ...rest }: BuildRequest,
  copies: Copies,
  program: string,
  staged: Json,
): Digest {
  const locked = packages.map(
    ({ name, digest, depends, requested }): Json => ({ name, digest, depends, requested }),
  );
  const copied = [...copies.values()].map(
    (one): Json => ("problem" in one ? { ...one } : one.entries.map(identityOf)),
  );
  return digestOf(
    canonicalJson({
      program,
      node: process.version,
      plan: planJson(plan),
      packages: locked,
      copied,
      ...(staged === null ? {} : { staged }),
      ...rest,
    }),
  );
}

function imageOf({ config, layers }: ImageRecord): Image {
  return makeImage({ config, layers });
}

async function compose(
  request: BuildRequest,
  { copies, stages }: Found,
  services: Services,
  fetchPackages: FetchPackages,
): Promise<ImageRecord> {
  const { plan, packages, platform, mtime } = request;
  const architecture = platform.slice(platform.indexOf("/") + 1);
  // Loaded here: a build that finds its image in the cache needs none of it.
  const [
    { composePhase },
    { shippedOf },
    { auditBuilt, levelFindings },
    { numericUser },
    { unprovenWarning },
    { pulledText },
  ] = await Promise.all([
    import("./packages/compose-phase.ts"),
    import("./packages/shipped.ts"),
    import("./self-audit.ts"),
    import("./packages/account-files.ts"),
    import("./packages/unproven.ts"),
    import("./packages/stage-libraries.ts"),
  ]);
  const debs = await fetchPackages(packages);
  const staged = stages === undefined ? {} : { stages };
  const input = { plan, packages, debs, architecture, copies, mtime, ...staged };
  const phase = await composePhase(input, services);
  for (const library of phase.pulled) {
    services.task.emit({ type: "log", level: "info", message: pulledText(library) });
  }
  // Where all of the packages ships, nothing can have been left out.
  const warning = plan.content === "whole" ? undefined : unprovenWarning(phase.closure.unproven);
  if (warning !== undefined) services.task.emit({ type: "log", level: "warning", message: warning });
  const shipped = await shippedOf(phase, input);
  await services.unpacker.close();
  const entries = [...shipped.tree.walk()];

  const layers: CachedLayer[] = [];
  for (const planned of planLayers(entries, request.layers)) {
    layers.push(
      await assembleLayer(
        planned,
        services.cache,
        { compression: request.compression, width: availableParallelism() + 1 },
        services.task.signal,
      ),
    );
  }
  const user = numericUser(phase.accounts, plan.config.User);
  const config = configOf(request, architecture, user, layers);
  const report = await auditBuilt(phase, shipped.tree, { name: plan.name, platform, config });
  const files = entries.flatMap((entry) => (entry.kind === "file" ? [entry] : []));
  return {
    config,
    layers,
    figures: {
      level: report.verdict.level,
      levelFindings: levelFindings(report, shipped.tree),
      files: files.length,
      sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
      packagesShipped: shipped.packages.length,
      packagesLocked: packages.length,
    },
  };
}

/** A numeric user, so that an orchestrator can see that it isn't root (Kubernetes: runAsNonRoot). */
function configOf(
  { plan, mtime }: BuildRequest,
  architecture: string,
  user: string | undefined,
  layers: readonly CachedLayer[],
): ImageConfig {
  const created = new Date(mtime * 1000).toISOString().replace(".000Z", "Z");
  return {
    created,
    architecture,
    os: "linux",
    config: { ...plan.config, ...(user === undefined ? {} : { User: user }) },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created, created_by: "distill build" })),
  };
}
