// Effects of maintainer scripts in a few words, applied to a tree, for tests.
import { expect, test } from "vitest";
import { collect } from "../src/base/bytes.ts";
import { decodeName } from "../src/base/names.ts";
import { groupText, passwdText, startAccounts, type User } from "../src/debian/apply/accounts.ts";
import { type Applied, applyEffects } from "../src/debian/apply/apply-effects.ts";
import type { Condition, Content, Effect, EffectAction } from "../src/debian/effects/effect.ts";
import { dumpEntry } from "../src/tree/dump.ts";
import type { Entry } from "../src/tree/entry.ts";
import { treeOf } from "../src/tree/memory-tree.ts";
import { path } from "../src/tree/path.ts";
import type { Tree } from "../src/tree/tree.ts";
import { directory, symlink } from "./trees.ts";

export type Kind<K extends EffectAction["kind"]> = Extract<EffectAction, { kind: K }>;

/** One package's effects, each under the same conditions. */
export interface Script {
  readonly package?: string;
  readonly when?: readonly Condition[];
  readonly does: readonly EffectAction[];
}

export interface Case {
  readonly summary: string;
  readonly tree?: readonly Entry[];
  readonly scripts: readonly Script[];
  /** Paths that differ afterwards; undefined: gone. */
  readonly changed: Readonly<Record<string, string | undefined>>;
}

function effectsOf(scripts: readonly Script[]): Effect[] {
  return scripts.flatMap(({ package: name = "app:amd64", when = [], does }) =>
    does.map((action): Effect => {
      return { action, when, source: { package: name, script: "postinst", file: "postinst", line: 1 } };
    }),
  );
}

export interface Given {
  readonly tree?: readonly Entry[];
  readonly scripts: readonly Script[];
  readonly users?: readonly User[];
  readonly alternatives?: Readonly<Record<string, string>>;
}

/** The effects applied to the tree, with the account files that come of them. */
export async function apply(given: Given): Promise<Applied & { passwd: string[]; group: string[] }> {
  const users = given.users ?? [];
  const groups = users.map(({ name, gid }) => ({ name, gid, members: [] }));
  const accounts = startAccounts(users, groups);
  const applied = await applyEffects({
    tree: treeOf(given.tree ?? []),
    effects: effectsOf(given.scripts),
    accounts,
    alternatives: given.alternatives ?? {},
    mtime: 7,
  });
  const hasShell = (shell: string): boolean => applied.tree.lookup(path(shell)) !== undefined;
  const lines = (text: string): string[] => text.trimEnd().split("\n");
  return { ...applied, passwd: lines(passwdText(accounts, hasShell)), group: lines(groupText(accounts)) };
}

/** Every entry as a line, with the content of files. */
async function shown(tree: Tree): Promise<Map<string, string>> {
  const lines = new Map<string, string>();
  for (const entry of tree.walk()) {
    const content = entry.kind === "file" ? JSON.stringify(await textOf(entry)) : "";
    const link = entry.kind === "file" && entry.link !== undefined ? ` [${entry.link}]` : "";
    const line = dumpEntry(entry).replace(/ (?:[0-9a-f]{8}|empty)$/, "");
    lines.set(entry.path, `${line}${content === "" ? "" : ` ${content}`}${link}`);
  }
  return lines;
}

async function textOf(entry: Extract<Entry, { kind: "file" }>): Promise<string> {
  return decodeName(await collect(entry.content, 1e6, entry.path));
}

/** What applying changes, checked against the table. */
export function expectChanges(cases: readonly Case[]): void {
  test.each(cases)("$summary", async ({ tree = [], scripts, changed }) => {
    const before = await shown(treeOf(tree));
    const after = await shown((await apply({ tree, scripts })).tree);
    const differences: Record<string, string | undefined> = {};
    for (const at of [...new Set([...before.keys(), ...after.keys()])].sort())
      if (before.get(at) !== after.get(at)) differences[at] = after.get(at);
    expect(differences).toEqual(changed);
  });
}

/** One script of one package that does all of this. */
export function script(...does: EffectAction[]): readonly Script[] {
  return [{ does }];
}

/** mkdir(1). */
export function mkdir(at: string, given: Partial<Kind<"directory">> = {}): EffectAction {
  return { kind: "directory", path: path(at), adjust: false, ...given };
}

/** A file of this content. */
export function write(
  at: string,
  content: Content | string,
  given: Partial<Kind<"file">> = {},
): EffectAction {
  const what: Content = typeof content === "string" ? { kind: "text", text: content } : content;
  return { kind: "file", path: path(at), content: what, append: false, preserve: false, ...given };
}

/** The content of another file. */
export function copyOf(of: string): Content {
  return { kind: "copy", of: path(of) };
}

/** ln -s. */
export function link(at: string, target: string, replace = false): EffectAction {
  return { kind: "symlink", path: path(at), target, replace };
}

/** ln. */
export function hardLink(at: string, target: string): EffectAction {
  return { kind: "hard-link", path: path(at), target: path(target) };
}

/** chmod(1), chown(1). */
export function change(at: string, given: Partial<Kind<"attributes">>): EffectAction {
  return { kind: "attributes", path: path(at), recursive: false, ...given };
}

/** rm(1), rmdir(1). */
export function rm(at: string, what: Kind<"remove">["what"], glob = false): EffectAction {
  return { kind: "remove", path: at, what, glob };
}

/** cp -a. */
export function cp(from: string, to: string): EffectAction {
  return { kind: "copy-tree", from: path(from), to: path(to) };
}

/** mv(1). */
export function mv(from: string, to: string): EffectAction {
  return { kind: "move", from: path(from), to: path(to) };
}

/** What a script asked, and what it heard. */
export function asks(question: Condition["test"], at: string, holds = true): Condition {
  return { path: path(at), test: question, holds };
}

/** /var/run is a link to /run. */
export const varRun: readonly Entry[] = [directory("/run"), directory("/var"), symlink("/var/run", "/run")];
