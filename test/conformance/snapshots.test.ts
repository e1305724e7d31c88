// Snapshots with real folders and overlayfs, as root and as ordinary users: what a mount shows is what the tree says.
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openCache } from "../../src/base/cache.ts";
import { layerOf } from "../../src/engines/native/snapshots/image-layer.ts";
import { snapshotStore } from "../../src/engines/native/snapshots/store.ts";
import { makeImageSet } from "../../src/oci/derive.ts";
import type { Layer } from "../../src/oci/model.ts";
import { writeImageSet } from "../../src/oci/write.ts";
import { dumpTree } from "../../src/tree/dump.ts";
import type { LayerEntry } from "../../src/tree/layers.ts";
import { path } from "../../src/tree/path.ts";
import { because } from "../../testing/examples.ts";
import { treeOfFolder } from "../../testing/folder-tree.ts";
import { imageWith } from "../../testing/images.ts";
import { withFolder } from "../../testing/layouts.ts";
import { missingProgram, runWell } from "../../testing/programs.ts";
import { isRoot, removeSessions, runSession, sandboxUsers } from "../../testing/sandbox/users.ts";
import { plainPacker } from "../../testing/snapshots/plain-packer.ts";
import type { Lines, SnapshotReport } from "../../testing/snapshots/session.ts";
import { directory, file, symlink } from "../../testing/trees.ts";

const missing =
  missingProgram("busybox", "unshare", "setpriv") ??
  (isRoot ? missingProgram("newuidmap") : undefined) ??
  (existsSync("/etc/subuid") ? undefined : "there is no /etc/subuid (package uidmap)");

const program = join(import.meta.dirname, "../../testing/snapshots/session.ts");
/** Other layers each day; a failure names it. */
const seed = Math.floor(Date.now() / 86_400_000);

/** SHA-256 of 2^32 + 1 zeros, by sha256sum(1). */
const zeros = "sha256:fbb82f7b353676bb562eb82157fcf0ea42c36492ca13ee56dbf82c08b6802c5c";

describe.skipIf(missing !== undefined)(`snapshots${because(missing)}`, () => {
  let folder: string;
  let busybox: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "distill-snapshots-"));
    busybox = (await runWell(["sh", "-c", "command -v busybox"])).trim();
  });
  afterAll(() => removeSessions(folder));

  describe.each(sandboxUsers)("of %s", (user) => {
    let report: SnapshotReport;
    beforeAll(async () => {
      const withLargeFile = user === sandboxUsers[0];
      report = (await runSession(folder, user, program, { busybox, seed, withLargeFile })) as SnapshotReport;
    });

    /** A user with one id has no owners to give. */
    const owned = (lines: Lines): Lines =>
      user === "a user with one id" ? mapped(lines, (line) => line.replace(/ \d+:\d+ /, " 0:0 ")) : lines;

    test(`random layers, of seed ${seed}, are stacked as the tree has them`, () => {
      expect(report.random.length).toBeGreaterThan(20);
      for (const { mounted, tree } of report.random) expect(owned(mounted)).toEqual(owned(tree));
    });

    test("entries of all kinds are what they were", () => {
      const { mounted, notes, tree } = report.strange;
      const expected = Object.entries(owned(tree))
        .filter(([path]) => user === "root" || path !== "/null")
        .map(([path, line]) => [path, line.replace(/ (?:trusted|user)\.overlay\.\S+/g, "")]);
      expect(mounted).toEqual(Object.fromEntries(expected));
      expect(notes.filter((note) => note.includes("/null"))).toEqual(
        user === "root" ? [] : ["/null: is a device, which only root can make, and was left out"],
      );
    });

    test("what a step changed is told whole, and no more", () => {
      const { entries, mounted, tree } = report.step;
      expect(mounted).toEqual(owned(tree));
      expect(entries).toEqual(["/", ...changedByStep]);
      expect(Object.keys(mounted)).not.toContain("/d/gone");
    });

    test("as a layer of an image, in another cache, it shows the same", () => {
      const { again, mounted } = report.step;
      expect(again).toEqual(mounted);
      expect(report.diffIds[1]).toBe(report.diffIds[0]);
    });

    test("the root is as it is below, though a step has its own folder there", () => {
      const owner = user === "a user with one id" ? [0, 0] : [1000, 1001];
      expect(report.top).toEqual([0o751, ...owner]);
    });

    test("names of one file stay so", () => {
      expect(report.links).toEqual([oneFile, oneFile, oneFile]);
    });

    test("the step's users own what they had", () => {
      const owner = user === "a user with one id" ? "0:0" : "1000:1000";
      expect(report.step.mounted["/private/inner"]).toContain(`file 0 ${owner} `);
      expect(report.step.mounted["/changed"]).toContain(user === "a user with one id" ? " 0:0 " : " 7:0 ");
    });

    test("a process that was killed leaves what is pruned, whoever owns it", () => {
      expect(report.leftovers).toEqual([["killed"], []]);
    });

    test("folders deeper than a path is long are removed", () => {
      expect(report.deep).toEqual([]);
    });

    // Once is enough for what takes so long.
    if (user === sandboxUsers[0]) {
      test("a file of more than 4 GiB has its size and digest", () => {
        expect(report.large).toEqual({ sizeBytes: 2 ** 32 + 1, digest: zeros });
      });
    }
  });
});

