// Images that try to pass as better than they are, and damaged ones, through the command line; each with the answer that is right
// by the levels' definition. None that holds a shell, hidden in whatever way, passes as truly-distroless or sealed.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareLevels, type Level } from "../../src/audit/levels.ts";
import { commands } from "../../src/cli/registry.ts";
import { adversarialCases } from "../../testing/adversarial/cases.ts";
import { missingPrograms } from "../../testing/adversarial/programs.ts";
import { type AdversarialCase, openWorkshop } from "../../testing/adversarial/workshop.ts";
import { type Ran, runInMemory } from "../../testing/cli.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "distill-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Told {
  readonly verdict: { readonly level: Level; readonly determinate: boolean; readonly atBest: Level };
  readonly findings: readonly ToldFinding[];
  readonly residue: readonly ToldFinding[];
}

interface ToldFinding {
  readonly rule: string;
  readonly path?: string;
}

function audit(...argv: readonly string[]): Promise<Ran> {
  return runInMemory(["audit", "--cache-dir", join(folder, "cache"), "--quiet", ...argv], commands);
}

/** Makes the image of a case in a folder of its own, hands it over, and removes it. */
async function withImage(one: AdversarialCase, use: (name: string) => Promise<void>): Promise<void> {
  const place = await mkdtemp(join(folder, "case-"));
  const programs = join(folder, "programs");
  await mkdir(programs, { recursive: true });
  try {
    await use(await one.make(openWorkshop(place, programs)));
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

function keys(findings: readonly ToldFinding[]): string[] {
  return findings.flatMap(({ path, rule }) => (path === undefined ? [rule] : [rule, `${rule} ${path}`]));
}

async function check(one: AdversarialCase): Promise<void> {
  await withImage(one, async (name) => {
    const { code, stderr, stdout } = await audit("--format", "json", name);
    const { expected } = one;
    if ("error" in expected) {
      expect({ code, stdout }, stderr).toEqual({ code: 3, stdout: "" });
      expect(stderr.startsWith(`error[${expected.error}]: `), stderr).toBe(true);
      for (const said of expected.says) expect(stderr).toMatch(said);
      return;
    }
    expect(code, stderr).toBe(0);
    const { findings, residue, verdict } = JSON.parse(stdout) as Told;
    const { level, determinate, atBest } = verdict;
    const shown = findings.map((finding) => JSON.stringify(finding).slice(0, 200)).join("\n");
    expect({ level, determinate, atBest }, shown).toEqual({
      level: expected.level,
      determinate: expected.atBest === undefined,
      atBest: expected.atBest ?? expected.level,
    });
    const wanted = (pairs: readonly (readonly [string, string?])[] = []): string[] =>
      pairs.map(([rule, path]) => (path === undefined ? rule : `${rule} ${path}`));
    expect(keys(findings)).toEqual(expect.arrayContaining(wanted(expected.findings)));
    expect(keys(residue)).toEqual(expect.arrayContaining(wanted(expected.residue)));
  });
}

describe("adversarial images", () => {
  test("the table has each name once, and more than thirty cases", () => {
    const named = adversarialCases.map((one) => one.name);
    expect(new Set(named).size).toBe(named.length);
    expect(named.length).toBeGreaterThan(30);
  });

  test("no case that shows a shell is expected to pass", () => {
    const showsShell = adversarialCases.filter(
      ({ expected }) =>
        "level" in expected &&
        (expected.findings ?? []).some(([rule]) => ["shell", "multi-call", "hidden-program"].includes(rule)),
    );
    for (const { expected } of showsShell)
      expect("level" in expected && compareLevels(expected.level, "truly-distroless")).toBeLessThan(0);
  });

  for (const one of adversarialCases) {
    const missing = missingPrograms(one.programs ?? []);
    const named = missing === undefined ? one.name : `${one.name} (skipped: ${missing})`;
    test.skipIf(missing !== undefined)(named, () => check(one));
  }
});
