// The verdicts on all maintainer scripts of a phase, from the packages' control data and what is unpacked of them so far.

import { collect } from "../../../base/bytes.ts";
import { type Cache, findRecord, storeRecord } from "../../../base/cache.ts";
import { canonicalJson, type Json } from "../../../base/canonical-json.ts";
import { digestOf } from "../../../base/digest.ts";
import { lazy } from "../../../base/lazy.ts";
import { limits } from "../../../base/limits.ts";
import { decodeName } from "../../../base/names.ts";
import type { Diversion } from "../../../debian/compose.ts";
import type { EffectsContext, ScriptVerdict } from "../../../debian/effects/effect.ts";
import { effectsOfAll } from "../../../debian/effects/effects-of.ts";
import type { PackageContents } from "../../../debian/package.ts";
import type { Entry } from "../../../tree/entry.ts";
import { baseName, parentOf, type TreePath } from "../../../tree/path.ts";
import type { KnownPackage } from "./package-view.ts";

export interface VerdictInput {
  readonly packages: readonly KnownPackage[];
  readonly contents: ReadonlyMap<string, PackageContents>;
  readonly architecture: string;
  /** Declared in the spec: package name to why. */
  readonly ignored: Readonly<Record<string, string>>;
  /** Another program may judge otherwise. */
  readonly program: string;
}

/**
 * The verdicts in the order of configuration, remembered by what they depend on. Files that scripts source are read where
 * their package is unpacked; a script that reads one of a package that isn't may be undecided, which matters only if its
 * package ships something.
 * @throws what reading an unpacked file throws
 */
export async function verdictsOf(input: VerdictInput, cache: Cache): Promise<readonly ScriptVerdict[]> {
  const key = digestOf(
    canonicalJson({
      program: input.program,
      packages: input.packages.map(({ locked }) => locked.digest),
      unpacked: [...input.contents.keys()].sort(),
      architecture: input.architecture,
      ignored: input.ignored,
    }),
  );
  const known = await findRecord(cache, "verdicts", key);
  // A record is what was stored under this key: the program knows its shape.
  if (Array.isArray(known)) return known as readonly ScriptVerdict[];
  // Plain JSON in both cases, so that a remembered verdict equals a new one.
  const verdicts = JSON.parse(JSON.stringify(await judge(input))) as readonly ScriptVerdict[];
  await storeRecord(cache, "verdicts", key, verdicts as unknown as Json);
  return verdicts;
}

async function judge(input: VerdictInput): Promise<readonly ScriptVerdict[]> {
  const entries = new Map<TreePath, Entry>();
  for (const { entries: own } of input.contents.values())
    for (const entry of own) entries.set(entry.path, entry);
  const texts = new Map<TreePath, string>();
  const controls = configurationOrder(input.packages).map(({ control }) => control);
  for (;;) {
    const verdicts = effectsOfAll(controls, contextOf(input, entries, texts));
    const unread = [...new Set(verdicts.flatMap(({ reads }) => reads))].filter(
      (path) => !texts.has(path) && entries.get(path)?.kind === "file",
    );
    if (unread.length === 0) return verdicts;
    for (const path of unread) {
      const entry = entries.get(path);
      if (entry?.kind === "file") {
        texts.set(path, decodeName(await collect(entry.content, limits.settingsBytesMax, path)));
      }
    }
  }
}

/** What dpkg-divert had placed elsewhere: it acts before the content is unpacked. */
export function diversionsOf(verdicts: readonly ScriptVerdict[]): readonly Diversion[] {
  const diversions = new Map<TreePath, Diversion>();
  for (const { action } of verdicts.flatMap(({ effects }) => effects)) {
    if (action.kind === "diversion") diversions.set(action.path, action);
    if (action.kind === "diversion-removal") diversions.delete(action.path);
  }
  return [...diversions.values()];
}

function contextOf(
  { packages, architecture, ignored }: VerdictInput,
  entries: ReadonlyMap<TreePath, Entry>,
  texts: ReadonlyMap<TreePath, string>,
): EffectsContext {
  const listed = new Set<TreePath>(packages.flatMap(({ control }) => control.paths));
  const versions = new Map(packages.map(({ locked }) => [locked.name, locked.version]));
  const folders = lazy(() => namesByFolder(listed));
  return {
    architecture,
    shipped(path): ReturnType<EffectsContext["shipped"]> {
      const kind = entries.get(path)?.kind;
      if (kind === "file" || kind === "directory" || kind === "symlink") return kind;
      return listed.has(path) ? "file" : undefined;
    },
    filesIn: (folder) => folders().get(folder) ?? [],
    read: (path) => texts.get(path),
    version: (name) => versions.get(name),
    ignored: new Map(Object.entries(ignored)),
  };
}

function namesByFolder(paths: ReadonlySet<TreePath>): ReadonlyMap<TreePath, readonly string[]> {
  const folders = new Map<TreePath, string[]>();
  for (const path of [...paths].sort()) {
    const names = folders.get(parentOf(path));
    if (names === undefined) folders.set(parentOf(path), [baseName(path)]);
    else names.push(baseName(path));
  }
  return folders;
}

/** Dependencies before dependents, as dpkg configures them; cycles are cut where they are entered, names break ties. */
function configurationOrder(packages: readonly KnownPackage[]): readonly KnownPackage[] {
  const byName = new Map(packages.map((one) => [one.locked.name, one]));
  const ordered: KnownPackage[] = [];
  const seen = new Set<string>();
  const visit = (one: KnownPackage): void => {
    if (seen.has(one.locked.name)) return;
    seen.add(one.locked.name);
    for (const name of [...one.locked.depends].sort()) {
      const dependency = byName.get(name);
      if (dependency !== undefined) visit(dependency);
    }
    ordered.push(one);
  };
  for (const name of [...byName.keys()].sort()) {
    const one = byName.get(name);
    if (one !== undefined) visit(one);
  }
  return ordered;
}
