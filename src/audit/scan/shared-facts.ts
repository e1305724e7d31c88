// Facts of large files by their digest, shared between layers and images: a library of 100 MB is looked through once.
import { type Cache, findRecord, storeRecord } from "../../base/cache.ts";
import type { Json } from "../../base/canonical-json.ts";
import { type Digest, digestOf } from "../../base/digest.ts";

export interface SharedFacts {
  /** JSON of the facts. */
  find(digest: Digest): Promise<string | undefined>;
  store(digest: Digest, facts: string): Promise<void>;
}

const namespace = "file-facts";

/** @param maker names whatever the facts depend on beside the bytes: another program or rule set finds other facts */
export function sharedFacts(cache: Cache, maker: string): SharedFacts {
  const keyOf = (digest: Digest): Digest => digestOf(`${namespace} ${maker} ${digest}`);
  return {
    async find(digest): Promise<string | undefined> {
      const found = await findRecord(cache, namespace, keyOf(digest));
      return found === undefined ? undefined : JSON.stringify(found);
    },
    store: (digest, facts) => storeRecord(cache, namespace, keyOf(digest), JSON.parse(facts) as Json),
  };
}
