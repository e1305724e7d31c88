import fc from "fast-check";
import { expect, test } from "vitest";
import { attributionOf } from "../../../testing/attribution.ts";
import { directory, file, symlink } from "../../../testing/trees.ts";
import { limits } from "../../base/limits.ts";
import type { Facts } from "../../content/facts.ts";
import type { Entry, FileEntry } from "../../tree/entry.ts";

const site = "/usr/local/lib/python3.11/site-packages";
const metadata = "Metadata-Version: 2.1\nName: requests\nVersion: 2.31.0\nSummary: x\n\nName: not this\n";
const record = `requests/__init__.py,sha256=x,1
requests/__pycache__/__init__.cpython-311.pyc,,
"requests/odd,""name"".py",sha256=x,1
../../../bin/normalizer,sha256=x,1
/etc/requests.conf,,
requests-2.31.0.dist-info/METADATA,sha256=x,1
requests-2.31.0.dist-info/RECORD,,
single.py,,
../../../../../../etc/absent,,
`;

interface Case {
  readonly summary: string;
  readonly entries: readonly Entry[];
  readonly packages: readonly string[];
  readonly owners: Readonly<Record<string, string>>;
}

const cases: readonly Case[] = [
  {
    summary: "a wheel's RECORD, and what lies beside its files",
    entries: [
      file(`${site}/requests-2.31.0.dist-info/METADATA`, metadata),
      file(`${site}/requests-2.31.0.dist-info/RECORD`, record),
      file(`${site}/requests-2.31.0.dist-info/INSTALLER`, "pip\n"),
      file(`${site}/requests/__init__.py`),
      file(`${site}/requests/odd,"name".py`),
      file(`${site}/requests/later/made.txt`),
      file(`${site}/single.py`),
      file(`${site}/__pycache__/single.cpython-311.pyc`),
      file("/usr/local/bin/normalizer"),
      file("/usr/local/bin/other"),
      file("/etc/requests.conf"),
      file(`${site}/other.py`),
    ],
    packages: ["python/requests@2.31.0 2.31.0"],
    owners: Object.fromEntries(
      [
        `${site}/requests-2.31.0.dist-info`,
        `${site}/requests-2.31.0.dist-info/METADATA`,
        `${site}/requests-2.31.0.dist-info/RECORD`,
        `${site}/requests-2.31.0.dist-info/INSTALLER`,
        `${site}/requests`,
        `${site}/requests/__init__.py`,
        `${site}/requests/odd,"name".py`,
        `${site}/requests/later`,
        `${site}/requests/later/made.txt`,
        `${site}/single.py`,
        `${site}/__pycache__/single.cpython-311.pyc`,
        "/usr/local/bin/normalizer",
        "/etc/requests.conf",
      ].map((one) => [one, "python/requests@2.31.0"]),
    ),
  },
  {
    summary:
      "a namespace of two wheels: files are of who lists them, the folder and what else is in it nobody's",
    entries: ["a", "b"].flatMap((name) => [
      file(`/s/ns_${name}-1.dist-info/METADATA`, `Name: ns.${name}\r\nVersion: 1\r\n\r\n`),
      file(`/s/ns_${name}-1.dist-info/RECORD`, `ns/${name}.py,,\r\n`),
      file(`/s/ns/${name}.py`),
      file("/s/ns/c.py"),
    ]),
    packages: ["python/ns.a@1 1", "python/ns.b@1 1"],
    owners: {
      ...both((name) => `/s/ns_${name}-1.dist-info`),
      ...both((name) => `/s/ns_${name}-1.dist-info/METADATA`),
      ...both((name) => `/s/ns_${name}-1.dist-info/RECORD`),
      ...both((name) => `/s/ns/${name}.py`),
    },
  },
  {
    summary: "egg-info: a folder with a list, a folder with names, a file; and an egg",
    entries: [
      file("/s/listed.egg-info/PKG-INFO", "Name: listed\nVersion: 1\n"),
      file("/s/listed.egg-info/installed-files.txt", "../listed/a.py\nPKG-INFO\n"),
      file("/s/listed/a.py"),
      file("/s/named.egg-info/PKG-INFO", "Name: named\nVersion: 1\n"),
      file("/s/named.egg-info/top_level.txt", "named\nmodule\n../../etc\n"),
      file("/s/named/b.py"),
      file("/s/module.py"),
      file("/s/alone-1.egg-info", "Name: alone\nVersion: 1\n"),
      file("/s/whole-1.egg/EGG-INFO/PKG-INFO", "Name: whole\nVersion: 1\n"),
      file("/s/whole-1.egg/whole.py"),
      file("/etc/x"),
    ],
    packages: ["python/alone@1 1", "python/listed@1 1", "python/named@1 1", "python/whole@1 1"],
    owners: {
      "/s/alone-1.egg-info": "python/alone@1",
      "/s/listed": "python/listed@1",
      "/s/listed/a.py": "python/listed@1",
      "/s/listed.egg-info": "python/listed@1",
      "/s/listed.egg-info/PKG-INFO": "python/listed@1",
      "/s/listed.egg-info/installed-files.txt": "python/listed@1",
      "/s/module.py": "python/named@1",
      "/s/named": "python/named@1",
      "/s/named/b.py": "python/named@1",
      "/s/named.egg-info": "python/named@1",
      "/s/named.egg-info/PKG-INFO": "python/named@1",
      "/s/named.egg-info/top_level.txt": "python/named@1",
      "/s/whole-1.egg": "python/whole@1",
      "/s/whole-1.egg/EGG-INFO": "python/whole@1",
      "/s/whole-1.egg/EGG-INFO/PKG-INFO": "python/whole@1",
      "/s/whole-1.egg/whole.py": "python/whole@1",
    },
  },
  {
    summary:
      "node_modules: the innermost package, links to their targets; other package.json are no packages",
    entries: [
      file("/app/package.json", '{"name": "the-app", "version": "1.0.0"}'),
      file("/app/node_modules/express/package.json", '\ufeff{"name": "express", "version": "4.18.2"}'),
      file("/app/node_modules/express/lib/index.js"),
      file("/app/node_modules/express/lib/package.json", '{"name": "inner"}'),
      file("/app/node_modules/express/node_modules/qs/package.json", '{"name": "qs", "version": "6"}'),
      file("/app/node_modules/express/node_modules/qs/index.js"),
      file("/app/node_modules/@scope/tool/package.json", '{"name": "@scope/tool", "version": "0.1.0"}'),
      file("/app/node_modules/@scope/tool/cli.js"),
      symlink("/app/node_modules/.bin/tool", "../@scope/tool/cli.js"),
      file("/app/node_modules/nameless/package.json", '{"type": "module"}'),
      file("/app/node_modules/.cache/package.json", '{"name": "cache"}'),
    ],
    packages: ["npm/@scope/tool@0.1.0 0.1.0", "npm/qs@6 6", "npm/express@4.18.2 4.18.2"],
    owners: {
      "/app/node_modules/.bin/tool": "npm/@scope/tool@0.1.0",
      "/app/node_modules/@scope/tool": "npm/@scope/tool@0.1.0",
      "/app/node_modules/@scope/tool/cli.js": "npm/@scope/tool@0.1.0",
      "/app/node_modules/@scope/tool/package.json": "npm/@scope/tool@0.1.0",
      "/app/node_modules/express": "npm/express@4.18.2",
      "/app/node_modules/express/lib": "npm/express@4.18.2",
      "/app/node_modules/express/lib/index.js": "npm/express@4.18.2",
      "/app/node_modules/express/lib/package.json": "npm/express@4.18.2",
      "/app/node_modules/express/node_modules": "npm/express@4.18.2",
      "/app/node_modules/express/package.json": "npm/express@4.18.2",
      "/app/node_modules/express/node_modules/qs": "npm/qs@6",
      "/app/node_modules/express/node_modules/qs/index.js": "npm/qs@6",
      "/app/node_modules/express/node_modules/qs/package.json": "npm/qs@6",
    },
  },
  {
    summary: "gems: by stub line and by assignments, extensions, those that come with Ruby",
    entries: [
      file(
        "/g/3.1.0/specifications/rack-2.2.4.gemspec",
        "# -*- encoding: utf-8 -*-\n# stub: rack 2.2.4 ruby lib\n",
      ),
      file("/g/3.1.0/gems/rack-2.2.4/lib/rack.rb"),
      file(
        "/g/3.1.0/specifications/puma-6.0-x86_64-linux.gemspec",
        'Gem::Specification.new do |s|\n  s.name = "puma".freeze\n  s.version = Gem::Version.new("6.0")\nend\n',
      ),
      file("/g/3.1.0/gems/puma-6.0-x86_64-linux/a.rb"),
      file("/g/3.1.0/extensions/x86_64-linux/3.1.0/puma-6.0-x86_64-linux/puma.so"),
      file(
        "/r/gems/3.1.0/specifications/default/csv-3.2.gemspec",
        '# stub: csv 3.2 ruby lib\n  s.files = ["lib/csv.rb".freeze, "lib/csv/row.rb", "lib/absent.rb"]\n',
      ),
      file("/r/3.1.0/csv.rb"),
      file("/r/3.1.0/csv/row.rb"),
      file("/r/3.1.0/set.rb"),
    ],
    packages: ["gem/puma@6.0 6.0", "gem/rack@2.2.4 2.2.4", "gem/csv@3.2 3.2"],
    owners: {
      "/g/3.1.0/specifications/rack-2.2.4.gemspec": "gem/rack@2.2.4",
      "/g/3.1.0/gems/rack-2.2.4": "gem/rack@2.2.4",
      "/g/3.1.0/gems/rack-2.2.4/lib": "gem/rack@2.2.4",
      "/g/3.1.0/gems/rack-2.2.4/lib/rack.rb": "gem/rack@2.2.4",
      "/g/3.1.0/specifications/puma-6.0-x86_64-linux.gemspec": "gem/puma@6.0",
      "/g/3.1.0/gems/puma-6.0-x86_64-linux": "gem/puma@6.0",
      "/g/3.1.0/gems/puma-6.0-x86_64-linux/a.rb": "gem/puma@6.0",
      "/g/3.1.0/extensions/x86_64-linux/3.1.0/puma-6.0-x86_64-linux": "gem/puma@6.0",
      "/g/3.1.0/extensions/x86_64-linux/3.1.0/puma-6.0-x86_64-linux/puma.so": "gem/puma@6.0",
      "/r/gems/3.1.0/specifications/default/csv-3.2.gemspec": "gem/csv@3.2",
      "/r/3.1.0/csv.rb": "gem/csv@3.2",
      "/r/3.1.0/csv/row.rb": "gem/csv@3.2",
    },
  },
  {
    summary: "Composer: versions 1 and 2, and a metapackage",
    entries: [
      file(
        "/one/vendor/composer/installed.json",
        '{"packages": [{"name": "a/b", "version": "v1", "install-path": "../a/b"}, {"name": "m/m", "version": "1", "install-path": null}]}',
      ),
      file("/one/vendor/a/b/x.php"),
      directory("/one/vendor/m/m"),
      file("/two/vendor/composer/installed.json", '[{"name": "c/d", "version": "2"}]'),
      file("/two/vendor/c/d/y.php"),
    ],
    packages: ["php/a/b@v1 v1", "php/m/m@1 1", "php/c/d@2 2"],
    owners: {
      "/one/vendor/a/b": "php/a/b@v1",
      "/one/vendor/a/b/x.php": "php/a/b@v1",
      "/two/vendor/c/d": "php/c/d@2",
      "/two/vendor/c/d/y.php": "php/c/d@2",
    },
  },
];

