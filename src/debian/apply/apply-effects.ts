// Effects of maintainer scripts, applied to a composed tree: the packages' effects in the order in which dpkg would configure
// them, each on the tree as the ones before left it.

import { collect } from "../../base/bytes.ts";
import type { Digest } from "../../base/digest.ts";
import { ToolError, unreachable } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { decodeName, encodeName } from "../../base/names.ts";
import type { Facts } from "../../content/facts.ts";
import type { Entry, FileEntry, Origin } from "../../tree/entry.ts";
import { addEntry, finishTree, treeBuilder } from "../../tree/memory-tree.ts";
import { parentOf, type TreePath } from "../../tree/path.ts";
import { placeOf } from "../../tree/placing.ts";
import type { Tree } from "../../tree/tree.ts";
import {
  applicableEffects,
  type Condition,
  type Content,
  type Effect,
  type Generator,
} from "../effects/effect.ts";
import { applySed, parseSed } from "../effects/sed.ts";
import { nameOf } from "../package.ts";
import { applyAccountAction } from "./account-actions.ts";
import { type Accounts, findGroupId, findUserId } from "./accounts.ts";
import { placeAlternatives, type RefusedChoice } from "./alternatives.ts";
import {
  type Applying,
  changeAttributes,
  type FileContent,
  found,
  foundItself,
  makeFile,
  makeFolder,
  makeSymlink,
  newContent,
  originOf,
  realPlace,
  viewOf,
} from "./applying.ts";
import { copyTree, moveTree, remove, setAttributes } from "./tree-actions.ts";

export interface ApplyInput {
  /** Of the packages alone (compose.ts). */
  readonly tree: Tree;
  /** In the order of configuration. */
  readonly effects: readonly Effect[];
  /** With the accounts that are there before the first package; the ones that effects make are added. */
  readonly accounts: Accounts;
  /** The user's choices of alternatives: name or link to path. */
  readonly alternatives: Readonly<Record<string, string>>;
  /** Seconds since the epoch. */
  readonly mtime: number;
}

export interface Applied {
  readonly tree: Tree;
  /** Of the files that effects made. */
  readonly facts: ReadonlyMap<Digest, Facts>;
  /** What is to be made from the finished tree. */
  readonly generators: ReadonlySet<Generator>;
  /** The user's choices that no package offers. */
  readonly refusedChoices: readonly RefusedChoice[];
}

/**
 * Applies all effects.
 * @throws ToolError "unknown-effect" for a derived file that can't be derived; what reading files of the tree throws
 */
export async function applyEffects(input: ApplyInput): Promise<Applied> {
  const builder = treeBuilder(input.tree);
  const state: Applying = {
    builder,
    view: viewOf(builder),
    accounts: input.accounts,
    mtime: input.mtime,
    facts: new Map(),
    alternatives: [],
    choices: new Map(),
    generators: new Set(),
    overrides: [],
  };
  for (const effects of byPackage(input.effects)) {
    for (const effect of applicableEffects(effects, (condition) => holds(state, condition))) {
      await apply(state, effect);
    }
  }
  for (const override of state.overrides) override();
  const refusedChoices = placeAlternatives(state, input.alternatives);
  return { tree: finishTree(builder), facts: state.facts, generators: state.generators, refusedChoices };
}

/** Neighbours of one package: its questions are answered before anything of it is applied. */
function byPackage(effects: readonly Effect[]): readonly (readonly Effect[])[] {
  const groups: Effect[][] = [];
  for (const effect of effects) {
    const last = groups.at(-1);
    if (last?.[0]?.source.package === effect.source.package) last.push(effect);
    else groups.push([effect]);
  }
  return groups;
}

function holds(state: Applying, { path, test, account, holds: wanted }: Condition): boolean {
  const entry = test === "symlink" ? foundItself(state, path) : found(state, path);
  if (test === "owned-by-user" || test === "owned-by-group")
    return isOwnedBy(state, entry, test, account ?? "root") === wanted;
  return answer(entry, test) === wanted;
}

function isOwnedBy(
  { accounts }: Applying,
  entry: Entry | undefined,
  test: "owned-by-user" | "owned-by-group",
  account: string,
): boolean {
  if (entry === undefined) return false;
  return test === "owned-by-user"
    ? entry.uid === findUserId(accounts, account)
    : entry.gid === findGroupId(accounts, account);
}

function answer(
  entry: Entry | undefined,
  test: Exclude<Condition["test"], "owned-by-user" | "owned-by-group">,
): boolean {
  switch (test) {
    case "exists":
      return entry !== undefined;
    case "file":
      return entry?.kind === "file";
    case "directory":
      return entry?.kind === "directory";
    case "symlink":
      return entry?.kind === "symlink";
    case "executable":
      return entry !== undefined && (entry.mode & 0o111) !== 0;
    case "non-empty":
      return entry?.kind === "file" && entry.sizeBytes > 0;
  }
}

async function apply(state: Applying, effect: Effect): Promise<void> {
  const { action } = effect;
  switch (action.kind) {
    case "alternative":
      state.alternatives.push({ ...action, origin: originOf(effect) });
      return;
    case "alternative-choice":
      state.choices.set(action.name, action.path);
      return;
    case "diversion":
    case "diversion-removal":
      // The composition placed diverted files already: it was told of all diversions.
      return;
    case "user":
    case "group":
    case "membership":
    case "user-change":
      applyAccountAction(state, action, originOf(effect));
      return;
    case "file":
      return writeFile(state, effect, action);
    case "touch":
      if (found(state, action.path) === undefined)
        placeFile(state, effect, action.path, newContent(state, new Uint8Array(0)), undefined);
      return;
    case "generate":
      state.generators.add(action.generator);
      return;
    default:
      applyTreeAction(state, effect, action);
  }
}

