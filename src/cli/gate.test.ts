import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openShelf, type Shelf, type ToldAudit } from "../../testing/audit-samples.ts";
import type { Ran } from "../../testing/cli.ts";

let shelf: Shelf;

beforeAll(async () => {
  shelf = await openShelf();
});
afterAll(() => shelf.close());

const audit = (...argv: readonly string[]): Promise<Ran> => shelf.run(["audit", "--quiet", ...argv]);

describe("gates", () => {
  test.each<[level: string, name: string, code: number]>([
    ["sealed", "./sealed", 0],
    ["sealed", "./root", 1],
    ["distroless", "./root", 0],
    ["truly-distroless", "./root", 1],
    ["shell-less", "./shell", 1],
    ["in-name-only", "./shell", 0],
  ])("--fail-below %s of %s: %d", async (level, name, code) => {
    const ran = await audit("--fail-below", level, name);
    expect(ran.code).toBe(code);
    expect(ran.stdout).toMatch(/ - level /);
    expect(ran.stderr).toMatch(
      code === 0 ? /^$/ : new RegExp(`^failed: ${name}: .*it has to be ${level} \\[level\\]`),
    );
  });

  test("one image below it fails all, and is the one that is named", async () => {
    const ran = await audit("--fail-below", "truly-distroless", "./sealed", "./shell");
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/failed: \.\/shell: /);
    expect(ran.stderr).not.toContain("failed: ./sealed");
  });

  test.each<[summary: string, argv: string[], code: number]>([
    ["nothing is asked", [], 0],
    ["a level that is reached", ["--fail-below", "in-name-only"], 0],
    ["a level that isn't", ["--fail-below", "shell-less"], 1],
    ["a policy's level that is reached", ["--policy", "asks.yaml"], 0],
    ["a policy's severity", ["--policy", "fails-at.yaml"], 1],
    ["a policy's primitives", ["--policy", "primitives.yaml"], 1],
    ["a baseline that has it all", ["--baseline", "same.json"], 0],
    ["a baseline of another image", ["--baseline", "other.json"], 1],
  ])("a test report fails as the gate does: %s", async (_summary, argv, code) => {
    await shelf.write("asks.yaml", "apiVersion: distill/v1\nlevel: in-name-only\n");
    await shelf.write("fails-at.yaml", "apiVersion: distill/v1\nfail-at: high\n");
    await shelf.write("primitives.yaml", "apiVersion: distill/v1\nprimitives: {allow: []}\n");
    await audit("--format", "json", "-o", "same.json", "./shell");
    await audit("--format", "json", "-o", "other.json", "./root");
    const ran = await audit("--format", "junit", ...argv, "./shell");
    expect(ran.code).toBe(code);
    expect(/<failure /.test(ran.stdout)).toBe(code === 1);
  });
});