/** Layers in which everything is hidden, replaced or linked in some way. */
const stacked: readonly (readonly LayerEntry[])[] = [
  [
    directory("/d"),
    file("/d/+gone", "1"),
    file("/d/+back", "1"),
    file("/d/kept", "2"),
    directory("/opaque"),
    file("/opaque/+hidden", "3"),
    file("/was-a-file", "5"),
    directory("/was-a-folder"),
    file("/was-a-folder/x", "6"),
    symlink("/link", "d"),
  ],
  [
    directory("/d", { mode: 0o700 }),
    file("/d/.wh.+gone"),
    file("/d/.wh.+back"),
    file("/d/+back", "again"),
    directory("/opaque"),
    file("/opaque/.wh..wh..opq"),
    file("/opaque/+new", "new", { link: "one" }),
    file("/a-second-name", "new", { link: "one" }),
    directory("/was-a-file"),
    file("/was-a-file/x", "7"),
    file("/was-a-folder", "8"),
    file("/.wh.link"),
    { kind: "hardlink", path: path("/linked"), target: path("/d/kept"), origins: [] },
  ],
];

const noUmoci = missingProgram("umoci");

test.skipIf(noUmoci !== undefined)(`umoci reads layers as they are meant${because(noUmoci)}`, async () => {
  await withFolder(async (folder) => {
    const { signal } = new AbortController();
    const cache = await openCache(join(folder, "cache"));
    const store = snapshotStore(cache, plainPacker(), { signal, emit: () => undefined, now: () => 0 });
    const layers = await Promise.all(stacked.map((entries) => store.fromEntries(entries)));
    const made: Layer[] = [];
    for (const layer of layers) {
      made.push(await layerOf(layer, store, cache, { compression: "gzip", width: 1 }, signal));
    }
    const set = makeImageSet([imageWith(made)]);
    const layout = join(folder, "layout");
    await writeImageSet(set, { kind: "oci-layout", path: layout, tag: "v1" }, { scratchFolder: folder });
    const bundle = join(folder, "bundle");
    await runWell(["umoci", "unpack", "--rootless", "--image", `${layout}:v1`, bundle]);
    const found = dumpTree(treeOfFolder(join(bundle, "rootfs")).tree);
    expect(withoutOwners(found)).toEqual(withoutOwners(dumpTree(await store.tree({ layers }))));
  });
});

/** Whoever isn't root unpacks everything as its own. */
function withoutOwners(lines: Lines): Lines {
  return mapped(lines, (line) => line.replace(/ \d+:\d+/, ""));
}

const oneFile = [["/d/l3", "/l1", "/l2"]];

const changedByStep = [
  "/changed",
  "/d",
  "/d/.wh.gone",
  "/d/l3",
  "/l1",
  "/l2",
  "/link",
  "/odd\n\udcff",
  "/old",
  "/pipe",
  "/private",
  "/private/inner",
  "/replaced",
  "/replaced/.wh..wh..opq",
  "/replaced/new",
  "/sticky",
  "/was-a-file",
  "/was-a-file/.wh..wh..opq",
  "/was-a-file/x",
  "/was-a-folder",
];

function mapped(lines: Lines, change: (line: string) => string): Lines {
  return Object.fromEntries(Object.entries(lines).map(([path, line]) => [path, change(line)]));
}