type TreeAction = Extract<
  Effect["action"],
  {
    kind:
      | "directory"
      | "symlink"
      | "hard-link"
      | "copy-tree"
      | "move"
      | "remove"
      | "attributes"
      | "stat-override";
  }
>;

function applyTreeAction(state: Applying, effect: Effect, action: TreeAction): void {
  const origin = originOf(effect);
  switch (action.kind) {
    case "directory": {
      const isNew = found(state, action.path) === undefined;
      const folder = makeFolder(state, action.path, origin);
      if (folder !== undefined && (isNew || action.adjust)) changeAttributes(state, folder, action);
      return;
    }
    case "symlink":
      placeSymlink(state, effect, action);
      return;
    case "hard-link":
      placeHardLink(state, action, origin);
      return;
    case "copy-tree":
      copyTree(state, action.from, action.to, origin);
      return;
    case "move":
      moveTree(state, action.from, action.to, origin);
      return;
    case "remove":
      remove(state, action.path, action.glob, action.what);
      return;
    case "attributes":
      setAttributes(state, action.path, action, action.recursive);
      return;
    case "stat-override":
      state.overrides.push(() => setAttributes(state, action.path, action, false));
      return;
    default:
      unreachable(action);
  }
}

function placeSymlink(
  state: Applying,
  effect: Effect,
  action: Extract<TreeAction, { kind: "symlink" }>,
): void {
  // `ln -s TARGET FOLDER` makes the link inside; the script's author had a name in mind, which the effect carries.
  const at = placeOf(state.builder, action.path);
  const present = state.builder.entries.get(at);
  if (present !== undefined && (!action.replace || present.kind === "directory")) return;
  makeSymlink(state, at, action.target, originOf(effect));
}

function placeHardLink(
  state: Applying,
  action: Extract<TreeAction, { kind: "hard-link" }>,
  origin: Origin,
): void {
  const target = found(state, action.target);
  const at = placeOf(state.builder, action.path);
  if (target?.kind !== "file" || target.path === at) return;
  if (state.builder.entries.get(at)?.kind === "directory") return;
  if (makeFolder(state, parentOf(at), origin) === undefined) return;
  const link = target.link ?? `effect ${target.path}`;
  addEntry(state.builder, { ...target, link });
  addEntry(state.builder, { ...target, link, path: at, origins: [origin] });
}

async function writeFile(
  state: Applying,
  effect: Effect,
  action: Extract<Effect["action"], { kind: "file" }>,
): Promise<void> {
  const present = found(state, action.path);
  if (present !== undefined && present.kind !== "file") return;
  const source = action.content.kind === "copy" ? found(state, action.content.of) : undefined;
  const before = action.append && present !== undefined ? await read(present) : undefined;
  const content =
    before === undefined && source?.kind === "file"
      ? source
      : await writtenContent(state, effect, action.content, before);
  if (content === undefined) return;
  const like = action.preserve && source !== undefined ? source : present;
  const made = placeFile(state, effect, action.path, content, like);
  if (made !== undefined) changeAttributes(state, made, action);
}

async function writtenContent(
  state: Applying,
  effect: Effect,
  content: Content,
  before: Uint8Array | undefined,
): Promise<FileContent | undefined> {
  const bytes = await contentOf(state, effect, content);
  if (bytes === undefined) return undefined;
  return newContent(state, before === undefined ? bytes : Buffer.concat([before, bytes]));
}

/** Puts a file where a path leads: what a link there leads to is replaced, not the link. */
function placeFile(
  state: Applying,
  effect: Effect,
  path: TreePath,
  content: FileContent,
  like: Entry | undefined,
): FileEntry | undefined {
  const at = realPlace(state, path);
  const folder = makeFolder(state, parentOf(at), originOf(effect));
  return folder === undefined ? undefined : makeFile(state, at, content, like, originOf(effect));
}

/** The bytes of a derived file; undefined where what it is derived from isn't in the tree (yet). */
async function contentOf(state: Applying, effect: Effect, content: Content): Promise<Uint8Array | undefined> {
  switch (content.kind) {
    case "text":
      return encodeName(content.text);
    case "copy": {
      const source = found(state, content.of);
      return source?.kind === "file" ? read(source) : undefined;
    }
    case "joined": {
      const parts = await Promise.all(content.parts.map((part) => contentOf(state, effect, part)));
      const known = parts.filter((part) => part !== undefined);
      return known.length === parts.length ? Buffer.concat(known) : undefined;
    }
    case "sed": {
      const source = await contentOf(state, effect, content.of);
      if (source === undefined) return undefined;
      const program = parseSed(content.program, content.options);
      if (program === undefined) throw unknownProgram(effect, content.program);
      return encodeName(applySed(program, decodeName(source), content.options));
    }
  }
}

function read(entry: FileEntry): Promise<Uint8Array> {
  return collect(entry.content, limits.settingsBytesMax, entry.path);
}

function unknownProgram({ source }: Effect, program: string): ToolError {
  return new ToolError("unknown-effect", {
    what: `applying ${source.script} of ${source.package} (${source.file}:${source.line})`,
    why: `its sed program isn't modelled: ${program}`,
    hint: `declare it in the spec if the image doesn't need it: effects: {${nameOf(source.package)}: {ignore: "why"}}`,
  });
}