function both(path: (name: string) => string): Record<string, string> {
  return Object.fromEntries(["a", "b"].map((name) => [path(name), `python/ns.${name}@1`]));
}

test.each(cases)("$summary", async ({ entries, packages, owners }) => {
  const told = await attributionOf(entries);
  expect(told.packages).toEqual(packages);
  expect(told.owners).toEqual(owners);
  expect(told.unreadable).toEqual({});
});

test("programs that tell what they were built of", async () => {
  const built: Readonly<Record<string, Facts["build"]>> = {
    "/bin/server": {
      go: {
        version: "go1.26",
        path: "example.test/app/cmd/server",
        modules: [
          { path: "example.test/app", version: "v1.2.3" },
          { path: "example.test/appendix", version: "v9" },
        ],
      },
    },
    "/bin/tool": {
      cargo: [
        { name: "tool", version: "0.3.0" },
        { name: "serde", version: "1.0" },
      ],
    },
    "/app/boot.jar": {
      java: [
        { name: "org.x:boot", version: "9" },
        { name: "org.x:lib", version: "1", within: "BOOT-INF/lib/lib.jar" },
      ],
    },
    "/app/plain-1.2-rc1.jar": { java: [] },
    "/app/.jar": { java: [] },
    "/bin/renamed": { cargo: [{ name: "first", version: "1" }] },
    "/bin/nothing": {},
    "/bin/listed": { go: { version: "go1.26", path: "example.test/listed", modules: [] } },
  };
  const facts = (one: FileEntry): Facts => {
    const build = built[one.path];
    return build === undefined ? { magic: "data" } : { magic: "elf", build };
  };
  const status = "Package: listed\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n";
  const told = await attributionOf(
    [
      ...Object.keys(built).map((path) => file(path)),
      file("/var/lib/dpkg/status", status),
      file("/var/lib/dpkg/info/listed.list", "/bin/listed\n"),
    ],
    facts,
  );
  expect(told).toEqual({
    packages: [
      "listed:amd64 1",
      "java/.jar@ ",
      "java/org.x:boot@9 9",
      "java/org.x:lib@1 1",
      "java/plain@1.2-rc1 1.2-rc1",
      "cargo/first@1 1",
      "go/example.test/app/cmd/server@v1.2.3 v1.2.3",
      "cargo/tool@0.3.0 0.3.0",
    ],
    owners: {
      "/app/.jar": "java/.jar@",
      "/app/boot.jar": "java/org.x:boot@9",
      "/app/plain-1.2-rc1.jar": "java/plain@1.2-rc1",
      "/bin/listed": "listed:amd64",
      "/bin/renamed": "cargo/first@1",
      "/bin/server": "go/example.test/app/cmd/server@v1.2.3",
      "/bin/tool": "cargo/tool@0.3.0",
    },
    unreadable: {},
  });
});

