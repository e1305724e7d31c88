// What one file's bytes say, as text that can be sent between threads and stored: its digest and its facts.
import { type Digest, digestOf } from "../../base/digest.ts";
import { factsOf } from "../../content/facts.ts";
import { inMemory, type RandomAccess } from "../../formats/random-access.ts";
import type { SharedFacts } from "./shared-facts.ts";

/** Where a file's bytes lie in what holds several. */
export interface Extent {
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface Examined {
  readonly digest: Digest;
  /** JSON of its `Facts`. */
  readonly facts: string;
}

export interface Examiner {
  /** Files that lie in `bytes`. */
  examine(bytes: Uint8Array, files: readonly Extent[]): Promise<readonly Examined[]>;
  /** A file with this digest whose bytes can be read by offset. */
  examineSource(source: RandomAccess, digest: Digest): Promise<Examined>;
}

/** Facts of files of this size and more are shared between layers, by the cache. */
const sharedBytesMin = 1 << 20;
/** Contents whose facts are remembered: images hold some again and again, under many names. */
const rememberedMax = 50_000;

/** An examiner that makes the facts of each distinct content once; `counted` is told of each one that it makes. */
export function createExaminer(shared: SharedFacts, counted: () => void = () => undefined): Examiner {
  const remembered = new Map<Digest, string>();
  const make = async (source: RandomAccess, digest: Digest): Promise<string> => {
    const isShared = source.sizeBytes >= sharedBytesMin;
    const known = isShared ? await shared.find(digest) : undefined;
    if (known !== undefined) return known;
    counted();
    const facts = JSON.stringify(factsOf(source));
    if (isShared) await shared.store(digest, facts);
    return facts;
  };
  const examineSource = async (source: RandomAccess, digest: Digest): Promise<Examined> => {
    const facts = await make(source, digest);
    if (remembered.size < rememberedMax) remembered.set(digest, facts);
    return { digest, facts };
  };
  return {
    async examine(bytes, files): Promise<readonly Examined[]> {
      const results: Examined[] = [];
      for (const { offset, sizeBytes } of files) {
        const content = bytes.subarray(offset, offset + sizeBytes);
        const digest = digestOf(content);
        const facts = remembered.get(digest);
        results.push(
          facts === undefined ? await examineSource(inMemory(content), digest) : { digest, facts },
        );
      }
      return results;
    },
    examineSource,
  };
}
