import { expect, test } from "vitest";
import { type BuildSummary, renderSummary } from "./summary.ts";

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const image = {
  platform: "linux/amd64",
  phase: "run",
  digest: digest("a"),
  sizeBytes: 31_400_000,
  files: 1234,
} as const;

test.each<[string, BuildSummary, string[]]>([
  [
    "one platform",
    { name: "redis", images: [image], destinations: ["oci:out"], timeMs: 1234 },
    ["built redis in 1.2 s", `  linux/amd64  31.4 MB  1234 files  ${digest("a")}`, "  -> oci:out"],
  ],
  [
    "two platforms, an init image, levels and an index",
    {
      name: "postgres",
      images: [
        { ...image, level: "truly-distroless" },
        { ...image, platform: "linux/arm64", digest: digest("b"), sizeBytes: 950, files: 1, level: "sealed" },
        { ...image, phase: "init", digest: digest("c") },
      ],
      indexDigest: digest("d"),
      destinations: ["registry.example/postgres:1", "oci-archive:x.tar"],
      timeMs: 61_000,
    },
    [
      "built postgres in 1 min 1 s",
      `  linux/amd64       31.4 MB  1234 files  truly-distroless  ${digest("a")}`,
      `  linux/arm64         950 B  1 file      sealed            ${digest("b")}`,
      `  linux/amd64 init  31.4 MB  1234 files                    ${digest("c")}`,
      `  index                                                    ${digest("d")}`,
      "  -> registry.example/postgres:1",
      "  -> oci-archive:x.tar",
    ],
  ],
  [
    "nothing but a name",
    { name: "a\u001b[2J", images: [], destinations: [], timeMs: 0 },
    ["built a\\x1b[2J in 0.00 s"],
  ],
])("%s", (_name, summary, expected) => {
  expect(renderSummary(summary, false).trimEnd().split("\n")).toEqual(expected);
});

test("colour changes nothing but colour", () => {
  const summary: BuildSummary = { name: "redis", images: [image], destinations: ["x"], timeMs: 1 };
  const coloured = renderSummary(summary, true);
  expect(coloured).toContain("\u001b[32mbuilt\u001b[39m");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: SGR sequences are what is taken away
  expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(renderSummary(summary, false));
});
