// Which packages a composition will ask for, remembered from an equal one. Rounds of unpacking depend on the plan, the
// packages, and on what copied files say (their facts), not on their bytes: where these are equal, the end is known, and
// one round does. It is no hint that may be wrong: the key names everything that the rounds look at.
import type { Cache } from "../../../base/cache.ts";
import { findRecord, storeRecord } from "../../../base/cache.ts";
import { canonicalJson, type Json } from "../../../base/canonical-json.ts";
import { type Digest, digestOf } from "../../../base/digest.ts";
import type { LockedPackage } from "../../../debian/locked.ts";
import { type ImagePlan, planJson } from "../../../graph/plan.ts";
import type { Entry } from "../../../tree/entry.ts";
import type { AddedEntries } from "./additions.ts";
import { librariesOf, type StageTrees } from "./stage-files.ts";

/** What a composition starts from. */
interface Start {
  readonly plan: ImagePlan;
  readonly packages: readonly LockedPackage[];
  readonly architecture: string;
  readonly stages?: StageTrees;
}

/** The key of a composition with these additions. */
export function foresightKey(
  { plan, packages, architecture, stages }: Start,
  added: AddedEntries,
  program: string,
): Digest {
  return digestOf(
    canonicalJson({
      program,
      plan: planJson(plan),
      packages: packages.map(({ digest, depends, requested }): Json => ({ digest, depends, requested })),
      architecture,
      added: added.entries.map((entry) => aspectsOf(entry, added)),
      ...(stages === undefined ? {} : { libraries: librariesOf(stages) }),
    }),
  );
}

/** What rounds see of an entry: the facts of its content, and the content itself where it may be a setting. */
function aspectsOf(entry: Entry, { facts }: AddedEntries): Json {
  const common: Json[] = [entry.kind, entry.path, entry.mode];
  if (entry.kind === "symlink") return [...common, entry.target];
  if (entry.kind !== "file") return common;
  if (entry.path.startsWith("/etc/")) return [...common, entry.digest];
  const { elf, ...rest } = facts.get(entry.digest) ?? { magic: "data" };
  // The build id names a build, it doesn't say what the program needs.
  const needs = JSON.parse(JSON.stringify({ ...rest, elf: { ...elf, buildId: undefined } })) as Json;
  return [...common, needs];
}

/** The ids of the packages that an equal composition ended with. */
export async function foreseen(cache: Cache, key: Digest): Promise<ReadonlySet<string> | undefined> {
  const record = await findRecord(cache, "foresight", key);
  return Array.isArray(record) ? new Set(record.map(String)) : undefined;
}

export async function remember(cache: Cache, key: Digest, unpacked: ReadonlySet<string>): Promise<void> {
  await storeRecord(cache, "foresight", key, [...unpacked].sort());
}
