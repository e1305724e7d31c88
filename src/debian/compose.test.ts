import { expect, test } from "vitest";
import { directory, file, fromPackage, symlink } from "../../testing/trees.ts";
import { digestOf } from "../base/digest.ts";
import { dumpEntry } from "../tree/dump.ts";
import type { Entry } from "../tree/entry.ts";
import { path } from "../tree/path.ts";
import { type ComposeInput, type Composition, composeTree } from "./compose.ts";
import { parseControl } from "./control.ts";
import type { PackageContents, PackageControl } from "./package.ts";

interface Sample {
  readonly entries: readonly Entry[];
  readonly fields?: string;
}

function compose(packages: Readonly<Record<string, Sample>>, given: Partial<ComposeInput> = {}): Composition {
  const contents: PackageContents[] = [];
  const controls: PackageControl[] = [];
  for (const [name, { entries, fields }] of Object.entries(packages)) {
    const id = `${name}:amd64`;
    contents.push({
      id,
      entries: entries.map((entry) => ({ ...entry, ...fromPackage(name) })),
      facts: () => ({ magic: "data" }),
    });
    const control = `Package: ${name}\nVersion: 1.0\nArchitecture: amd64\n${fields ?? ""}`;
    controls.push(parseControl({ control }, digestOf(name)));
  }
  const base = { codename: "bookworm", mtime: 0 };
  return composeTree({ contents, controls, diversions: [], base, privileged: new Set(), ...given });
}

/** What is at these paths. */
function at({ tree }: Composition, paths: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(
    paths.map((one) => {
      const entry = tree.lookup(path(one));
      return [one, entry && dumpEntry(entry)];
    }),
  );
}

function content(text: string): string {
  return `file 0644 ${digestOf(text).slice(7, 15)}`;
}

test("an image of no package has the base folders", () => {
  const { tree, notices } = compose({});
  expect(
    [...tree.walk()].map((entry) => `${entry.path} ${dumpEntry(entry).replace(/(file 0644) .*/, "$1")}`),
  ).toEqual([
    "/bin symlink 0777 -> usr/bin",
    "/etc directory 0755",
    "/etc/debian_version file 0644",
    "/etc/nsswitch.conf file 0644",
    "/etc/os-release symlink 0777 -> ../usr/lib/os-release",
    "/lib symlink 0777 -> usr/lib",
    "/run directory 0755",
    "/run/lock directory 1777",
    "/sbin symlink 0777 -> usr/sbin",
    "/tmp directory 1777",
    "/usr directory 0755",
    "/usr/bin directory 0755",
    "/usr/lib directory 0755",
    "/usr/lib/os-release file 0644",
    "/usr/sbin directory 0755",
    "/var directory 0755",
    "/var/lock symlink 0777 -> /run/lock",
    "/var/run symlink 0777 -> /run",
    "/var/tmp directory 1777",
  ]);
  expect(notices).toEqual([]);
});

test("the release's own os-release and nsswitch.conf come first", () => {
  const composed = compose({
    "base-files": {
      entries: [symlink("/etc/os-release", "../usr/lib/os-release"), file("/usr/lib/os-release", "own")],
    },
    "libc-bin": { entries: [file("/usr/share/libc-bin/nsswitch.conf", "hosts: files\n")] },
  });
  expect(at(composed, ["/usr/lib/os-release", "/etc/nsswitch.conf"])).toEqual({
    "/usr/lib/os-release": content("own"),
    "/etc/nsswitch.conf": content("hosts: files\n"),
  });
});

