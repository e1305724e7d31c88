import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { applyActions, layered, refusalOf } from "../../../../testing/file-operations/apply.ts";
import { copyAction } from "../../../../testing/file-operations/case.ts";
import { copyCases } from "../../../../testing/file-operations/cases.ts";
import { linesOf, treeOfLines } from "../../../../testing/file-operations/lines.ts";
import { InvalidInput } from "../../../base/diagnostics.ts";
import { treeOf } from "../../../tree/memory-tree.ts";

let scratchFolder = "";
beforeAll(() => {
  scratchFolder = mkdtempSync(join(tmpdir(), "file-operations-"));
});
afterAll(() => rmSync(scratchFolder, { recursive: true }));

test.each(copyCases.map((one) => [one.summary, one] as const))(
  "%s",
  async (_, { action, base = {}, refused, result, source }) => {
    const below = await treeOfLines(base);
    const inputs = [below, await treeOfLines(source)];
    const applied = applyActions([copyAction(action)], inputs, { scratchFolder });
    if (refused === undefined) expect(await linesOf(layered(below, await applied))).toEqual(result);
    else expect(await refusalOf(applied)).toContain(refused.here);
  },
);

test("a mistake names the instruction", async () => {
  const span = { file: "Dockerfile", line: 3, column: 1, endLine: 3, endColumn: 10 };
  const applied = applyActions([copyAction({ source: "a", target: "/" })], [treeOf([]), treeOf([])], {
    span,
  });
  await expect(applied).rejects.toThrow(InvalidInput);
  await expect(applied).rejects.toMatchObject({ diagnostics: [{ severity: "error", span }] });
});
