import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { factSamples } from "../../testing/fact-samples.ts";
import { digestOf } from "../base/digest.ts";
import { inMemory } from "../formats/random-access.ts";
import { factsOf } from "./facts.ts";
import { factsVersion } from "./facts-version.ts";

interface Pinned {
  readonly factsVersion: number;
  /** Digests of the JSON of each sample's facts. */
  readonly samples: Readonly<Record<string, string>>;
}

const file = join(import.meta.dirname, "../../test/golden/facts.json");
// Read before the snapshot is compared: told to, vitest writes it anew.
const pinned = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Pinned) : undefined;
const found: Pinned = {
  factsVersion,
  samples: Object.fromEntries(
    [...factSamples].map(([name, bytes]) => [name, digestOf(JSON.stringify(factsOf(inMemory(bytes))))]),
  ),
};

test("facts change with their version only: caches would go on telling the old ones", () => {
  const before = pinned?.factsVersion === factsVersion ? pinned.samples : {};
  const changed = Object.keys(before).filter(
    (name) => name in found.samples && found.samples[name] !== before[name],
  );
  const advice = "raise factsVersion in src/content/facts-version.ts, then run this test with --update";
  expect(changed, `the facts of these samples changed: ${advice}`).toEqual([]);
});

test("the samples' facts are those that the version stands for", async () => {
  await expect(`${JSON.stringify(found, null, 2)}\n`).toMatchFileSnapshot(file);
});

test("a version is never taken back", () => {
  expect(factsVersion).toBeGreaterThanOrEqual(pinned?.factsVersion ?? 0);
});
