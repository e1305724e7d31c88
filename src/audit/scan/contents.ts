// The bytes of a layer's files: from the kept contents where they are there, else from the layer's tar, which is decompressed into
// a scratch file the first time that one is asked for. Whatever is read is verified against the file's digest.
import { createHash, randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "../../base/bytes.ts";
import { type Digest, digestOf, finishDigest } from "../../base/digest.ts";
import { systemCode, ToolError } from "../../base/errors.ts";
import { diskError, writeFileAtomically } from "../../base/files.ts";
import { ofFile } from "../../formats/random-access.ts";
import { readTar } from "../../formats/tar-reader.ts";
import { abortable } from "../../oci/blob.ts";
import { fileRange } from "../../oci/store.ts";
import type { RecordedFacts } from "./record.ts";
import type { FilePlace } from "./rows.ts";

/** Where the contents of one layer come from. */
export interface LayerContents {
  /** The kept contents; undefined where nothing was kept. */
  keptFile: string | undefined;
  /** A local file that holds the layer's tar, made when first asked for. */
  readonly tarFile: () => Promise<string>;
  readonly close: () => Promise<void>;
}

/**
 * @param tar the layer's tar, verified as it flows
 * @param stored a local file that holds exactly it, where there is one
 */
export function layerContents(
  tar: () => Bytes,
  options: {
    readonly stored: string | undefined;
    readonly scratchFolder: string;
    readonly signal: AbortSignal;
  },
): LayerContents {
  const { scratchFolder, signal, stored } = options;
  const file = join(scratchFolder, `layer-${randomBytes(8).toString("hex")}.tar`);
  let made: Promise<string> | undefined;
  const make = async (): Promise<string> => {
    if (stored !== undefined) return stored;
    await writeFileAtomically(file, abortable(tar(), signal));
    return file;
  };
  return {
    keptFile: undefined,
    tarFile: () => {
      made ??= make();
      return made;
    },
    close: async () => {
      // Whoever shares the layer has it made again.
      made = undefined;
      await rm(file, { force: true });
    },
  };
}

/**
 * One file's bytes, and its facts with them: an entry keeps both wherever it is copied to.
 * An object with fields, since a layer may have a million of them.
 */
export class LayerFile implements Bytes {
  readonly facts: RecordedFacts;
  readonly #contents: LayerContents;
  readonly #digest: Digest;
  readonly #sizeBytes: number;
  readonly #offset: number;
  readonly #keptOffset: number;

  constructor(contents: LayerContents, place: FilePlace, facts: RecordedFacts) {
    this.facts = facts;
    this.#contents = contents;
    this.#digest = place.digest;
    this.#sizeBytes = place.sizeBytes;
    this.#offset = place.offset;
    this.#keptOffset = place.keptOffset;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.#sizeBytes === 0) return;
    const kept = this.#readKept();
    if (kept !== undefined) {
      yield kept;
      return;
    }
    const file = await this.#contents.tarFile();
    const stored =
      this.#offset >= 0
        ? fileRange(file, this.#offset, this.#sizeBytes)
        : entryNumber(file, -1 - this.#offset);
    yield* verifiedContent(stored, this.#digest);
  }

  /** The kept bytes, or a reason to read the layer: they are a copy that anything may have happened to. */
  #readKept(): Uint8Array | undefined {
    const { keptFile } = this.#contents;
    if (this.#keptOffset < 0 || keptFile === undefined) return undefined;
    try {
      const fd = openSync(keptFile, "r");
      try {
        const bytes = ofFile(fd, this.#keptOffset, this.#sizeBytes).read(0, this.#sizeBytes);
        return digestOf(bytes) === this.#digest ? bytes : undefined;
      } finally {
        closeSync(fd);
      }
    } catch (thrown) {
      if (systemCode(thrown) === undefined) throw thrown;
      return undefined;
    }
  }
}

/** The content of a tar's entry by its number, for sparse files: they don't lie there as they are. */
async function* entryNumber(file: string, number: number): AsyncGenerator<Uint8Array> {
  const what = `the tar ${file}`;
  let count = 0;
  for await (const { content } of readTar(fileRange(file, 0, Number.MAX_SAFE_INTEGER), what)) {
    if (count++ !== number) continue;
    yield* content;
    return;
  }
}

/** `stored` with its digest checked. @throws ToolError "digest-mismatch" in place of the end */
export async function* verifiedContent(stored: Bytes, digest: Digest): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of stored) {
      hash.update(chunk);
      yield chunk;
    }
  } catch (thrown) {
    if (systemCode(thrown) === undefined) throw thrown;
    throw diskError(`reading the file ${digest} of a layer`, thrown);
  }
  if (finishDigest(hash) === digest) return;
  throw new ToolError("digest-mismatch", {
    what: `reading the file ${digest} of a layer`,
    why: "its content changed while it was in use",
    hint: "run the command again, with nothing else writing to the image",
  });
}
