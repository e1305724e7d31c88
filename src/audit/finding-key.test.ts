import { describe, expect, it } from "vitest";
import { digestOf } from "../base/digest.ts";
import { path } from "../tree/path.ts";
import type { Finding } from "./finding.ts";
import { findingKey, isFindingKey } from "./finding-key.ts";

const busybox: Finding = {
  rule: "multi-call",
  severity: "critical",
  atMost: "in-name-only",
  path: path("/opt/helper"),
  what: "BusyBox 1.35.0 (static, 300 applets)",
  evidence: [{ what: "applet table: 300 of 402 known names at byte 1663488" }],
  layer: digestOf("a layer"),
  primitives: ["exec"],
};

describe("the key of a finding", () => {
  it("is written down: baselines hold it for years", () => {
    expect(findingKey(busybox)).toBe("1/73d0c243da9f2b32ce88419d7aa3d7d6");
    expect(isFindingKey(findingKey(busybox))).toBe(true);
  });

  it.each<[string, Finding]>([
    ["another version", { ...busybox, what: "BusyBox 1.37.0-r12 (static, 304 applets)" }],
    ["another layer", { ...busybox, layer: digestOf("another layer") }],
    ["other offsets", { ...busybox, evidence: [] }],
    ["another grade", { ...busybox, severity: "high", atMost: "slim" }],
    ["a waiver", { ...busybox, waived: { reason: "a debug image" } }],
    ["a package", { ...busybox, package: { type: "deb", name: "busybox-static", version: "1:1.35.0-4" } }],
  ])("stays with %s", (_name, changed) => {
    expect(findingKey(changed)).toBe(findingKey(busybox));
  });

  it.each<[string, Finding]>([
    ["another rule", { ...busybox, rule: "shell" }],
    ["another path", { ...busybox, path: path("/opt/helper2") }],
    ["something else there", { ...busybox, what: "toybox 0.8.9 (static, 300 applets)" }],
    ["a subject", { ...busybox, subject: "busybox" }],
  ])("changes with %s", (_name, changed) => {
    expect(findingKey(changed)).not.toBe(findingKey(busybox));
  });

  it("goes by the subject where there is one", () => {
    const one = findingKey({ ...busybox, subject: "busybox", what: "BusyBox 1.35.0 (static)" });
    expect(findingKey({ ...busybox, subject: "busybox", what: "BusyBox, of the Debian kind" })).toBe(one);
  });

  it("tells what is in the image from what was deleted", () => {
    expect(findingKey(busybox, "residue")).not.toBe(findingKey(busybox));
  });

  it("tells a path from none", () => {
    const { path: _, ...nowhere } = busybox;
    expect(findingKey(nowhere)).not.toBe(findingKey(busybox));
  });
});
