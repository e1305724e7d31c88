// Whether a builder made of a case what the newest BuildKit did.
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { goldenFile } from "../../test/dockerfiles/cases.ts";
import { type BuilderName, type Difference, differencesOf } from "../../test/dockerfiles/differences.ts";
import type { Builder } from "./builders.ts";
import type { DockerfileCase } from "./case.ts";
import type { Laboratory, Outcome } from "./laboratory.ts";

/** Builds a case and compares it with what is recorded of it. @throws where they differ otherwise than by what is accepted */
export async function expectAgreement(
  laboratory: Laboratory,
  one: DockerfileCase,
  builder: Builder,
  name?: BuilderName,
): Promise<void> {
  const golden = JSON.parse(readFileSync(goldenFile(one), "utf8")) as Outcome;
  const accepted = name === undefined ? [] : differencesOf(name, one.name);
  const { outcome, says } = await laboratory.build(one, builder);
  if (accepted.some(({ without }) => without === undefined)) {
    expect("refused" in outcome, "that only one of the two makes an image").not.toBe("refused" in golden);
    return;
  }
  expect(reduced(outcome, accepted), says.slice(-3000)).toEqual(reduced(golden, accepted));
}

function reduced(outcome: Outcome, accepted: readonly Difference[]): Outcome {
  if ("refused" in outcome) return outcome;
  const reduce = accepted.flatMap(({ without }) => without ?? []);
  return { images: outcome.images.map((image) => reduce.reduce((dump, without) => without(dump), image)) };
}
