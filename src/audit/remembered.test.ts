import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleFinding, sampleReport } from "../../testing/audit-report-parts.ts";
import { type Cache, openCache } from "../base/cache.ts";
import { digestOf } from "../base/digest.ts";
import { path } from "../tree/path.ts";
import type { AuditReport } from "./finding.ts";
import { findReport, rememberReport } from "./remembered.ts";

let folder = "";
let cache: Cache;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "distill-remembered-"));
  cache = await openCache(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const finding = sampleFinding("setuid", "x".repeat(100));
const uses = [
  { primitive: "exec", files: [{ path: path("/a"), by: "y".repeat(100), needed: false }] },
] as const;

describe("a report is remembered", () => {
  it.each<[string, Partial<AuditReport>, number, boolean]>([
    ["that fits", { findings: [finding] }, 1000, true],
    ["not with findings that don't", { findings: [finding, finding, finding] }, 400, false],
    ["not with residue that doesn't", { residue: [finding, finding, finding] }, 400, false],
    ["not with uses that don't", { primitives: uses }, 100, false],
  ])("%s", async (name, parts, lengthMax, expected) => {
    const key = digestOf(name);
    const report = sampleReport(parts);
    await rememberReport(cache, key, report, lengthMax);
    const found = await findReport(cache, key, { ...report.image, reference: "again" });
    expect(found?.findings).toEqual(expected ? report.findings : undefined);
    expect(found?.image.reference).toBe(expected ? "again" : undefined);
  });
});
