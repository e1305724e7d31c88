// What the table of copies says, as the newest BuildKit does it. The table is on record, and this program held to it by its unit
// tests, so nothing is left out where BuildKit is absent.
import { chmodSync, createReadStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesOf, collect } from "../../src/base/bytes.ts";
import { digestOf } from "../../src/base/digest.ts";
import { encodeName } from "../../src/base/names.ts";
import { readTar } from "../../src/formats/tar-reader.ts";
import { layerEntryOf } from "../../src/oci/layer-entry.ts";
import { tarOfTree } from "../../src/oci/tree-tar.ts";
import { applyLayer, type LayerEntry } from "../../src/tree/layers.ts";
import { finishTree, treeBuilder } from "../../src/tree/memory-tree.ts";
import { type Buildkitd, buildkitdMissing, startBuildkitd } from "../../testing/engines/buildkitd.ts";
import { type CopyCase, copyInstruction } from "../../testing/file-operations/case.ts";
import { copyCases } from "../../testing/file-operations/cases.ts";
import { entriesOf, linesOf, type TreeLines, treeOfLines } from "../../testing/file-operations/lines.ts";

const bytesMax = 1 << 24;

test("the table has cases of every kind", () => {
  expect(copyCases.length).toBeGreaterThan(100);
  const names = copyCases.map(({ summary }) => summary);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

/** Writes the context of a case and gives its Dockerfile. Trees go through archives, so that they have owners. */
async function writeContext({ action, base, source }: CopyCase, context: string): Promise<string> {
  const lines = ["FROM scratch"];
  const archive = async (name: string, tree: TreeLines): Promise<void> =>
    writeFileSync(join(context, name), await collect(tarOfTree(await treeOfLines(tree)), bytesMax, name));
  if (action.unpack === true) {
    for (const entry of await entriesOf(source)) {
      if (entry.kind !== "file") throw new Error(`${entry.path} is no file`);
      mkdirSync(dirname(join(context, entry.path)), { recursive: true });
      writeFileSync(join(context, entry.path), await collect(entry.content, bytesMax, entry.path));
      chmodSync(join(context, entry.path), entry.mode);
    }
  } else {
    await archive("source.tar", source);
    lines.unshift("FROM scratch AS source", "ADD source.tar /");
  }
  if (base !== undefined) {
    await archive("base.tar", base);
    lines.push("ADD base.tar /");
  }
  return [...lines, copyInstruction(action), ""].join("\n");
}

async function linesOfArchive(file: string): Promise<Record<string, string>> {
  const entries: LayerEntry[] = [];
  for await (const { content, header } of readTar(createReadStream(file), file)) {
    const bytes = await collect(content, bytesMax, header.name);
    const stored = { digest: digestOf(bytes), sizeBytes: bytes.length, content: bytesOf(bytes) };
    entries.push(layerEntryOf(header, stored, { kind: "stage", stage: "result" }, file));
  }
  const builder = treeBuilder();
  applyLayer(builder, entries, 0);
  return linesOf(finishTree(builder));
}

if (buildkitdMissing() === undefined) {
  describe("the newest BuildKit", () => {
    let buildkitd: Buildkitd | undefined;
    let home = "";
    beforeAll(async () => {
      home = mkdtempSync(join(tmpdir(), "file-operations-"));
      // No image is asked for.
      buildkitd = await startBuildkitd("127.0.0.1:1");
    });
    afterAll(async () => {
      await buildkitd?.stop();
      rmSync(home, { recursive: true, force: true });
    });

    test.each(copyCases.map((one) => [one.summary, one] as const))("%s", async (_, one) => {
      const folder = mkdtempSync(join(home, "case-"));
      const context = join(folder, "context");
      const dockerfile = join(folder, "dockerfile");
      for (const made of [context, dockerfile]) mkdirSync(made);
      writeFileSync(join(dockerfile, "Dockerfile"), encodeName(await writeContext(one, context)));
      const output = join(folder, "result.tar");
      const locals = [`context=${context}`, `dockerfile=${dockerfile}`].flatMap((local) => [
        "--local",
        local,
      ]);
      const built = await buildkitd?.buildctl([
        ...["build", "--frontend", "dockerfile.v0", ...locals],
        // Its cache takes patterns that find nothing for one another.
        ...["--no-cache", "--output", `type=tar,dest=${output}`],
      ]);
      if (one.refused === undefined) {
        expect(built).toMatchObject({ code: 0 });
        expect(await linesOfArchive(output)).toEqual(one.result);
      } else {
        expect(built).toMatchObject({ code: 1 });
        expect(built?.stderr).toContain(one.refused.buildkit);
      }
    });
  });
}
