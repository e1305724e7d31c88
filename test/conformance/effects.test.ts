// What the interpreter says of maintainer scripts against what dpkg made by running them: alternatives, diversions, accounts,
// owners and modes, links and files. The same packages are installed by mmdebstrap in a root of their own.
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  type Stats,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openCache } from "../../src/base/cache.ts";
import { readControl } from "../../src/debian/control.ts";
import { baseAccounts } from "../../src/debian/effects/base-accounts.ts";
import type { Effect, EffectAction, EffectsContext, ScriptVerdict } from "../../src/debian/effects/effect.ts";
import { effectsOfAll } from "../../src/debian/effects/effects-of.ts";
import type { PackageControl } from "../../src/debian/package.ts";
import { field } from "../../src/formats/deb822.ts";
import { baseName, parentOf, root as rootPath, type TreePath } from "../../src/tree/path.ts";
import { debsOf, makeRoot, reasonAgainstRoots } from "../../testing/debian-roots.ts";

const reason = reasonAgainstRoots();
const absent = reason === undefined ? "" : ` (skipped: ${reason})`;

const packages = [
  "libblas3",
  "libopenblas0-pthread",
  "postgresql-common",
  "nginx-common",
  "redis-server",
  "ssl-cert",
  "openssh-client",
];

/** Rebuilt by a generator ("login-shells") after the script that wrote it. */
const rebuilt: ReadonlySet<string> = new Set(["/etc/shells"]);

type ActionOf<K extends EffectAction["kind"]> = Extract<EffectAction, { kind: K }>;

