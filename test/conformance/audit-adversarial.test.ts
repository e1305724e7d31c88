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
import { type AdversarialCase, type Expected, openWorkshop } from "../../testing/adversarial/workshop.ts";
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

function audit(cache: string, name: string): Promise<Ran> {
  return runInMemory(["audit", "--cache-dir", cache, "--quiet", "--format", "json", name], commands);
}

/** Makes the image of a case in a folder of its own, hands it over, and removes it. */
async function withImage(
  one: AdversarialCase,
  use: (name: string, place: string) => Promise<void>,
): Promise<void> {
  const place = await mkdtemp(join(folder, "case-"));
  const programs = join(folder, "programs");
  await mkdir(programs, { recursive: true });
  try {
    await use(await one.make(openWorkshop(place, programs)), place);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

function keys(findings: readonly ToldFinding[]): string[] {
  return findings.flatMap(({ path, rule }) => (path === undefined ? [rule] : [rule, `${rule} ${path}`]));
}

function pairs(findings: readonly (readonly [string, string?])[] = []): string[] {
  return findings.map(([rule, path]) => (path === undefined ? rule : `${rule} ${path}`));
}

/** Whether it ended as it has to. */
function checkAnswer({ code, stderr, stdout }: Ran, expected: Expected): void {
  if ("error" in expected) {
    expect({ code, stdout }, stderr).toEqual({ code: 3, stdout: "" });
    // Lines are broken where they get long.
    const message = stderr.replaceAll(/\s+/g, " ");
    expect([expected.error].flat(), message).toContain(/^error\[([a-z-]+)\]: /.exec(message)?.[1]);
    for (const said of expected.says) expect(message).toMatch(said);
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
  expect(keys(findings)).toEqual(expect.arrayContaining(pairs(expected.findings)));
  expect(keys(residue)).toEqual(expect.arrayContaining(pairs(expected.residue)));
}

/** Audits it with nothing known, and with whatever earlier cases left in the cache: that must make no difference. */
async function check(one: AdversarialCase): Promise<void> {
  await withImage(one, async (name, place) => {
    checkAnswer(await audit(join(place, "cache"), name), one.expected);
    checkAnswer(await audit(join(folder, "cache"), name), one.expected);
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