test("what a system package lists is its own, and no package of a language", async () => {
  const { packages, owners } = await attributionOf([
    file("/usr/lib/python3/dist-packages/x-1.dist-info/METADATA", "Name: x\nVersion: 1\n"),
    file("/usr/lib/python3/dist-packages/broken.egg-info", "nothing"),
    file("/var/lib/dpkg/status", "Package: python3-x\nVersion: 1\nStatus: install ok installed\n"),
    file(
      "/var/lib/dpkg/info/python3-x.list",
      "/usr/lib/python3/dist-packages/x-1.dist-info/METADATA\n/usr/lib/python3/dist-packages/broken.egg-info\n",
    ),
  ]);
  expect(packages).toEqual(["python3-x 1"]);
  expect(Object.values(owners)).toEqual(["python3-x", "python3-x"]);
});

const unreadables: readonly { readonly path: string; readonly text: string; readonly why: RegExp }[] = [
  { path: "/s/x.dist-info/METADATA", text: "Version: 1\n", why: /^it has no header Name$/ },
  { path: "/s/x.egg-info", text: "Name:\n", why: /^a package has no name$/ },
  { path: "/node_modules/x/package.json", text: '{"name": ', why: /^it is no JSON/ },
  { path: "/node_modules/x/package.json", text: "[".repeat(1_000_000), why: /^it is no JSON/ },
  { path: "/node_modules/x/package.json", text: '{"name": "a\\u0000b"}', why: /control characters/ },
  {
    path: "/specifications/x-1.gemspec",
    text: "Gem::Specification.new do |s|\n  s.name = NAME\n",
    why: /^neither/,
  },
  { path: "/composer/installed.json", text: "{}", why: /^it has no list of packages$/ },
  { path: "/composer/installed.json", text: "[{}]", why: /^package 1 has no name$/ },
  { path: "/composer/installed.json", text: "null", why: /^it has no list of packages$/ },
];

