import { expect, test } from "vitest";
import { directory, file, fromPackage } from "../../testing/trees.ts";
import { collect } from "../base/bytes.ts";
import { digestOf } from "../base/digest.ts";
import type { Entry } from "../tree/entry.ts";
import { treeOf } from "../tree/memory-tree.ts";
import { path } from "../tree/path.ts";
import { parseControl } from "./control.ts";
import type { PackageControl } from "./package.ts";
import { shippedPackages, statusEntries } from "./status.ts";

function control(name: string, paths: readonly string[] = [], more = ""): PackageControl {
  const md5sums = paths.map((one, index) => `${String(index).padStart(32, "0")}  ${one.slice(1)}\n`).join("");
  const stanza = `Package: ${name}\nArchitecture: amd64\nVersion: 1\n${more}`;
  return parseControl({ control: stanza, md5sums }, digestOf(name));
}

async function written(entries: readonly Entry[]): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const entry of entries) {
    if (entry.kind !== "file") continue;
    const name = entry.path.slice("/var/lib/dpkg/status.d/".length);
    texts[name] = Buffer.from(await collect(entry.content, 1 << 20, name)).toString("utf8");
  }
  return texts;
}

test("lists packages of which something ships, and only files that are there", async () => {
  const controls = [
    control("whole", ["/usr/bin/a"], "Description: one\n two\n"),
    control("part", ["/usr/bin/b", "/usr/bin/c", "/lib/d"]),
    control("absent", ["/usr/bin/e"]),
    control("folder-only"),
  ];
  const tree = treeOf([
    file("/usr/bin/a", "a", fromPackage("whole")),
    file("/usr/lib/d", "d", fromPackage("part")),
    directory("/usr/share/folder", fromPackage("folder-only")),
    file("/usr/bin/foreign", "x"),
  ]);
  expect(await written(statusEntries(tree, controls, 0))).toEqual({
    whole:
      "Package: whole\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\nDescription: one\n two\n",
    "whole.md5sums": `${"0".repeat(32)}  usr/bin/a\n`,
    part:
      "Package: part\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n" +
      "Distill-Partial: 2 of 3 files are not in this image\n",
    "part.md5sums": `${"2".padStart(32, "0")}  usr/lib/d\n`,
  });
  expect(shippedPackages(tree, controls).map(({ control: { id }, absent }) => `${id} ${absent}`)).toEqual([
    "whole:amd64 0",
    "part:amd64 2",
  ]);
});

test.each([
  { packages: ["libssl1.1"], names: ["libssl1"] },
  {
    packages: ["python3", "python3.11", "python3.11-minimal"],
    names: ["python3", "python3.11", "python3.11-minimal"],
  },
  {
    packages: ["libpython3.11-minimal", "libpython3.11-stdlib"],
    names: ["libpython3", "libpython3.11-stdlib"],
  },
])("stanzas of $packages are in files of their own: $names", ({ packages, names }) => {
  const tree = treeOf(packages.map((name) => file(`/usr/${name}`, "", fromPackage(name))));
  const entries = statusEntries(
    tree,
    packages.map((name) => control(name)),
    0,
  );
  const paths = entries.map((entry) => entry.path.slice("/var/lib/dpkg/status.d/".length));
  expect(paths.slice(1).filter((one) => !one.endsWith(".md5sums"))).toEqual(names);
  expect(paths.filter((one) => one.endsWith(".md5sums"))).toEqual(packages.map((name) => `${name}.md5sums`));
});

test("one package of two architectures has two stanzas", () => {
  const other = { ...control("libc6"), id: "libc6:i386" };
  const tree = treeOf([
    file("/usr/lib/x", "", fromPackage("libc6")),
    file("/usr/lib/y", "", { origins: [{ kind: "package", package: "libc6:i386", version: "1" }] }),
  ]);
  const entries = statusEntries(tree, [control("libc6"), other], 0);
  expect(entries.map((entry) => entry.path.slice("/var/lib/dpkg/status.d/".length)).slice(1)).toEqual([
    "libc6",
    "libc6:amd64.md5sums",
    "libc6:i386",
    "libc6:i386.md5sums",
  ]);
});

test("nothing is written for an image without packages", () => {
  const tree = treeOf([file("/app", "x")]);
  expect(statusEntries(tree, [control("a")], 0)).toEqual([]);
  expect(tree.lookup(path("/var"))).toBeUndefined();
});
