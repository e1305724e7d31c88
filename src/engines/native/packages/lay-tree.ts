// One tree of what is unpacked: packages over each other, what their scripts would have done, generated files, accounts, and what
// a spec adds.
import { InvalidInput } from "../../../base/diagnostics.ts";
import type { Digest } from "../../../base/digest.ts";
import type { Facts } from "../../../content/facts.ts";
import { type Accounts, noLogin, startAccounts } from "../../../debian/apply/accounts.ts";
import type { RefusedChoice } from "../../../debian/apply/alternatives.ts";
import { applyEffects } from "../../../debian/apply/apply-effects.ts";
import { caCertificates } from "../../../debian/ca-certificates.ts";
import { composeTree } from "../../../debian/compose.ts";
import type { Effect, ScriptVerdict } from "../../../debian/effects/effect.ts";
import { javaKeystore } from "../../../debian/java-keystore.ts";
import type { ImagePlan } from "../../../graph/plan.ts";
import type { Entry, FileEntry } from "../../../tree/entry.ts";
import { addEntry, finishTree, treeBuilder } from "../../../tree/memory-tree.ts";
import type { Tree } from "../../../tree/tree.ts";
import { accountEntries, ownerFinder } from "./account-files.ts";
import { entriesOf, layOver } from "./additions.ts";
import type { Copies } from "./context-files.ts";
import { diversionsOf } from "./effects.ts";
import type { Unpacked } from "./package-contents.ts";
import type { KnownPackage } from "./package-view.ts";

export interface Layout {
  readonly plan: Pick<ImagePlan, "accounts" | "additions" | "alternatives" | "repositories">;
  /** Seconds since the epoch, for everything that no package dates. */
  readonly mtime: number;
  /** Of the plan's additions. */
  readonly copies: Copies;
  readonly known: readonly KnownPackage[];
  readonly unpacked: Unpacked;
  readonly verdicts: readonly ScriptVerdict[];
  /** Laid over all else, with the facts of its files. */
  readonly pulled?: { readonly entries: readonly Entry[]; readonly facts: ReadonlyMap<Digest, Facts> };
}

export interface LaidTree {
  readonly tree: Tree;
  readonly facts: (file: FileEntry) => Facts;
  readonly accounts: Accounts;
  readonly refusedChoices: readonly RefusedChoice[];
}

/** @throws InvalidInput for additions that can't be made; ToolError as composing and effects do */
export async function layTree(layout: Layout): Promise<LaidTree> {
  const { copies, known, mtime, plan, pulled, unpacked, verdicts } = layout;
  const { tree: unpackedTree } = composeTree({
    contents: [...unpacked.contents.values()],
    controls: known.map(({ control }) => control),
    diversions: diversionsOf(verdicts),
    base: { codename: plan.repositories[0]?.debian ?? "", mtime },
    privileged: new Set(),
  });
  const accounts = startAccounts(
    plan.accounts.map(({ name, uid, gid, home }) => ({ name, uid, gid, gecos: name, home, shell: noLogin })),
    plan.accounts.map(({ group, gid }) => ({ name: group, gid, members: [] })),
  );
  const applied = await applyEffects({
    tree: unpackedTree,
    effects: effectsIn(verdicts),
    accounts,
    alternatives: plan.alternatives,
    mtime,
  });
  const added = await entriesOf(plan.additions, { copies, mtime, ownerOf: ownerFinder(accounts) });
  if (added.diagnostics.length > 0) throw new InvalidInput(added.diagnostics);
  const accountFiles = accountEntries(accounts, applied.tree, mtime);
  const builder = treeBuilder(applied.tree);
  for (const entry of await generated(applied.tree, applied.generators, mtime)) addEntry(builder, entry);
  for (const entry of accountFiles.entries) addEntry(builder, entry);
  const { tree, diagnostics } = layOver(finishTree(builder), [...added.entries, ...(pulled?.entries ?? [])]);
  if (diagnostics.length > 0) throw new InvalidInput(diagnostics);
  const made = [applied.facts, added.facts, accountFiles.facts, pulled?.facts, unpacked.byDigest];
  return {
    tree,
    facts: (file) => {
      for (const some of made) {
        const found = some?.get(file.digest);
        if (found !== undefined) return found;
      }
      // Made from files of the tree (certificate bundles, base files): text, by construction.
      return { magic: "text" };
    },
    accounts,
    refusedChoices: applied.refusedChoices,
  };
}

/** What is built from the certificates of a tree where a package asks for it. */
async function generated(
  tree: Tree,
  generators: ReadonlySet<string>,
  mtime: number,
): Promise<readonly Entry[]> {
  return [
    ...(generators.has("ca-certificates") ? await caCertificates(tree, mtime) : []),
    ...(generators.has("java-keystore") ? await javaKeystore(tree, mtime) : []),
  ];
}

export function effectsIn(verdicts: readonly ScriptVerdict[]): readonly Effect[] {
  return verdicts.flatMap(({ effects }) => effects);
}