test.each(unreadables)("$path that can't be read: $why", async ({ path, text, why }) => {
  const told = await attributionOf([
    file(path, text),
    file("/node_modules/good/package.json", '{"name": "good"}'),
  ]);
  expect(told.packages).toEqual(["npm/good@ "]);
  expect(told.unreadable[path]).toMatch(why);
});

test.each([
  ["/s/x.dist-info/METADATA", `Name: x\nVersion: ${" ".repeat(2_000_000)}x\n`],
  ["/s/x.dist-info/RECORD", `"${'""'.repeat(1_000_000)}`],
  ["/s/x.egg-info/top_level.txt", `a${"/a".repeat(1_000_000)}\n`],
  ["/g/specifications/x-1.gemspec", `# stub: x 1 ${"s.name = '".repeat(200_000)}\n${" ".repeat(1_000_000)}s`],
  ["/g/specifications/default/x-1.gemspec", `# stub: x 1 ruby\ns.files = [${'"'.repeat(1_000_001)}`],
])("%s with a line of a million characters", async (path, text) => {
  const described = /\.(?:dist|egg)-info\/[RT]/.test(path) || path.endsWith("top_level.txt");
  const folder = path.slice(0, path.lastIndexOf("/"));
  const entries = [
    file(path, text),
    ...(described
      ? [file(`${folder}/METADATA`, "Name: x\nVersion: 1\n"), file(`${folder}/PKG-INFO`, "Name: x\n")]
      : []),
    directory("/g"),
  ];
  const { packages, unreadable } = await attributionOf(entries);
  expect(packages).toHaveLength(1);
  expect(unreadable).toEqual({});
});

