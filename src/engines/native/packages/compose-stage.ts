// The packages of a build stage as a root file system: everything of every package, with what their scripts would have done.
// A stage never ships. So where a script is not understood, the build goes on and says so, unlike for an image, which might
// then not work without anybody knowing why: in a stage the step that misses something fails, with its own message.

import type { ScriptVerdict } from "../../../debian/effects/effect.ts";
import { ldSoCache } from "../../../debian/ld-cache.ts";
import { nameOf } from "../../../debian/package.ts";
import { statusEntries } from "../../../debian/status.ts";
import type { StagePlan } from "../../../graph/plan.ts";
import { addEntry, finishTree, treeBuilder } from "../../../tree/memory-tree.ts";
import type { Tree } from "../../../tree/tree.ts";
import type { Services } from "./compose-phase.ts";
import { verdictsOf } from "./effects.ts";
import { refusedGenerators } from "./generators.ts";
import { layTree } from "./lay-tree.ts";
import { ldCacheEntry } from "./ld-cache-entry.ts";
import { addContents, nothingUnpacked, type PackageDebs, readControls } from "./package-contents.ts";
import type { KnownPackage } from "./package-view.ts";

export interface StageInput extends PackageDebs {
  readonly plan: Pick<StagePlan, "alternatives" | "ignoredEffects">;
  /** Of the release: "bookworm". */
  readonly codename: string;
  /** Debian's name: "amd64". */
  readonly architecture: string;
}

export interface ComposedStage {
  readonly tree: Tree;
  /** What people should know: scripts that are not understood, files that are not made. */
  readonly warning: string | undefined;
}

/** Of everything that no package dates: a stage is the same whenever it is made. */
const undated = 0;

/** @throws ToolError as unpacking, composing and effects do */
export async function composeStage(input: StageInput, services: Services): Promise<ComposedStage> {
  const { architecture, codename, plan } = input;
  const known = await readControls(input, services);
  const unpacked = nothingUnpacked();
  await addContents(new Set(known.map(({ control }) => control.id)), input, known, unpacked, services);
  const { contents } = unpacked;
  const ignored = plan.ignoredEffects;
  const { program } = services;
  const verdicts = await verdictsOf(
    { packages: known, contents, architecture, ignored, program },
    services.cache,
  );
  const laid = await layTree({
    plan: {
      accounts: [],
      additions: [],
      alternatives: plan.alternatives,
      repositories: [{ debian: codename, components: [], trusted: true }],
    },
    mtime: undated,
    copies: new Map(),
    known,
    unpacked,
    verdicts,
  });
  const builder = treeBuilder(laid.tree);
  const cache = await ldSoCache({ tree: laid.tree, facts: laid.facts, architecture });
  for (const entry of cache === undefined ? [] : [...cache.links, ldCacheEntry(cache.content, undated)])
    addEntry(builder, entry);
  const controls = known.map(({ control }) => control);
  for (const entry of statusEntries(laid.tree, controls, undated)) addEntry(builder, entry);
  return { tree: finishTree(builder), warning: warningOf(verdicts, known, ignored) };
}

const shownMax = 5;

function warningOf(
  verdicts: readonly ScriptVerdict[],
  known: readonly KnownPackage[],
  ignored: Readonly<Record<string, string>>,
): string | undefined {
  const scripts = verdicts
    .filter(({ verdict }) => verdict === "unknown")
    .map(({ package: id, unknown: [first] }) =>
      first === undefined
        ? `  ${nameOf(id)}`
        : `  ${first.source.file}:${first.source.line}: ${first.text.trim()}`,
    );
  const all = new Set(known.map(({ control }) => control.id));
  const files = [
    ...new Set(
      refusedGenerators(verdicts, all, ignored).map(({ generator, why }) => `  ${generator}: ${why}`),
    ),
  ];
  const lines = [...scripts, ...files];
  if (lines.length === 0) return undefined;
  const more = lines.length > shownMax ? [`  and ${lines.length - shownMax} more`] : [];
  const head = "not done in this stage, as scripts of packages are never run and these are not modelled:";
  return [head, ...lines.slice(0, shownMax), ...more].join("\n");
}
