import { describe, expect, test } from "vitest";
import { digestOf } from "../base/digest.ts";
import type { Lock } from "../graph/lock.ts";
import { dateOf, packagesFor } from "./session.ts";

const digest = digestOf("x");
const suite = { suite: "bookworm", archive: "debian", digest };
const lock: Lock = {
  lockVersion: 1,
  request: digest,
  suites: [
    { ...suite, date: "2026-03-02T00:00:00Z" },
    { ...suite, date: "2026-03-01T00:00:00Z" },
  ],
  platforms: [{ platform: "linux/amd64", phase: "run", packages: [] }],
};

describe("locked packages", () => {
  test("are those of the platform and the phase, and none without a lock", () => {
    expect(packagesFor(lock, "linux/amd64", "run")).toBe(lock.platforms[0]?.packages);
    expect(packagesFor(undefined, "linux/amd64", "run")).toEqual([]);
  });

  test.each([
    ["linux/arm64", "run"],
    ["linux/amd64", "init"],
  ] as const)("what is not locked is not nothing: %s %s", (platform, phase) => {
    expect(() => packagesFor(lock, platform, phase)).toThrow(
      expect.objectContaining({ code: "lock-differs" }) as Error,
    );
  });
});

describe("the date of an image", () => {
  test.each<[summary: string, given: Lock | undefined, env: Record<string, string>, seconds: number]>([
    ["the newest index's", lock, {}, 1_772_409_600],
    ["without an index", undefined, {}, 0],
    ["an empty SOURCE_DATE_EPOCH", undefined, { SOURCE_DATE_EPOCH: "" }, 0],
    ["the last that RFC 3339 writes", lock, { SOURCE_DATE_EPOCH: "253402300799" }, 253_402_300_799],
  ])("%s", (_summary, given, env, seconds) => {
    expect(dateOf(given, { env })).toBe(seconds);
  });

  test.each(["-1", "1.5", "yesterday", "253402300800", "99999999999999", "9".repeat(400)])(
    "%s is refused as wrong usage",
    (epoch) => {
      expect(() => dateOf(lock, { env: { SOURCE_DATE_EPOCH: epoch } })).toThrow(
        expect.objectContaining({ code: "usage" }) as Error,
      );
    },
  );
});
