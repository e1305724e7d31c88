// What of a composed phase ships: the entries that the closure keeps, and what is made from exactly those: the loader's cache
// and the package database.

import { ToolError } from "../../../base/errors.ts";
import type { Missing } from "../../../closure/closure.ts";
import type { ScriptVerdict } from "../../../debian/effects/effect.ts";
import { ldSoCache } from "../../../debian/ld-cache.ts";
import { nameOf } from "../../../debian/package.ts";
import { shippedPackages, statusEntries } from "../../../debian/status.ts";
import type { Entry } from "../../../tree/entry.ts";
import { addEntry, finishTree, treeBuilder, treeOf } from "../../../tree/memory-tree.ts";
import { treePath } from "../../../tree/path.ts";
import type { Tree } from "../../../tree/tree.ts";
import { accountEntries, accountOrigin } from "./account-files.ts";
import type { ComposedPhase, PhaseInput } from "./compose-phase.ts";
import { type RefusedGenerator, refusedGenerators } from "./generators.ts";
import { ldCacheEntry } from "./ld-cache-entry.ts";
import { isOfLibc } from "./stage-libraries.ts";

export interface Shipped {
  /** Exactly what the image holds. */
  readonly tree: Tree;
  /** Ids of the packages of which something ships. */
  readonly packages: readonly string[];
}

/**
 * @throws ToolError "missing-dependency" for what the closure needs and nothing supplies, "unknown-effect" for a package that
 *   ships while its scripts are not understood
 */
export async function shippedOf(
  phase: ComposedPhase,
  { architecture, mtime, plan }: Pick<PhaseInput, "architecture" | "mtime" | "plan">,
): Promise<Shipped> {
  const { closure, tree, facts } = phase;
  if (closure.missing.length > 0) throw missingError(closure.missing, tree);
  const kept = treeOf([...closure.reasons.keys()].flatMap((at) => tree.lookup(at) ?? []));
  const controls = phase.packages.map(({ control }) => control);
  const packages = shippedPackages(kept, controls).map(({ control }) => control.id);
  refuseUnknown(phase.verdicts, new Set(packages));
  refuseUnbuilt(refusedGenerators(phase.verdicts, new Set(packages), plan.ignoredEffects));

  const cache = await ldSoCache({ tree: kept, facts, architecture });
  const generated = cache === undefined ? [] : [...cache.links, ldCacheEntry(cache.content, mtime)];
  const builder = treeBuilder(kept);
  for (const entry of [
    ...loginsOf(phase, kept, mtime),
    ...generated,
    ...statusEntries(kept, controls, mtime),
  ])
    addEntry(builder, entry);
  return { tree: finishTree(builder), packages };
}

/** The account files that ship, without the shells that don't. */
function loginsOf({ accounts }: ComposedPhase, kept: Tree, mtime: number): readonly Entry[] {
  return accountEntries(accounts, kept, mtime).entries.filter(({ path: at }) =>
    kept.lookup(at)?.origins.some((origin) => origin.kind === "effect" && origin.effect === accountOrigin),
  );
}

const shownMax = 12;

function missingError(missing: readonly Missing[], tree: Tree): ToolError {
  const lines = missing
    .slice(0, shownMax)
    .map(({ what, kind, neededBy, evidence }) => `${kind} ${what}, needed by ${neededBy} (${evidence})`);
  const more = missing.length > shownMax ? `\n... and ${missing.length - shownMax} more` : "";
  return new ToolError("missing-dependency", {
    what: "closing the image over what it starts",
    why: `${lines.join("\n")}${more}`,
    hint: stageHint(missing, tree) ?? hintFor(missing),
  });
}

/** Programs of a stage that was built on another release than the image is of; undefined where that isn't the trouble. */
function stageHint(missing: readonly Missing[], tree: Tree): string | undefined {
  for (const { kind, neededBy, what } of missing) {
    const at = treePath(neededBy);
    const origin = at === undefined ? undefined : tree.lookup(at)?.origins.at(-1);
    if (origin?.kind !== "stage") continue;
    if (kind === "symbol-version") {
      return `the stage ${origin.stage} has another release of the library than run: build it from packages, which are of run's release, or from an image of that release`;
    }
    if (isOfLibc(what)) {
      return `a C library is of one release throughout: add the package that has ${what} to run (libc6), or leave its packages out`;
    }
  }
  return undefined;
}

function hintFor(missing: readonly Missing[]): string {
  if (missing.some(({ kind }) => kind === "library" || kind === "symbol-version")) {
    return "add the package that supplies it to `packages`, or copy the library in";
  }
  if (missing.some(({ kind }) => kind === "program"))
    return "check `entrypoint`; the program must be in a package or copied in";
  return "add what supplies it to `packages`, `copy` or `users`";
}

/** A package whose files ship while its scripts' effects are unknown might not work, and nobody would know why. */
function refuseUnknown(verdicts: readonly ScriptVerdict[], shipped: ReadonlySet<string>): void {
  const unknown = verdicts.filter(({ package: id, verdict }) => verdict === "unknown" && shipped.has(id));
  const [first] = unknown;
  if (first === undefined) return;
  const commands = unknown
    .flatMap((verdict) => verdict.unknown)
    .slice(0, shownMax)
    .map(({ source, text, why }) => `${source.file}:${source.line}: ${text.trim()}\n    ${why}`);
  throw new ToolError("unknown-effect", {
    what: `deciding what the scripts of ${unknown.map(({ package: id }) => id).join(", ")} would do`,
    why: `\n${commands.join("\n")}`,
    hint:
      first.unknown[0]?.hint ??
      `declare it in the spec if the image doesn't need it: effects: {${nameOf(first.package)}: {ignore: "why"}}`,
  });
}

function refuseUnbuilt(refused: readonly RefusedGenerator[]): void {
  const [first] = refused;
  if (first === undefined) return;
  throw new ToolError("unknown-effect", {
    what: `building what the triggers of ${[...new Set(refused.map(({ package: id }) => id))].join(", ")} ask for`,
    why: refused
      .map(({ package: id, generator, why }) => `${generator} (${id}): ${why} isn't modelled`)
      .join("\n"),
    hint: `bring it along (copy), or say that the image doesn't need it: effects: {${nameOf(first.package)}: {ignore: "why"}}`,
  });
}
