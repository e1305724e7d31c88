// Account files from layers' folders, compared with what the merged tree would say.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withFolder } from "../../../../../testing/layouts.ts";
import { file } from "../../../../../testing/trees.ts";
import { treeOf } from "../../../../tree/memory-tree.ts";
import { accountFiles } from "./account-files.ts";

type LayerFiles = Readonly<Record<string, string>>;

const cases: readonly {
  readonly summary: string;
  /** Lowest first; a text after "->" is a link. */
  readonly layers: readonly LayerFiles[];
  readonly opaque?: number;
  readonly expected: { readonly passwd: string; readonly group: string };
}[] = [
  {
    summary: "of the lowest layer",
    layers: [{ "etc/passwd": "p", "etc/group": "g" }, { "bin/x": "" }],
    expected: { passwd: "p", group: "g" },
  },
  {
    summary: "of the layer on top, each by itself",
    layers: [{ "etc/passwd": "p", "etc/group": "g" }, { "etc/group": "g2" }, { "etc/other": "" }],
    expected: { passwd: "p", group: "g2" },
  },
  {
    summary: "hidden by a folder that was made anew",
    layers: [{ "etc/passwd": "p", "etc/group": "g" }, { "etc/group": "g2" }],
    opaque: 1,
    expected: { passwd: "", group: "g2" },
  },
  { summary: "in no layer", layers: [{ "bin/x": "" }], expected: { passwd: "", group: "" } },
  {
    summary: "behind a link: what the tree says",
    layers: [{ "etc/passwd": "-> ../lib/passwd" }],
    expected: { passwd: "of the tree", group: "" },
  },
  {
    summary: "below a link: what the tree says",
    layers: [{ etc: "-> lib" }],
    expected: { passwd: "of the tree", group: "" },
  },
  { summary: "without any folder", layers: [], expected: { passwd: "", group: "" } },
];

test.each(cases)("$summary", async ({ expected, layers, opaque }) => {
  await withFolder(async (folder) => {
    const folders = layers.map((files, index) => {
      const place = join(folder, String(index));
      mkdirSync(place);
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(join(place, name, ".."), { recursive: true });
        if (text.startsWith("-> ")) symlinkSync(text.slice(3), join(place, name));
        else writeFileSync(join(place, name), text);
      }
      return place;
    });
    const found = await accountFiles({
      folders,
      tree: () => Promise.resolve(treeOf([file("/etc/passwd", "of the tree")])),
      isOpaque: (one) => Promise.resolve(opaque !== undefined && one === folders[opaque]),
    });
    expect(found).toEqual(expected);
  });
});

test("a folder that isn't there leaves it to the tree", async () => {
  const tree = treeOf([file("/etc/passwd", "of the tree")]);
  const layers = {
    folders: ["/nowhere/at/all"],
    tree: () => Promise.resolve(tree),
    isOpaque: () => Promise.resolve(false),
  };
  expect(await accountFiles(layers)).toEqual({ passwd: "of the tree", group: "" });
});