test.each<{
  summary: string;
  packages: Readonly<Record<string, Sample>>;
  expected: Record<string, string | undefined>;
}>([
  {
    summary: "/lib64 is a link where something lies behind it",
    packages: { a: { entries: [file("/usr/lib64/ld.so", "x")] } },
    expected: { "/lib64": "symlink 0777 -> usr/lib64", "/lib32": undefined },
  },
  {
    summary: "a package decides the attributes of a base folder, base-files before all others",
    packages: {
      "a-package": { entries: [directory("/tmp", { mode: 0o755 }), directory("/srv", { mode: 0o700 })] },
      "base-files": { entries: [directory("/tmp", { mode: 0o1777 }), directory("/srv")] },
    },
    expected: { "/tmp": "directory 1777", "/srv": "directory 0755" },
  },
  {
    summary: "what is shipped below a link lies where the link leads, though that is nowhere yet",
    packages: {
      a: {
        entries: [
          directory("/var/run/tool"),
          file("/var/run/tool/x", "x"),
          symlink("/opt/tool", "../srv/tool"),
        ],
      },
      b: { entries: [directory("/opt/tool"), file("/opt/tool/y", "y")] },
    },
    expected: {
      "/run/tool/x": content("x"),
      "/var/run": "symlink 0777 -> /run",
      "/opt/tool": "symlink 0777 -> ../srv/tool",
      "/srv/tool/y": content("y"),
    },
  },
  {
    summary: "a folder that is there stays when a link arrives",
    packages: { a: { entries: [file("/opt/x/y", "y")] }, b: { entries: [symlink("/opt/x", "z")] } },
    expected: { "/opt/x": "directory 0755", "/opt/x/y": content("y") },
  },
  {
    summary: "equal files of two packages are one",
    packages: { a: { entries: [file("/usr/x", "same")] }, b: { entries: [file("/usr/x", "same")] } },
    expected: { "/usr/x": content("same") },
  },
  {
    summary: "Replaces of the later package",
    packages: {
      a: { entries: [file("/usr/x", "old")] },
      b: { entries: [file("/usr/x", "new")], fields: "Replaces: z, a (<< 2)\n" },
    },
    expected: { "/usr/x": content("new") },
  },
  {
    summary: "Replaces of the earlier package",
    packages: {
      a: { entries: [file("/usr/x", "new")], fields: "Replaces: b\n" },
      b: { entries: [file("/usr/x", "old")] },
    },
    expected: { "/usr/x": content("new") },
  },
])("$summary", ({ packages, expected }) => {
  expect(at(compose(packages), Object.keys(expected))).toEqual(expected);
});

test.each<{ summary: string; a: Entry; b: Entry; fields?: string }>([
  { summary: "different contents", a: file("/usr/x", "a"), b: file("/usr/x", "b") },
  { summary: "different modes", a: file("/usr/x", "a"), b: file("/usr/x", "a", { mode: 0o600 }) },
  { summary: "a file and a folder", a: file("/usr/x", "a"), b: directory("/usr/x") },
  {
    summary: "a link to a file and a folder",
    a: symlink("/usr/x", "lib/os-release"),
    b: file("/usr/x", "b"),
  },
  {
    summary: "Replaces of another version",
    a: file("/usr/x", "a"),
    b: file("/usr/x", "b"),
    fields: "Replaces: a (<< 1.0)\n",
  },
])("two packages with one path are refused: $summary", ({ a, b, fields }) => {
  const packages = { a: { entries: [a] }, b: { entries: [b], ...(fields === undefined ? {} : { fields }) } };
  expect(() => compose(packages)).toThrow(/a:amd64 and b:amd64 both ship it/);
});

test("a diversion moves the file of every package but its owner's", () => {
  const diversions = [{ path: path("/usr/bin/sh"), to: path("/usr/bin/sh.distrib"), owner: "dash" }];
  const composed = compose(
    { dash: { entries: [file("/usr/bin/sh", "dash")] }, other: { entries: [file("/usr/bin/sh", "other")] } },
    { diversions },
  );
  expect(at(composed, ["/usr/bin/sh", "/usr/bin/sh.distrib"])).toEqual({
    "/usr/bin/sh": content("dash"),
    "/usr/bin/sh.distrib": content("other"),
  });
});

test("setuid and setgid are dropped and reported, unless declared; a folder's setgid stays", () => {
  const entries = [
    file("/usr/bin/su", "", { mode: 0o4755 }),
    file("/usr/bin/at", "", { mode: 0o6755 }),
    file("/usr/bin/wall", "", { mode: 0o2755 }),
    directory("/var/mail", { mode: 0o2775 }),
  ];
  const composed = compose({ a: { entries } }, { privileged: new Set([path("/usr/bin/at")]) });
  expect(
    at(
      composed,
      entries.map((entry) => entry.path),
    ),
  ).toEqual({
    "/usr/bin/su": "file 0755 empty",
    "/usr/bin/at": "file 6755 empty",
    "/usr/bin/wall": "file 0755 empty",
    "/var/mail": "directory 2775",
  });
  expect(composed.notices.map(({ rule, path: where }) => `${rule} ${where}`)).toEqual([
    "privilege-dropped /usr/bin/su",
    "privilege-dropped /usr/bin/wall",
  ]);
});

test("the order of the packages doesn't matter", () => {
  const a = { entries: [file("/usr/x", "a"), directory("/opt", { mode: 0o700 })] };
  const b = { entries: [file("/usr/x", "b"), directory("/opt")], fields: "Replaces: a\n" };
  const dump = (composed: Composition): string[] =>
    [...composed.tree.walk()].map((entry) => `${entry.path} ${dumpEntry(entry)}`);
  expect(dump(compose({ b, a }))).toEqual(dump(compose({ a, b })));
});