test("a description larger than packageMetadataBytesMax is not read", async () => {
  const huge = {
    ...file("/node_modules/x/package.json", "{}"),
    sizeBytes: limits.packageMetadataBytesMax + 1,
  };
  const { unreadable } = await attributionOf([huge]);
  expect(unreadable[huge.path]).toContain("packageMetadataBytesMax");
});

test("whatever descriptions hold, nothing is thrown", async () => {
  const paths = [
    "/s/x.dist-info/METADATA",
    "/s/x.dist-info/RECORD",
    "/s/y.egg-info/PKG-INFO",
    "/s/y.egg-info/installed-files.txt",
    "/a/node_modules/x/package.json",
    "/g/specifications/default/x-1.gemspec",
    "/v/composer/installed.json",
    "/var/lib/dpkg/status.d/x",
    "/var/lib/dpkg/status.d/x.md5sums",
    "/lib/apk/db/installed",
    "/var/lib/rpmmanifest/container-manifest-2",
  ];
  const pieces = [
    "Name: x\n",
    "Package: x\n",
    "{",
    '"name":',
    '"x"',
    "}",
    "[",
    "]",
    "..",
    "/",
    "\n",
    "\0",
    "P:x\n",
    "R:",
    "s.name = ",
    '"',
    ",",
    "\t",
    "\ud800",
  ];
  const text = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 })), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: paths.length, maxLength: paths.length }), async (texts) => {
      const told = await attributionOf(paths.map((path, index) => file(path, (texts[index] ?? []).join(""))));
      expect(Object.values(told.unreadable).every((why) => why !== "")).toBe(true);
    }),
    { numRuns: 300 },
  );
});
