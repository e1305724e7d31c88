import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseReference } from "../reference.ts";
import { parseRegistriesConf, readRegistriesConf } from "./registries-conf.ts";
import { pullSources, pushTarget, type Repository } from "./sources.ts";

const digest = `sha256:${"a".repeat(64)}`;

function rules(text: string): Parameters<typeof pullSources>[0] {
  return { conf: parseRegistriesConf(text, "r.conf"), isInsecure: (host) => host === "by-option.test" };
}

function told({ registry, repository, insecure }: Repository): string {
  return `${registry}/${repository}${insecure ? " insecure" : ""}`;
}

const registry = (body: string): string => `[[registry]]\n${body}\n`;

describe("where an image is fetched from", () => {
  const mirrored = registry(
    'prefix = "example.test"\n[[registry.mirror]]\nlocation = "m1.test/proxy"\n[[registry.mirror]]\nlocation = "m2.test"\ninsecure = true',
  );
  const cases: readonly (readonly [string, string, string, readonly string[]])[] = [
    ["no configuration", "", "example.test/a:1", ["example.test/a"]],
    ["no configuration, a short name", "", "debian", ["docker.io/library/debian"]],
    ["insecure by option", "", "by-option.test/a", ["by-option.test/a insecure"]],
    [
      "mirrors, then the registry",
      mirrored,
      "example.test/a/b",
      ["m1.test/proxy/a/b", "m2.test/a/b insecure", "example.test/a/b"],
    ],
    ["another registry", mirrored, "other.test/a", ["other.test/a"]],
    ["a name that only begins alike", mirrored, "example.test.org/a", ["example.test.org/a"]],
    ["another port", mirrored, "example.test:5000/a", ["example.test:5000/a"]],
    [
      "insecure",
      registry('location = "example.test"\ninsecure = true'),
      "example.test/a",
      ["example.test/a insecure"],
    ],
    [
      "another location",
      registry('prefix = "example.test/foo"\nlocation = "internal.test/bar"'),
      "example.test/foo/x",
      ["internal.test/bar/x"],
    ],
    [
      "the whole name as prefix",
      registry('prefix = "example.test/a"\nlocation = "internal.test/b"'),
      "example.test/a:1",
      ["internal.test/b"],
    ],
    [
      "part of a name is no prefix",
      registry('prefix = "example.test/a"\nlocation = "internal.test/b"'),
      "example.test/ab",
      ["example.test/ab"],
    ],
    [
      "the longest prefix",
      registry('prefix = "example.test/a"\nlocation = "two.test"') +
        registry('prefix = "example.test"\nlocation = "one.test"'),
      "example.test/a/x",
      ["two.test/x"],
    ],
    [
      "any subdomain",
      registry('prefix = "*.example.test"\nlocation = "all.test"'),
      "a.b.example.test/x",
      ["all.test/x"],
    ],
    [
      "any subdomain, but not the domain",
      registry('prefix = "*.example.test"\nlocation = "all.test"'),
      "example.test/x",
      ["example.test/x"],
    ],
    [
      "any subdomain, without a location",
      registry('prefix = "*.example.test"\ninsecure = true'),
      "a.example.test/x",
      ["a.example.test/x insecure"],
    ],
    [
      "Docker Hub's mirror",
      registry('prefix = "docker.io"\n[[registry.mirror]]\nlocation = "localhost:5000"'),
      "debian",
      ["localhost:5000/library/debian", "docker.io/library/debian"],
    ],
    [
      "mirrors for digests, by tag",
      registry(
        'location = "example.test"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "m.test"',
      ),
      "example.test/a:1",
      ["example.test/a"],
    ],
    [
      "mirrors for digests, by digest",
      registry(
        'location = "example.test"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "m.test"',
      ),
      `example.test/a@${digest}`,
      ["m.test/a", "example.test/a"],
    ],
    [
      "a mirror for tags, by digest",
      registry(
        'location = "example.test"\n[[registry.mirror]]\nlocation = "m.test"\npull-from-mirror = "tag-only"',
      ),
      `example.test/a@${digest}`,
      ["example.test/a"],
    ],
    [
      "searched registries",
      'unqualified-search-registries = ["one.test", "docker.io"]',
      "app",
      ["one.test/app", "docker.io/library/app"],
    ],
    [
      "searched registries, with a host",
      'unqualified-search-registries = ["one.test"]',
      "docker.io/app",
      ["docker.io/library/app"],
    ],
    ["an alias", '[aliases]\n"app" = "one.test/team/app"', "app:3", ["one.test/team/app"]],
    [
      "a blocked one among those searched",
      `unqualified-search-registries = ["one.test", "two.test"]\n${registry('location = "one.test"\nblocked = true')}`,
      "app",
      ["two.test/app"],
    ],
  ];
  test.each(cases)("%s", (_, text, name, expected) => {
    const reference = parseReference(name);
    const sources = pullSources(rules(text), reference);
    expect(sources.map(told)).toEqual(expected);
    for (const source of sources)
      expect(source.scopes).toEqual([{ repository: source.repository, actions: ["pull"] }]);
  });

  test("blocked", () => {
    const text = registry('prefix = "example.test/bad"\nlocation = "example.test/bad"\nblocked = true');
    const error = expect.objectContaining({
      code: "configuration",
      why: "r.conf blocks example.test/bad",
    }) as Error;
    expect(() => pullSources(rules(text), parseReference("example.test/bad/x"))).toThrow(error);
    expect(() => pushTarget(rules(text), parseReference("example.test/bad/x"), [])).toThrow(error);
    expect(pullSources(rules(text), parseReference("example.test/good")).map(told)).toEqual([
      "example.test/good",
    ]);
  });

  test("a location that makes no name", () => {
    const text = registry('prefix = "example.test"\nlocation = "internal"');
    const error = expect.objectContaining({
      code: "configuration",
      why: expect.stringContaining('"internal/a"') as string,
    }) as Error;
    expect(() => pullSources(rules(text), parseReference("example.test/a"))).toThrow(error);
  });

  test("a push goes to the registry itself", () => {
    const text = registry(
      'prefix = "example.test"\nlocation = "other.test"\ninsecure = true\n[[registry.mirror]]\nlocation = "m.test"',
    );
    const target = pushTarget(rules(text), parseReference("example.test/a"), ["base"]);
    expect(told(target)).toBe("example.test/a insecure");
    expect(target.scopes).toEqual([
      { repository: "a", actions: ["pull", "push"] },
      { repository: "base", actions: ["pull"] },
    ]);
  });
});

