// What sessions (session.ts) put into layers.
import fc from "fast-check";
import { canonicalEntries } from "../../src/engines/native/snapshots/canonical.ts";
import { applyLayer, type LayerEntry } from "../../src/tree/layers.ts";
import { treeBuilder } from "../../src/tree/memory-tree.ts";
import { path } from "../../src/tree/path.ts";
import { directory, file, symlink } from "../trees.ts";
import { randomLayer } from "./random-layers.ts";

/** Stacks of layers that mean something. */
export function randomLayers(seed: number): readonly (readonly LayerEntry[])[][] {
  const stacks = fc.sample(fc.array(randomLayer, { minLength: 1, maxLength: 4 }), { seed, numRuns: 120 });
  return stacks.filter((layers) => {
    const builder = treeBuilder();
    try {
      for (const [index, one] of layers.entries()) applyLayer(builder, canonicalEntries(one), index);
      return true;
    } catch {
      return false;
    }
  });
}

const deepFolders = Array.from({ length: 200 }, (_one, index) => "/d".repeat(index + 1));

/** All kinds of entries, names, owners and attributes. Devices are root's alone. */
export function strangeLayer(): LayerEntry[] {
  const device = { path: path("/null"), origins: [], mode: 0o666, uid: 0, gid: 0, mtime: 1 };
  const capability = Buffer.from("0100000200040000000000000000000000000000", "hex");
  return [
    directory("/", { mode: 0o711, mtime: 1 }),
    file("/set-user", "#!", { mode: 0o4755, uid: 5, gid: 6, mtime: 2 }),
    file("/capable", "x", {
      mode: 0o755,
      mtime: 2,
      xattrs: new Map([
        ["security.capability", capability],
        ["user.\udcff", Buffer.of(0, 255)],
      ]),
    }),
    file("/marked", "x", {
      mtime: 2,
      xattrs: new Map([
        ["trusted.overlay.opaque", Buffer.from("y")],
        ["user.overlay.whiteout", Buffer.from("y")],
      ]),
    }),
    file("/closed", "secret", { mode: 0, uid: 1000, gid: 1000, mtime: 2 }),
    directory("/closed-folder", { mode: 0o700, uid: 1000, gid: 1000, mtime: 3 }),
    file("/closed-folder/inner", "secret", { mode: 0o600, uid: 1000, gid: 1000, mtime: 2 }),
    file("/first", "linked", { link: "one", mtime: 4 }),
    file("/second", "linked", { link: "one", mtime: 4 }),
    file("/old", "", { mtime: -5 }),
    symlink("/link", "/closed-folder/../\udcff", { uid: 5, gid: 6, mtime: 7 }),
    { ...device, path: path("/pipe"), kind: "fifo", deviceMajor: 0, deviceMinor: 0 },
    { ...device, kind: "character-device", deviceMajor: 1, deviceMinor: 3 },
    file("/new\nline", "1", { mtime: 2 }),
    file("/not-utf8-\udcff\udc80", "2", { mtime: 2 }),
    file("/ sp ace ", "3", { mtime: 2 }),
    file(`/${"n".repeat(255)}`, "4", { mtime: 2 }),
    file("/large", Buffer.alloc(700_000, "0123456789"), { mtime: 2 }),
    ...deepFolders.map((folder) => directory(folder, { mtime: 8 })),
    file(`${deepFolders.at(-1)}/bottom`, "5", { mtime: 2 }),
  ];
}

/** In the root of a step's base: all that leaves its own trace in an upper folder. */
export const stepScript: string = [
  "b=/bin/busybox",
  "$b rm d/gone",
  "$b rm -r replaced && $b mkdir replaced && echo new > replaced/new",
  "echo 5 >> changed",
  "$b rm was-a-file && $b mkdir was-a-file && echo x > was-a-file/x",
  "$b rm -r was-a-folder && echo x > was-a-folder",
  "echo one > l1 && $b ln l1 l2 && $b ln l1 d/l3",
  "$b ln -s ../nowhere link",
  "$b mkfifo -m 600 pipe",
  "$b mkdir -m 700 private && echo secret > private/inner && $b chmod 000 private/inner",
  "$b chown -R 1000:1000 private 2>/dev/null",
  "$b mkdir -m 1777 sticky",
  "echo odd > \"$($b printf 'odd\\n\\377')\"",
  "$b touch -d @100 old",
  "true",
].join("\n");
