// What of a composed phase ships: the entries that the closure keeps, and what is made from exactly those: the loader's cache
// and the package database.

import { bytesOf } from "../../../base/bytes.ts";
import { digestOf } from "../../../base/digest.ts";
import { ToolError } from "../../../base/errors.ts";
import type { Missing } from "../../../closure/closure.ts";
import type { ScriptVerdict } from "../../../debian/effects/effect.ts";
import { ldSoCache } from "../../../debian/ld-cache.ts";
import { nameOf } from "../../../debian/package.ts";
import { shippedPackages, statusEntries } from "../../../debian/status.ts";
import type { Entry } from "../../../tree/entry.ts";
import { addEntry, finishTree, treeBuilder, treeOf } from "../../../tree/memory-tree.ts";
import { path } from "../../../tree/path.ts";
import type { Tree } from "../../../tree/tree.ts";
import { accountEntries, accountOrigin } from "./account-files.ts";
import type { ComposedPhase, PhaseInput } from "./compose-phase.ts";
import { type RefusedGenerator, refusedGenerators } from "./generators.ts";

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
  if (closure.missing.length > 0) throw missingError(closure.missing);
  const kept = treeOf([...closure.reasons.keys()].flatMap((at) => tree.lookup(at) ?? []));
  const controls = phase.packages.map(({ control }) => control);
  const packages = shippedPackages(kept, controls).map(({ control }) => control.id);
  refuseUnknown(phase.verdicts, new Set(packages));
  refuseUnbuilt(refusedGenerators(phase.verdicts, new Set(packages), plan.ignoredEffects));

  const cache = await ldSoCache({ tree: kept, facts, architecture });
  const generated =
    cache === undefined
      ? []
      : [
          ...cache.links,
          {
            kind: "file" as const,
            path: path("/etc/ld.so.cache"),
            mode: 0o644,
            uid: 0,
            gid: 0,
            mtime,
            origins: [{ kind: "effect" as const, effect: "ldconfig" }],
            sizeBytes: cache.content.length,
            digest: digestOf(cache.content),
            content: bytesOf(cache.content),
          },
        ];
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

function missingError(missing: readonly Missing[]): ToolError {
  const lines = missing
    .slice(0, shownMax)
    .map(({ what, kind, neededBy, evidence }) => `${kind} ${what}, needed by ${neededBy} (${evidence})`);
  const more = missing.length > shownMax ? `\n... and ${missing.length - shownMax} more` : "";
  return new ToolError("missing-dependency", {
    what: "closing the image over what it starts",
    why: `${lines.join("\n")}${more}`,
    hint: hintFor(missing),
  });
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
