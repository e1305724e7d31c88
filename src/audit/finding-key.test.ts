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
  subject: "busybox",
  what: "BusyBox 1.35.0 (static, 300 applets)",
  evidence: [{ what: "applet table: 300 of 402 known names at byte 1663488" }],
  layer: digestOf("a layer"),
  primitives: ["exec"],
};

describe("the key of a finding", () => {
  it("is written down: baselines hold it for years", () => {
    expect(findingKey(busybox)).toBe("2/9c75ab4c49f1ca2f3b41c35378594893");
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
    ["something else there", { ...busybox, subject: "toybox" }],
  ])("changes with %s", (_name, changed) => {
    expect(findingKey(changed)).not.toBe(findingKey(busybox));
  });

  it.each<[string, Partial<Finding>, Partial<Finding>]>([
    ["setuid files", { rule: "setuid", subject: "user 1000" }, { rule: "setuid", subject: "user 0" }],
    [
      "devices",
      { rule: "device", subject: "character-device 1:3" },
      { rule: "device", subject: "character-device 1:1" },
    ],
  ])("counts numbers that matter: %s", (_name, known, found) => {
    expect(findingKey({ ...busybox, ...known })).not.toBe(findingKey({ ...busybox, ...found }));
  });

  it("tells what is in the image from what was deleted", () => {
    expect(findingKey(busybox, "residue")).not.toBe(findingKey(busybox));
  });

  it("tells a path from none", () => {
    const { path: _, ...nowhere } = busybox;
    expect(findingKey(nowhere)).not.toBe(findingKey(busybox));
  });
});
