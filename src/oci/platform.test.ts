import { describe, expect, test } from "vitest";
import { imageOf } from "../../testing/layouts.ts";
import { makeImageSet } from "./derive.ts";
import { formatPlatform, imageFor, isSamePlatform, parsePlatform } from "./platform.ts";

describe("platforms", () => {
  test.each(["linux/amd64", "linux/arm64/v8", "linux/arm/v7"])("%s survives a round trip", (text) => {
    expect(formatPlatform(parsePlatform(text))).toBe(text);
  });

  test.each(["", "linux", "linux/", "/amd64", "linux/amd64/v1/x", "Linux/AMD64", "linux amd64"])(
    "refuses %j",
    (text) => {
      expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: "usage" }));
    },
  );

  const pairs = [
    { a: "linux/arm64", b: "linux/arm64/v8", same: true },
    { a: "linux/arm", b: "linux/arm/v7", same: true },
    { a: "linux/arm/v6", b: "linux/arm", same: false },
    { a: "linux/amd64", b: "linux/amd64/v3", same: false },
    { a: "linux/amd64", b: "linux/arm64", same: false },
    { a: "linux/amd64", b: "freebsd/amd64", same: false },
  ];
  test.each(pairs)("$a and $b", ({ a, b, same }) => {
    expect(isSamePlatform(parsePlatform(a), parsePlatform(b))).toBe(same);
  });

  test("the image for a platform, or the platforms that are there", () => {
    const arm = imageOf([], { architecture: "arm64" });
    const set = makeImageSet([imageOf([]), arm]);
    expect(imageFor(set, parsePlatform("linux/arm64/v8"))).toBe(arm);
    expect(() => imageFor(set, parsePlatform("linux/s390x"))).toThrow(
      expect.objectContaining({ code: "not-found", hint: "there is one for linux/amd64, linux/arm64" }),
    );
  });
});
