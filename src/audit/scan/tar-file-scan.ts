// A root file system in a tar of its own, compressed or not. Nobody states its digest, so nothing of it is remembered: record and
// kept contents lie in the scratch folder.
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { collect } from "../../base/bytes.ts";
import { digestOf } from "../../base/digest.ts";
import { assert } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { decompress, detectCompression } from "../../formats/compression.ts";
import { fileRange } from "../../oci/store.ts";
import type { Origin } from "../../tree/entry.ts";
import type { LayerEntry } from "../../tree/layers.ts";
import { type LayerContents, LayerFile, layerContents } from "./contents.ts";
import type { ScanTools } from "./gatherer.ts";
import { createKeptWriter } from "./kept-writer.ts";
import { createRecordWriter, type RecordedFacts, readRecord } from "./record.ts";
import { entryOf, type FilePlace } from "./rows.ts";
import { scanTarStream } from "./tar-scan.ts";

export interface TarFileScan {
  readonly entries: readonly LayerEntry[];
  readonly contents: LayerContents;
}

/** What `detectCompression` needs. */
const signatureBytes = 6;

/** @throws ToolError "malformed", "limit", "disk" */
export async function readTarFile(file: string, sizeBytes: number, tools: ScanTools): Promise<TarFileScan> {
  const what = `the archive ${file}`;
  const stored = fileRange(file, 0, sizeBytes);
  const head = await collect(fileRange(file, 0, Math.min(sizeBytes, signatureBytes)), signatureBytes, what);
  const compression = detectCompression(head);
  const bounds = { outputBytesMax: limits.layerBytesMax, what };
  const scratch = join(tools.scratchFolder, `tar-${randomBytes(8).toString("hex")}`);
  const [recordFile, keptFile] = [`${scratch}.record`, `${scratch}.kept`];
  const nothing = digestOf("");
  const header = { layer: nothing, diffId: nothing };
  const record = createRecordWriter(`${recordFile}.tmp`, recordFile, header);
  const kept = createKeptWriter(`${keptFile}.tmp`, () => keptFile);
  const origin: Origin = { kind: "declared", what };
  try {
    await scanTarStream(
      decompress(stored, compression, { ...bounds, transient: true }),
      origin,
      what,
      tools,
      { record, kept },
    );
    await record.finish(await kept.finish());
  } catch (thrown) {
    await Promise.all([record.abandon(), kept.abandon()]);
    throw thrown;
  }
  const contents = layerContents(() => decompress(stored, compression, bounds), {
    stored: compression === "none" ? file : undefined,
    scratchFolder: tools.scratchFolder,
    signal: tools.signal,
  });
  contents.keptFile = keptFile;
  // What somebody declared, the closure explains by that; of a bare tree nobody says where its files come from.
  const origins: readonly Origin[] = [];
  const content = (place: FilePlace, facts: readonly RecordedFacts[]): LayerFile => {
    const found = facts[place.facts];
    assert(found !== undefined, "a row names facts that a line holds");
    return new LayerFile(contents, place, found);
  };
  const read = await readRecord(recordFile, (row, facts) =>
    entryOf(row, origins, (place) => content(place, facts)),
  );
  assert(read !== undefined, "the record was just written");
  await rm(recordFile);
  const close = async (): Promise<void> => {
    await contents.close();
    await rm(keptFile, { force: true });
  };
  return { entries: read.entries, contents: { ...contents, close } };
}
