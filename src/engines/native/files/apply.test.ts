import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyAction } from "../../../../testing/file-operations/case.ts";
import { copyCases } from "../../../../testing/file-operations/cases.ts";
import { linesOf, treeOfLines } from "../../../../testing/file-operations/lines.ts";
import { InvalidInput } from "../../../base/diagnostics.ts";
import type { FileOperation } from "../../../graph/operation.ts";
import { applyLayer, type LayerEntry } from "../../../tree/layers.ts";
import { finishTree, treeBuilder } from "../../../tree/memory-tree.ts";
import type { Tree } from "../../../tree/tree.ts";
import { applyFileOperation, type FileSettings } from "./apply.ts";

let scratchFolder = "";
beforeAll(() => {
  scratchFolder = mkdtempSync(join(tmpdir(), "file-operations-"));
});
afterAll(() => rmSync(scratchFolder, { recursive: true }));

const madeAt = 1_700_000_000;
const span = { file: "Dockerfile", line: 3, column: 1, endLine: 3, endColumn: 10 };

function apply(
  operation: FileOperation,
  inputs: readonly Tree[],
  more: Partial<FileSettings> = {},
): Promise<readonly LayerEntry[]> {
  const settings = { mtime: madeAt, signal: new AbortController().signal, scratchFolder, span, ...more };
  return applyFileOperation(operation, inputs, settings);
}

/** The tree as a store makes it: the layer over what was below. */
function layered(base: Tree, entries: readonly LayerEntry[]): Tree {
  const builder = treeBuilder(base);
  applyLayer(builder, entries, 1);
  return finishTree(builder);
}

describe("copies", () => {
  test.each(copyCases.map((one) => [one.summary, one] as const))(
    "%s",
    async (_, { action, base = {}, refused, result, source }) => {
      const below = await treeOfLines(base);
      const operation: FileOperation = { kind: "file", actions: [copyAction(action)] };
      const run = async (): Promise<unknown> =>
        linesOf(layered(below, await apply(operation, [below, await treeOfLines(source)])));
      if (refused === undefined) expect(await run()).toEqual(result);
      else {
        const thrown = await run().then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(thrown).toBeInstanceOf(InvalidInput);
        const [diagnostic] = (thrown as InvalidInput).diagnostics;
        expect(`${diagnostic?.message} ${diagnostic?.hint}`).toContain(refused.here);
        expect(diagnostic?.span).toEqual(span);
      }
    },
  );
});
