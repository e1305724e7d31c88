import { expect, test } from "vitest";
import { file } from "../../../testing/trees.ts";
import { close } from "../../closure/close.ts";
import type { Launch } from "../../closure/closure.ts";
import type { Facts } from "../../content/facts.ts";
import { treeOf } from "../../tree/memory-tree.ts";
import { path } from "../../tree/path.ts";
import { readPackages } from "./read.ts";
import { packageId, packageView } from "./view.ts";

function stanza(name: string, architecture: string, depends: string): string {
  return `Package: ${name}\nStatus: install ok installed\nVersion: 1\nArchitecture: ${architecture}\nDepends: ${depends}\n\n`;
}

const status =
  stanza("app", "amd64", "libone, app-data") +
  stanza("libone", "i386", "") +
  stanza("libone", "amd64", "") +
  stanza("app-data", "all", "") +
  stanza("other-data", "all", "");

const tree = treeOf([
  file("/usr/bin/app", "\x7fELF", { mode: 0o755 }),
  file("/usr/lib/libone.so.1", "\x7fELF"),
  file("/usr/share/one/table"),
  file("/usr/share/app/words"),
  file("/usr/share/other/words"),
  file("/opt/loose"),
  file("/opt/node_modules/x/package.json", '{"name": "x", "version": "1"}'),
  file("/var/lib/dpkg/status", status),
  file("/var/lib/dpkg/info/app.list", "/usr/bin/app\n"),
  file("/var/lib/dpkg/info/libone:amd64.list", "/usr/lib/libone.so.1\n/usr/share/one/table\n"),
  file("/var/lib/dpkg/info/app-data.list", "/usr/share/app/words\n"),
  file("/var/lib/dpkg/info/other-data.list", "/usr/share/other/words\n"),
]);
const facts = (): Facts => ({ magic: "data" });

test("ids, dependencies of the same architecture, owners; nothing is pending", async () => {
  const view = packageView(await readPackages(tree, facts), new Set(["app:amd64"]));
  expect([...view.requested]).toEqual(["app:amd64"]);
  expect(view.dependenciesOf("app:amd64")).toEqual(["libone:amd64", "app-data:all"]);
  expect(view.dependenciesOf("nothing")).toEqual([]);
  const ownerOf = (name: string): string | undefined => {
    const entry = tree.lookup(path(name));
    return entry === undefined ? undefined : view.packageOf?.(entry);
  };
  expect(ownerOf("/usr/lib/libone.so.1")).toBe("libone:amd64");
  expect(ownerOf("/opt/node_modules/x/package.json")).toBe("npm/x@1");
  expect(ownerOf("/opt/loose")).toBeUndefined();
  expect(view.pending.has("app:amd64")).toBe(false);
  expect(view.pending.packagesOfGlob("/**")).toEqual([]);
});

test("the closure keeps data of the program's package and of its data packages, but not of packages with code that nothing needs", async () => {
  const index = await readPackages(tree, facts);
  const launch: Launch = {
    entrypoint: ["/usr/bin/app"],
    command: [],
    env: {},
    workingDir: "/",
    user: "1000",
    healthcheck: [],
    architecture: "amd64",
  };
  const packages = packageView(index, new Set(["app:amd64"]));
  const { reasons } = close({ tree, facts, launch, keep: [], drop: [], packages });
  expect(reasons.has(path("/usr/share/app/words"))).toBe(true);
  expect(reasons.has(path("/usr/share/one/table"))).toBe(false);
  expect(reasons.has(path("/usr/share/other/words"))).toBe(false);
});

test.each([
  [{ type: "deb", name: "libc6", version: "2", architecture: "amd64" }, "libc6:amd64"],
  [{ type: "deb", name: "tzdata", version: "2" }, "tzdata"],
  [{ type: "npm", name: "@scope/tool", version: "1" }, "npm/@scope/tool@1"],
] as const)("the id of %o", (ref, id) => {
  expect(packageId(ref)).toBe(id);
});
