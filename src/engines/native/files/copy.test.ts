import fc from "fast-check";
import { expect, test } from "vitest";
import { applyActions, layered } from "../../../../testing/file-operations/apply.ts";
import { copyAction } from "../../../../testing/file-operations/case.ts";
import { linesOf } from "../../../../testing/file-operations/lines.ts";
import { folder, type Node, naiveCopy } from "../../../../testing/file-operations/naive-copy.ts";
import { directory, file, symlink } from "../../../../testing/trees.ts";
import type { Entry } from "../../../tree/entry.ts";
import { treeOf } from "../../../tree/memory-tree.ts";
import type { Tree } from "../../../tree/tree.ts";
import { selectionDigest } from "./selection.ts";

const name = fc.constantFrom("a", "b", "c");
const target = fc.constantFrom("a", "b", "../a", "../../b/c", "/a", "/b/a", "c/b", ".", "..");
const leaf: fc.Arbitrary<Node> = fc.oneof(
  fc
    .record({ mode: fc.constantFrom(0o644, 0o4755), uid: fc.nat(2), text: fc.constantFrom("", "1", "2") })
    .map((one) => ({
      ...one,
      kind: "file" as const,
      children: new Map(),
    })),
  fc.record({ uid: fc.nat(1), text: target }).map((one) => ({
    ...one,
    kind: "symlink" as const,
    mode: 0o777,
    children: new Map(),
  })),
);
const { tree: anyTree } = fc.letrec<{ tree: Node; node: Node }>((tie) => ({
  tree: fc
    .record({
      mode: fc.constantFrom(0o755, 0o700),
      uid: fc.nat(2),
      children: fc.array(fc.tuple(name, tie("node")), { maxLength: 4 }),
    })
    .map(({ children, mode, uid }) => ({ ...folder(mode, uid), children: new Map(children) })),
  node: fc.oneof({ depthSize: "small", withCrossShrink: true }, leaf, tie("tree")),
}));

function entriesOf(node: Node, path: string): readonly Entry[] {
  const { mode, text, uid } = node;
  if (node.kind === "file") return [file(path, text, { mode, uid })];
  if (node.kind === "symlink") return [symlink(path, text, { uid })];
  const inner = [...node.children].flatMap(([child, below]) => entriesOf(below, `${path}/${child}`));
  return path === "" ? inner : [directory(path, { mode, uid }), ...inner];
}

const treeOfNode = (node: Node): Tree => treeOf(entriesOf(node, ""));

const path = fc
  .tuple(fc.array(name, { maxLength: 3 }), fc.constantFrom("", "/", "/."))
  .map(([parts, end]) => `/${parts.join("/")}${parts.length > 0 ? end : ""}`);
const copies = fc.record(
  {
    source: fc.array(name, { maxLength: 3 }).map((parts) => parts.join("/")),
    target: path,
    uid: fc.constant(7),
    mode: fc.constant(0o750),
  },
  { requiredKeys: ["source", "target"] },
);

test("a copy equals one that is done step by step", async () => {
  const outcomes = { done: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(anyTree, anyTree, copies, async (base, source, copy) => {
      const inputs = [treeOfNode(base), treeOfNode(source)] as const;
      const action = copyAction({
        source: copy.source,
        target: copy.target,
        ...(copy.uid === undefined ? {} : { owner: { user: copy.uid, group: 0 } }),
        ...(copy.mode === undefined ? {} : { mode: copy.mode.toString(8) }),
      });
      const applied = await applyActions([action], inputs).then(
        async (entries) => linesOf(layered(inputs[0], entries)),
        () => "refused",
      );
      let expected: unknown = "refused";
      try {
        naiveCopy(base, source, copy);
        expected = await linesOf(treeOfNode(base));
      } catch {
        outcomes.refused += 1;
      }
      if (expected !== "refused") outcomes.done += 1;
      expect(applied).toEqual(expected);
    }),
    { numRuns: 600 },
  );
  // Neither is rare, or the property would say little.
  expect(outcomes.done).toBeGreaterThan(60);
  expect(outcomes.refused).toBeGreaterThan(60);
});

test("selections with one digest give one result", async () => {
  await fc.assert(
    fc.asyncProperty(anyTree, anyTree, anyTree, copies, async (base, one, other, copy) => {
      const below = treeOfNode(base);
      const action = copyAction({ source: copy.source, target: copy.target });
      const [first, second] = [treeOfNode(one), treeOfNode(other)];
      fc.pre(selectionDigest(action, first) === selectionDigest(action, second));
      const results = [first, second].map((source) =>
        applyActions([action], [below, source]).then(
          async (entries) => linesOf(layered(below, entries)),
          () => "refused",
        ),
      );
      const [a, b] = await Promise.all(results);
      expect(a).toEqual(b);
    }),
    { numRuns: 300 },
  );
});