describe("--policy", () => {
  const policyOf = (expires: string, more = ""): string => `apiVersion: distill/v1
level: distroless
waivers:
  - rule: shell
    path: /opt/helper
    reason: the vendor promised to remove it
    expires: ${expires}
${more}`;
  const at = { now: () => Date.parse("2026-06-01T12:00:00Z") };

  test("a waived finding is marked, the level stays, the accepted one counts", async () => {
    await shelf.write("policy.yaml", policyOf("2026-06-01"));
    const ran = await shelf.run(
      ["audit", "-q", "--policy", "policy.yaml", "--format", "json", "./shell"],
      at,
    );
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    const report = JSON.parse(ran.stdout) as ToldAudit;
    expect(report.verdict).toMatchObject({ level: "in-name-only", accepted: "distroless" });
    expect(report.findings.find((one) => one.rule === "shell")?.waived).toEqual({
      reason: "the vendor promised to remove it",
      expires: "2026-06-01",
    });
    const table = await shelf.run(["audit", "-q", "--policy", "policy.yaml", "./shell"], at);
    expect(table.stdout).toMatch(/^in-name-only - [\s\S]*accepted as distroless/);
  });

  test("an expired waiver counts no more, and is told of", async () => {
    await shelf.write("policy.yaml", policyOf("2026-05-31"));
    const ran = await shelf.run(["audit", "-q", "--policy", "policy.yaml", "./shell"], at);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(
      /^policy\.yaml:4:\d+: warning: the waiver of shell for \/opt\/helper ended on 2026-05-31.*\[waiver-expired\]/m,
    );
    expect(ran.stderr).toMatch(
      /^failed: \.\/shell: the image is in-name-only; the policy asks for distroless \[level\]/m,
    );
  });

  test("a waiver of nothing is told of, and fails nothing", async () => {
    await shelf.write("policy.yaml", policyOf("2026-12-01"));
    const ran = await shelf.run(["audit", "-q", "--policy", "policy.yaml", "./sealed"], at);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toMatch(
      /policy\.yaml:4:\d+: warning: the waiver of shell for \/opt\/helper concerns nothing/,
    );
  });

  test("kept files have their reason, also where the report was remembered", async () => {
    await shelf.write(
      "policy.yaml",
      policyOf("2026-12-01", "keep:\n  - path: /opt/**\n    reason: loaded by name\n"),
    );
    const argv = ["audit", "-q", "--policy", "policy.yaml", "--format", "json", "./shell"];
    const [first, second] = [await shelf.run(argv, at), await shelf.run(argv, at)];
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect((JSON.parse(first.stdout) as ToldAudit).verdict.accepted).toBe("sealed");
    expect(second).toEqual(first);
  });

  test("every mistake with its place, before anything is read", async () => {
    await shelf.write("policy.yaml", "apiVersion: distill/v1\nlevel: perfect\nwaivers: [{rule: shel}]\n");
    const ran = await audit("--policy", "policy.yaml", "./gone");
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toMatch(/^policy\.yaml:2:8: error: /m);
    expect(ran.stderr).toMatch(/^policy\.yaml:3:\d+: error: /m);
    expect(ran.stderr).not.toContain("gone");
  });
});

describe("--baseline", () => {
  test("a report is the baseline of the next one", async () => {
    await audit("--format", "json", "-o", "known.json", "./shell");
    expect(await audit("--baseline", "known.json", "./shell")).toMatchObject({ code: 0, stderr: "" });
    expect((await audit("--baseline", "known.json", "--fail-below", "sealed", "./shell")).code).toBe(0);
    const other = await audit("--baseline", "known.json", "./layered");
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(
      /^failed: \.\/layered: .*that the baseline doesn't have \[baseline\]\n.*\/etc\/token/m,
    );
  });

  test("lines of several images", async () => {
    await audit("--format", "json", "-o", "known.jsonl", "./shell", "./root");
    expect(await audit("--baseline", "known.jsonl", "./root", "./shell")).toMatchObject({
      code: 0,
      stderr: "",
    });
    // What is known of one image isn't of another.
    expect((await audit("--baseline", "known.jsonl", "./layered")).code).toBe(1);
  });

  test("of several images, each needs a report of its own", async () => {
    await audit("--format", "json", "-o", "one.json", "./shell");
    expect((await audit("--baseline", "one.json", "shell.docker.tar")).code).toBe(0);
    const both = await audit("--baseline", "one.json", "./shell", "shell.docker.tar");
    expect(both.code).toBe(1);
    expect(both.stderr).toMatch(/^failed: shell\.docker\.tar: /m);
    expect(both.stderr).not.toContain("failed: ./shell");
  });

  test("what is no baseline is told with its line", async () => {
    await shelf.write("wrong.json", '{"schemaVersion": 1}\n');
    const ran = await audit("--baseline", "wrong.json", "./gone");
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toMatch(/^wrong\.json:1:1: error: .*\[baseline-malformed\]/m);
  });
});
