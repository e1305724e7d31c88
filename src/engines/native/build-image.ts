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
 * Builds an image.
 * @throws InvalidInput, ToolError: as composePhase, shippedOf and assembling do
 */
export async function buildImage(
  request: BuildRequest,
  services: Services,
  fetchPackages: FetchPackages,
): Promise<BuiltImage> {
  const { plan, context, mtime } = request;
  const copies = await readCopies(plan.additions, { context, mtime, signal: services.task.signal });
  const key = requestKey(request, copies, services.program);
  const known = await findImage(services.cache, key);
  if (known !== undefined) return { image: imageOf(known), figures: known.figures, cached: true };
  const record = await compose(request, copies, services, fetchPackages);
  await storeImage(services.cache, key, record);
  return { image: imageOf(record), figures: record.figures, cached: false };
}

/** Everything that decides the bytes: the request without its spans, the content of copied files, this program. */
function requestKey(
  { plan, packages, context, ...rest }: BuildRequest,
  copies: Copies,
  program: string,
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
      ...rest,
    }),
  );
}

function imageOf({ config, layers }: ImageRecord): Image {
  return makeImage({ config, layers });
}

async function compose(
  request: BuildRequest,
  copies: Copies,
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
  ] = await Promise.all([
    import("./packages/compose-phase.ts"),
    import("./packages/shipped.ts"),
    import("./self-audit.ts"),
    import("./packages/account-files.ts"),
    import("./packages/unproven.ts"),
  ]);
  const debs = await fetchPackages(packages);
  const input = { plan, packages, debs, architecture, copies, mtime };
  const phase = await composePhase(input, services);
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
