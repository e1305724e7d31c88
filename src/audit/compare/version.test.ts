import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareVersions as debianOrder } from "../../debian/version.ts";
import type { PackageType } from "../packages/package.ts";
import { compareVersions } from "./version.ts";

describe("the order of versions", () => {
  it.each<[PackageType, string, string]>([
    ["deb", "2.36-9+deb12u8", "2.36-9+deb12u9"],
    ["deb", "1.9-1", "1.10-1"],
    ["deb", "9.0-1", "1:1.0-1"],
    ["deb", "1.0~rc1-1", "1.0-1"],
    ["deb", "1.0-1", "1.0-1+b1"],
    ["deb", "1.1.1-1", "1.1.1a-1"],
    ["apk", "1.2.4-r9", "1.2.4-r10"],
    ["apk", "1.2.4_rc1-r0", "1.2.4-r0"],
    ["apk", "1.2.4-r0", "1.2.4_p1-r0"],
    ["rpm", "0:4.18.0-1.el9", "1:4.0-1.el9"],
    ["npm", "1.0.0-rc.1", "1.0.0"],
    ["npm", "1.0.0-alpha", "1.0.0-alpha.1"],
    ["cargo", "0.9.12", "0.10.0"],
    ["go", "v0.0.0-20230101000000-abcdef012345", "v0.0.0-20240101000000-0123456789ab"],
    ["go", "v1.9.0", "v1.21.0"],
    ["python", "1.0rc1", "1.0"],
    ["python", "1.0b2", "1.0rc1"],
    ["python", "1.0", "1!0.5"],
    ["gem", "3.0.0.pre1", "3.0.0"],
    ["java", "2.0-beta3", "2.0"],
  ])("%s: %s is before %s", (type, earlier, later) => {
    expect(compareVersions(type, earlier, later)).toBeLessThan(0);
    expect(compareVersions(type, later, earlier)).toBeGreaterThan(0);
    if (type === "deb") expect(debianOrder(earlier, later)).toBeLessThan(0);
  });

  it.each<[PackageType, string, string]>([
    ["npm", "1.0.0+build.1", "1.0.0+build.2"],
    ["go", "v1.2.3", "1.2.3"],
    ["deb", "1.02-1", "1.2-1"],
    ["deb", "0:1.2-1", "1.2-1"],
  ])("%s: %s is %s", (type, one, other) => {
    expect(compareVersions(type, one, other)).toBe(0);
  });

  const part = fc.constantFrom(
    "0",
    "1",
    "10",
    "02",
    ".",
    "-",
    "~",
    "+",
    "rc",
    "a",
    "deb",
    "_p",
    "é",
    "\n",
    ":",
  );
  const version = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(""));
  const type = fc.constantFrom<PackageType>("deb", "apk", "npm", "python");

  it("is an order, of any text", () => {
    fc.assert(
      fc.property(type, version, version, version, (of, a, b, c) => {
        const [ab, bc, ac] = [
          compareVersions(of, a, b),
          compareVersions(of, b, c),
          compareVersions(of, a, c),
        ];
        expect(Math.sign(compareVersions(of, b, a))).toBe(-Math.sign(ab) + 0);
        if (ab <= 0 && bc <= 0) expect(ac).toBeLessThanOrEqual(0);
      }),
    );
  });
});
