import { describe, expect, test } from "vitest";
import { elf } from "../../../testing/closures.ts";
import { subjectOf } from "../../../testing/subjects.ts";
import { metadataFindings, platformFindings } from "./config.ts";

const labels = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`org.opencontainers.image.${name}`, "x"]));

describe("metadataFindings", () => {
  test.each<{ summary: string; given: Record<string, string>; found: string[] }>([
    { summary: "all of it", given: labels("source", "revision", "licenses"), found: [] },
    {
      summary: "an empty label says nothing",
      given: { ...labels("source", "revision"), "org.opencontainers.image.licenses": "" },
      found: ["no label org.opencontainers.image.licenses"],
    },
  ])("$summary", ({ given, found }) => {
    const subject = subjectOf({ layers: [], config: { Labels: given } });
    expect(metadataFindings(subject).map((one) => one.what)).toEqual(found);
  });

  test("a bare tree has no config to miss", () => {
    expect(metadataFindings(subjectOf({ layers: [], config: null }))).toEqual([]);
  });
});

describe("platformFindings", () => {
  const of = (
    machine: number,
    architecture: string,
    type: "executable" | "relocatable" = "executable",
  ): string[] =>
    platformFindings(
      subjectOf({
        layers: [[elf("/app/p", { machine, type, program: type === "executable", static: true })]],
        architecture,
      }),
    ).map((one) => one.what);

  test.each<[string, string[]]>([
    ["its own", of(62, "amd64")],
    ["32 bits on 64", of(3, "amd64")],
    ["32-bit Arm on 64", of(40, "arm64")],
    ["an object file is data", of(183, "amd64", "relocatable")],
    ["an architecture that isn't known here", of(62, "sparc64")],
  ])("runs: %s", (_summary, found) => {
    expect(found).toEqual([]);
  });

  test.each<[string, string[], string]>([
    ["Arm on x86", of(183, "amd64"), "it is for arm64, the image for amd64"],
    ["x86 on Arm", of(62, "arm64"), "it is for amd64, the image for arm64"],
    ["a machine without a name", of(999, "amd64"), "it is for machine 999, the image for amd64"],
  ])("%s", (_summary, found, what) => {
    expect(found).toEqual([what]);
  });
});
