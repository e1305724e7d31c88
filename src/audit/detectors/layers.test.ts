import { describe, expect, test } from "vitest";
import { elf } from "../../../testing/closures.ts";
import { subjectOf } from "../../../testing/subjects.ts";
import { directory, file, symlink } from "../../../testing/trees.ts";
import type { LayerEntry } from "../../tree/layers.ts";
import { path } from "../../tree/path.ts";
import { layerResidue } from "../layer-residue.ts";
import { lowerLayerFindings, residueFindings } from "./layers.ts";

const identity = {
  id: "bash",
  kind: "shell",
  name: "bash 5.2",
  evidence: [{ what: "a string" }],
  confirmed: true,
} as const;
const shell = (name: string): LayerEntry =>
  elf(name, { interpreter: "/lib/ld.so" }, { identities: [identity] });

describe("what the merged tree doesn't show", () => {
  test.each<{ summary: string; layers: LayerEntry[][]; hidden: string[][] }>([
    { summary: "one layer", layers: [[file("/a", "1")]], hidden: [[]] },
    { summary: "deleted", layers: [[file("/a", "1")], [file("/.wh.a")]], hidden: [["/a"], []] },
    { summary: "replaced", layers: [[file("/a", "1")], [file("/a", "2")]], hidden: [["/a"], []] },
    { summary: "brought again, the same", layers: [[file("/a", "1")], [file("/a", "1")]], hidden: [[], []] },
    {
      summary: "named twice in one layer: the last one shows",
      layers: [[file("/a", "1"), file("/a", "2")]],
      hidden: [["/a"]],
    },
    {
      summary: "under an opaque folder",
      layers: [[file("/d/a", "1")], [directory("/d"), file("/d/.wh..wh..opq"), file("/d/b", "2")]],
      hidden: [["/d/a"], []],
    },
    {
      summary: "a file called which is no whiteout",
      layers: [[file("/usr/bin/which", "1")], [file("/b", "2")]],
      hidden: [[], []],
    },
    {
      summary: "written through a link of a lower layer",
      layers: [[directory("/usr/lib"), symlink("/lib", "usr/lib")], [file("/lib/a", "1")]],
      hidden: [[], []],
    },
    {
      summary: "hidden below a link: a file of the same name and content shows",
      layers: [[file("/d/a", "1")], [file("/.wh.d"), file("/e/a", "1")]],
      hidden: [[], []],
    },
    {
      summary: "the name of a hard link stays",
      layers: [
        [file("/a", "1"), { kind: "hardlink", path: path("/b"), target: path("/a"), origins: [] }],
        [file("/.wh.a")],
      ],
      hidden: [["/a"], []],
    },
  ])("$summary", ({ layers, hidden }) => {
    const subject = subjectOf({ layers });
    expect(layerResidue(subject).map((one) => one.hidden.map(({ path: at }) => at))).toEqual(hidden);
  });
});

test("residue is summed up for each layer, programs in it are named, and none of it moves a level but sealed's", () => {
  const subject = subjectOf({
    layers: [
      [shell("/bin/bash"), file("/x", "1")],
      [file("/bin/.wh.bash"), file("/.wh.x")],
    ],
  });
  const found = [...residueFindings(subject, layerResidue(subject))];
  expect(found.map(({ rule, what, atMost }) => [rule, what, atMost])).toEqual([
    ["residue", "layer 0 holds 2 files (14 bytes) that the merged tree doesn't show", undefined],
    ["shell", "bash 5.2", undefined],
  ]);
  expect(
    lowerLayerFindings(subject, layerResidue(subject)).map(({ rule, atMost }) => [rule, atMost]),
  ).toEqual([["lower-layers", "truly-distroless"]]);
});