describe("mistakes in registries.conf", () => {
  const mistakes: readonly (readonly [string, string])[] = [
    ["a = ", "a value is expected"],
    ["[registries.search]\nregistries = ['docker.io']", "version 1"],
    ["registry = 1", "not written as [[registry]]"],
    ["[registry]\nlocation = 'a'", "not written as [[registry]]"],
    ["[[registry]]\ninsecure = true", 'neither "prefix" nor "location"'],
    ["[[registry]]\nlocation = 1", '"location" is not a string'],
    ["[[registry]]\nlocation = 'https://example.test'", '"https://example.test"'],
    ["[[registry]]\nlocation = 'a.test'\nblocked = 'yes'", '"blocked" is neither true nor false'],
    ["[[registry]]\nprefix = 'a.*.test'\nlocation = 'b.test'", 'a "*" elsewhere'],
    ["[[registry]]\nlocation = 'a.test'\nmirror = 'b'", "not written as [[registry.mirror]]"],
    ["[[registry]]\nlocation = 'a.test'\n[[registry.mirror]]\ninsecure = true", 'has no "location"'],
    [
      "[[registry]]\nlocation = 'a.test'\n[[registry.mirror]]\nlocation = 'b.test'\npull-from-mirror = 'never'",
      '"never"',
    ],
    [
      "[[registry]]\nlocation = 'a.test'\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = 'b.test'\npull-from-mirror = 'all'",
      "contradict",
    ],
    ["unqualified-search-registries = 'a'", "not a list of strings"],
    ["aliases = 1", '"aliases" is not a table'],
  ];
  test.each(mistakes)("%j: %s", (text, why) => {
    const error = {
      code: "configuration",
      what: expect.stringContaining("r.conf") as string,
      why: expect.stringContaining(why) as string,
    };
    expect(() => parseRegistriesConf(text, "r.conf")).toThrow(expect.objectContaining(error) as Error);
  });
});

describe("which files", () => {
  let folder: string;
  const place = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "registries-"));
    const files = {
      "system/registries.conf": 'unqualified-search-registries = ["system.test"]',
      "system/registries.conf.d/10.conf":
        registry('location = "a.test"\nblocked = true') + registry('location = "b.test"'),
      "system/registries.conf.d/20.conf": registry('location = "a.test"\ninsecure = true'),
      "system/registries.conf.d/notes.txt": "not TOML",
      "home/.config/containers/registries.conf.d/x.conf": '[aliases]\n"app" = "user.test/app"',
      "user/containers/registries.conf": 'unqualified-search-registries = ["user.test"]',
      "explicit.conf": 'unqualified-search-registries = ["explicit.test"]',
    };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(place(name)), { recursive: true });
      await writeFile(place(name), text);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("the system's, with its drop-ins and the user's; a later entry replaces an earlier one", async () => {
    const conf = await readRegistriesConf({ HOME: place("home") }, place("system"));
    expect(conf.unqualifiedSearch).toEqual(["system.test"]);
    expect(conf.entries.map((entry) => [entry.prefix, entry.blocked, entry.insecure])).toEqual([
      ["b.test", false, false],
      ["a.test", false, true],
    ]);
    expect(Object.fromEntries(conf.aliases)).toEqual({ app: "user.test/app" });
  });
  test("the user's own file in place of the system's", async () => {
    const conf = await readRegistriesConf({ XDG_CONFIG_HOME: place("user") }, place("system"));
    expect(conf).toMatchObject({ unqualifiedSearch: ["user.test"], entries: [] });
  });
  test("CONTAINERS_REGISTRIES_CONF in place of the main file", async () => {
    const environment = {
      CONTAINERS_REGISTRIES_CONF: place("explicit.conf"),
      XDG_CONFIG_HOME: place("user"),
    };
    const conf = await readRegistriesConf(environment, place("system"));
    expect(conf.unqualifiedSearch).toEqual(["explicit.test"]);
    expect(conf.entries).toHaveLength(2);
  });
  test("one that is named and isn't there", async () => {
    const reading = readRegistriesConf({ CONTAINERS_REGISTRIES_CONF: place("absent.conf") }, place("system"));
    const error = {
      code: "configuration",
      why: expect.stringContaining("CONTAINERS_REGISTRIES_CONF") as string,
    };
    await expect(reading).rejects.toMatchObject(error);
  });
  test("none at all", async () => {
    expect(await readRegistriesConf({}, place("absent"))).toMatchObject({
      unqualifiedSearch: [],
      entries: [],
    });
  });
});