describe.skipIf(reason !== undefined)(`effects of maintainer scripts${absent}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "distill-effects-"));
  const root = join(folder, "root");
  let verdicts: readonly ScriptVerdict[] = [];

  beforeAll(async () => {
    makeRoot(root, "bookworm", "apt", packages);
    const cache = await openCache(join(folder, "cache"));
    const controls = await Promise.all(debsOf(root).map((deb) => readControl(deb, cache)));
    verdicts = effectsOfAll(inOrder(controls), contextOf(controls, root));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const actionsOf = <K extends EffectAction["kind"]>(kind: K): ActionOf<K>[] =>
    effectsIn(root, verdicts).flatMap(({ action }) => (action.kind === kind ? [action as ActionOf<K>] : []));

  test("every script is decided", () => {
    const undecided = verdicts.flatMap((verdict) => verdict.unknown);
    expect(
      undecided.map(({ source, text, why }) => `${source.file}:${source.line}: ${text}: ${why}`),
    ).toEqual([]);
    expect(verdicts.length).toBeGreaterThan(80);
  });

  test("alternatives: the same links, with the same winners", () => {
    const chosen = winners(actionsOf("alternative"));
    const real = new Map(
      readdirSync(join(root, "etc/alternatives"))
        .filter((name) => lstatSync(join(root, "etc/alternatives", name)).isSymbolicLink())
        .map((name) => [name, readlinkSync(join(root, "etc/alternatives", name))])
        .filter(([, target]) => !/\/(?:man|info|doc)\//.test(target ?? "")) as [string, string][],
    );
    const shown = [...chosen].filter(
      ([, target]) => !/\/(?:man|info|doc)\//.test(target) && existsIn(root, target),
    );
    expect(Object.fromEntries(shown.sort())).toEqual(Object.fromEntries([...real].sort()));
  });

  test("diversions", () => {
    const lines = readFileSync(join(root, "var/lib/dpkg/diversions"), "utf8").trimEnd().split("\n");
    const real = new Set<string>();
    for (let at = 0; at + 2 < lines.length; at += 3) real.add(lines.slice(at, at + 3).join(" "));
    const undocumented = [...real].filter((one) => !one.startsWith("/usr/share/man/"));
    const found = actionsOf("diversion").map(({ path, to, owner }) => `${path} ${to} ${owner}`);
    const ours = new Set(found.filter((one) => !one.startsWith("/usr/share/man/")));
    expect([...ours].sort()).toEqual(
      undocumented.filter((one) => !/usr-is-merged|usrmerge/.test(one)).sort(),
    );
    expect(ours.size).toBeGreaterThan(0);
  });

  test("users: the same names, homes and shells; groups and members", () => {
    const real = rowsOf(root, "etc/passwd").filter(([name = ""]) => !baseAccounts.users.has(name));
    const ours = actionsOf("user").map(({ name, home, shell }) => [name, home, shell]);
    expect(ours.sort()).toEqual(real.map(([name, , , , , home, shell]) => [name, home, shell]).sort());
    const groups = new Set([
      ...actionsOf("group").map(({ name }) => name),
      ...actionsOf("user").map(
        ({ name, group, defaultGroup }) => group ?? (defaultGroup === "same-name" ? name : defaultGroup),
      ),
    ]);
    const added = [...groups].filter((name) => !baseAccounts.groups.has(name));
    const realGroups = rowsOf(root, "etc/group").filter(([name = ""]) => !baseAccounts.groups.has(name));
    expect(added.sort()).toEqual(realGroups.map(([name]) => name).sort());
    const members = realGroups.flatMap(([name, , , list = ""]) => (list === "" ? [] : [`${name}: ${list}`]));
    expect(actionsOf("membership").map(({ user, group }) => `${group}: ${user}`)).toEqual(members);
  });

  test("owners and modes of what scripts touch", () => {
    const wanted = attributesOf(effectsIn(root, verdicts));
    const compared = [...wanted].flatMap(([path, expected]) => {
      const stats = statOf(root, path);
      return stats === undefined ? [] : [[path, expected, attributesIn(root, stats, expected)] as const];
    });
    for (const [path, expected, real] of compared) expect([path, real]).toEqual([path, expected]);
    expect(compared.map(([path]) => path)).toEqual(
      expect.arrayContaining(["/var/log/postgresql", "/var/lib/postgresql", "/var/log/nginx", "/etc/redis"]),
    );
  });

  test("links and texts that scripts write", () => {
    const links = lastLinks(actionsOf("symlink")).filter(
      ({ path }) => statOf(root, path)?.isSymbolicLink() === true,
    );
    for (const { path, target } of links)
      expect([path, readlinkSync(join(root, path))]).toEqual([path, target]);
    expect(links.map(({ path }) => path)).toContain("/etc/nginx/sites-enabled/default");
    const texts = actionsOf("file").flatMap(({ path, content, append }) =>
      content.kind === "text" && !append && !rebuilt.has(path) && statOf(root, path)?.isFile() === true
        ? [[path, content.text] as const]
        : [],
    );
    for (const [path, text] of texts)
      expect([path, readFileSync(join(root, path), "utf8")]).toEqual([path, text]);
    expect(texts.map(([path]) => path)).toEqual(
      expect.arrayContaining([
        "/etc/postgresql-common/root.crt",
        "/etc/postgresql-common/createcluster.conf",
      ]),
    );
  });
});

/** The effects but for those that need something that isn't there even at the end. */
function effectsIn(root: string, verdicts: readonly ScriptVerdict[]): readonly Effect[] {
  return verdicts
    .flatMap(({ effects }) => effects)
    .filter(({ when }) => when.every(({ path, holds }) => !holds || existsIn(root, path)));
}

/** Dependencies before dependents, as dpkg configures them. */
function inOrder(controls: readonly PackageControl[]): PackageControl[] {
  const byName = new Map(controls.map((control) => [control.id.replace(/:.*/, ""), control]));
  const ordered = new Set<PackageControl>();
  const entered = new Set<string>();
  const visit = (name: string): void => {
    const control = byName.get(name);
    if (control === undefined || entered.has(name)) return;
    entered.add(name);
    const depends = ["Pre-Depends", "Depends"].map((one) => field(control.fields, one) ?? "").join(",");
    for (const group of depends.split(/[,|]/)) visit(group.trim().replace(/[\s:(].*$/s, ""));
    ordered.add(control);
  };
  for (const name of byName.keys()) visit(name);
  return [...ordered];
}

/** Of several links of one name the last that replaces, or the first. */
function lastLinks(links: readonly ActionOf<"symlink">[]): ActionOf<"symlink">[] {
  const byPath = new Map<string, ActionOf<"symlink">>();
  for (const link of links) if (link.replace || !byPath.has(link.path)) byPath.set(link.path, link);
  return [...byPath.values()];
}

/** What is known before any package is configured: file lists, and the texts of shipped files. */
function contextOf(controls: readonly PackageControl[], root: string): EffectsContext {
  const kinds = new Map<TreePath, "file" | "directory">();
  const names = new Map<TreePath, string[]>();
  for (const path of controls.flatMap((control) => control.paths)) {
    kinds.set(path, "file");
    names.set(parentOf(path), [...(names.get(parentOf(path)) ?? []), baseName(path)].sort());
    for (let at = parentOf(path); at !== rootPath; at = parentOf(at)) kinds.set(at, "directory");
  }
  const versions = new Map(
    controls.map(({ id, fields }) => [id.replace(/:.*/, ""), field(fields, "Version")]),
  );
  return {
    architecture: "amd64",
    shipped: (path) => kinds.get(path),
    filesIn: (path) => names.get(path) ?? [],
    read: (path) => (kinds.get(path) === "file" ? readFileSync(join(root, path), "utf8") : undefined),
    version: (name) => versions.get(name),
    ignored: new Map(),
  };
}

/** Names of alternatives and of their slaves, to the path that the highest priority gives. */
function winners(actions: readonly ActionOf<"alternative">[]): Map<string, string> {
  const best = new Map<string, ActionOf<"alternative">>();
  for (const action of actions) {
    if (action.priority > (best.get(action.name)?.priority ?? Number.NEGATIVE_INFINITY))
      best.set(action.name, action);
  }
  return new Map(
    [...best.values()].flatMap(({ name, path, slaves }): [string, string][] => [
      [name, path],
      ...slaves.map((slave): [string, string] => [slave.name, slave.path]),
    ]),
  );
}

function statOf(root: string, path: string): Stats | undefined {
  return lstatSync(join(root, path), { throwIfNoEntry: false });
}

function existsIn(root: string, path: string): boolean {
  return existsSync(join(root, path)) || statOf(root, path) !== undefined;
}

function rowsOf(root: string, file: string): string[][] {
  return readFileSync(join(root, file), "utf8")
    .trimEnd()
    .split("\n")
    .map((row) => row.split(":"));
}

interface Wanted {
  mode?: number;
  user?: string;
  group?: string;
}

/** The last word of the scripts on every path; symbolic modes are left out. */
function attributesOf(effects: readonly Effect[]): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const { action } of effects) {
    const sets = action.kind === "attributes" || action.kind === "stat-override";
    if (!sets && !(action.kind === "directory" && action.adjust)) continue;
    const { mode, user, group } = action;
    wanted.set(action.path, {
      ...wanted.get(action.path),
      ...(mode === undefined || !/^[0-7]+$/.test(mode) ? {} : { mode: Number.parseInt(mode, 8) }),
      ...(user === undefined ? {} : { user: user === "0" ? "root" : user }),
      ...(group === undefined ? {} : { group: group === "0" ? "root" : group }),
    });
  }
  return wanted;
}

/** The same attributes as the root has them, by its own names of accounts. */
function attributesIn(root: string, stats: Stats, asked: Wanted): Wanted {
  const nameOf = (file: string, id: number): string =>
    rowsOf(root, file).find(([, , number]) => Number(number) === id)?.[0] ?? String(id);
  return {
    ...(asked.mode === undefined ? {} : { mode: stats.mode & 0o7777 }),
    ...(asked.user === undefined ? {} : { user: nameOf("etc/passwd", stats.uid) }),
    ...(asked.group === undefined ? {} : { group: nameOf("etc/group", stats.gid) }),
  };
}
