// A `packages` operation as a snapshot: what the solver asks for where its cache knows nothing of it.
import type { StoredBlob } from "../../../base/cache.ts";
import type { Json } from "../../../base/canonical-json.ts";
import { assert } from "../../../base/errors.ts";
import type { LockedPackage } from "../../../debian/locked.ts";
import type { Vertex } from "../../../graph/vertex.ts";
import type { Snapshot, SnapshotStore } from "../snapshots/snapshot.ts";
import type { Services } from "./compose-phase.ts";
import { composeStage } from "./compose-stage.ts";

export interface StageSources {
  /** All locked packages of the stages, in any order. */
  readonly locked: readonly LockedPackage[];
  readonly fetch: (packages: readonly LockedPackage[]) => Promise<readonly StoredBlob[]>;
  readonly store: SnapshotStore;
}

/**
 * Composes the packages that a vertex names. What isn't done in it is told as a warning.
 * @throws ToolError as downloading and composing do
 */
export async function packagesSnapshot(
  vertex: Vertex,
  sources: StageSources,
  services: Services,
): Promise<Snapshot> {
  const { operation } = vertex;
  assert(operation.kind === "packages", "only packages are composed");
  const byDigest = new Map(sources.locked.map((one) => [one.digest, one]));
  const packages = operation.packages.map(({ digest, name }) => {
    const found = byDigest.get(digest);
    assert(found !== undefined, `${name} is in the lock that the graph was made from`);
    return found;
  });
  const { alternatives, codename, ignoredEffects } = operation.plan as unknown as PlanJson;
  const architecture = operation.platform.slice(operation.platform.indexOf("/") + 1);
  const debs = await sources.fetch(packages);
  const plan = { alternatives, ignoredEffects };
  const { tree, warning } = await composeStage({ plan, codename, architecture, packages, debs }, services);
  await services.unpacker.close();
  if (warning !== undefined) {
    services.task.emit({
      type: "log",
      level: "warning",
      message: `${vertex.meta.stage ?? "a stage"}: ${warning}`,
    });
  }
  return { layers: [await sources.store.fromEntries(tree.walk())] };
}

/** What `stageJson` (graph/plan.ts) gives. */
interface PlanJson {
  readonly [name: string]: Json | undefined;
  readonly codename: string;
  readonly alternatives: Readonly<Record<string, string>>;
  readonly ignoredEffects: Readonly<Record<string, string>>;
}
