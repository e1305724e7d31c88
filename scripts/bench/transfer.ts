// A push or a pull as a whole process, for comparison with tools that do nothing else.
//
//   transfer.ts push LAYOUT REFERENCE        transfer.ts pull FOLDER REFERENCE
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCache } from "../../src/base/cache.ts";
import { openImageSet } from "../../src/oci/open.ts";
import { parseReference } from "../../src/oci/reference.ts";
import { openRegistryClient } from "../../src/oci/registry/client.ts";
import { pullImageSet } from "../../src/oci/registry/pull.ts";
import { pushImageSet } from "../../src/oci/registry/push.ts";

const [direction = "", place = "", name = ""] = process.argv.slice(2);
const task = { signal: new AbortController().signal, emit: (): void => undefined, now: Date.now };
const client = await openRegistryClient({ environment: process.env, task });
const reference = parseReference(name);
if (direction === "push") {
  const scratchFolder = mkdtempSync(join(tmpdir(), "distill-transfer-"));
  const set = await openImageSet({ kind: "oci-layout", path: place, tag: "latest" }, { scratchFolder });
  await pushImageSet(set, reference, { client });
  rmSync(scratchFolder, { recursive: true });
} else {
  await pullImageSet(reference, { client, cache: await openCache(place), prefetch: true });
}
client.close();
