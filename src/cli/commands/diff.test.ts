import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openShelf, type Shelf } from "../../../testing/audit-samples.ts";
import type { Ran } from "../../../testing/cli.ts";

let shelf: Shelf;

beforeAll(async () => {
  shelf = await openShelf();
});
afterAll(() => shelf.close());

const diff = (...argv: readonly string[]): Promise<Ran> => shelf.run(["diff", "--quiet", ...argv]);

test("an image and itself: nothing differs, and no gate fails", async () => {
  const ran = await diff("--fail-on", "more-primitives,lower-level", "./shell", "./shell");
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expect(ran.stdout).toMatch(/^in-name-only, as before\n[\s\S]*\nNothing differs\.\n$/);
});

test("the same image from elsewhere differs in nothing but its name", async () => {
  const ran = await diff("./sealed", "oci.tar");
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expect(ran.stdout).toMatch(/before \.\/sealed [\s\S]*after {2}oci\.tar [\s\S]*\nNothing differs\.\n$/);
});

test("what came, what went, and where the level went", async () => {
  const worse = await diff("./sealed", "./shell");
  expect(worse.stdout).toMatch(/^sealed -> in-name-only \(worse\)\n/);
  expect(worse.stdout).toMatch(/^ {2}\+ \/opt\/helper /m);
  expect(worse.stdout).toMatch(/^ {2}\+ shell \(critical\): \/opt\/helper: GNU bash/m);
  const better = await diff("./shell", "./sealed");
  expect(better.stdout).toMatch(/^in-name-only -> sealed \(better\)\n/);
  expect(better.stdout).toMatch(/^ {2}- \/opt\/helper /m);
});

describe("formats", () => {
  test("json is as its schema says, and the same in a file", async () => {
    const printed = await diff("--format", "json", "./sealed", "./layered");
    const schema = JSON.parse((await shelf.run(["schema", "diff"])).stdout) as object;
    const validate = new Ajv2020({ strict: true, allErrors: true, strictRequired: false }).compile(schema);
    validate(JSON.parse(printed.stdout));
    expect(validate.errors ?? []).toEqual([]);
    const written = await diff("--format", "json", "-o", "diff.json", "./sealed", "./layered");
    expect(written).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(readFileSync(join(shelf.folder, "diff.json"), "utf8")).toBe(printed.stdout);
  });

  test("markdown", async () => {
    const { stdout } = await diff("--format", "markdown", "./sealed", "./shell");
    expect(stdout).toMatch(/in-name-only[\s\S]*\/opt\/helper/);
  });

  test("a table in a file has no colours", async () => {
    await shelf.run(["diff", "-q", "-o", "diff.txt", "./sealed", "./shell"], { terminal: true });
    expect(readFileSync(join(shelf.folder, "diff.txt"), "utf8")).not.toContain("\u001b");
  });

  test("--platform is of both", async () => {
    const ran = await diff("--platform", "linux/arm64", "./index", "./index");
    expect(ran.stdout).toMatch(/before \.\/index linux\/arm64/);
    expect(await diff("--platform", "linux/arm64", "./index", "./sealed")).toMatchObject({
      code: 3,
      stdout: "",
    });
  });
});

describe("--fail-on", () => {
  test.each<[argv: string[], code: number, says: RegExp]>([
    [
      ["--fail-on", "lower-level", "./sealed", "./root"],
      1,
      /^failed: the level went from sealed to distroless\n$/,
    ],
    [["--fail-on", "more-primitives", "./sealed", "./root"], 0, /^$/],
    [["--fail-on", "more-primitives", "./root", "./shell"], 1, /^failed: the image gained exec, shell, /],
    [["--fail-on", "more-primitives,lower-level", "./shell", "./sealed"], 0, /^$/],
    [
      ["--fail-on", "lower-level", "--fail-on", "more-primitives", "./sealed", "./shell"],
      1,
      /^failed: the level .*\nfailed: the image gained .*\n$/,
    ],
  ])("%j: %d", async (argv, code, says) => {
    const ran = await diff(...argv);
    expect(ran.stderr).toMatch(says);
    expect(ran.code).toBe(code);
    expect(ran.stdout).not.toBe("");
  });
});

test.each<{ summary: string; argv: string[]; code: number; says: RegExp }>([
  {
    summary: "an unknown gate",
    argv: ["--fail-on", "lower-levle", "./gone", "./gone"],
    code: 2,
    says: /--fail-on takes more-primitives, lower-level; not lower-levle \[wrong-choice\]\nhint: did you mean lower-level\?/,
  },
  { summary: "one image", argv: ["./sealed"], code: 2, says: /IMAGE is missing/ },
  {
    summary: "three",
    argv: ["./sealed", "./root", "./shell"],
    code: 2,
    says: /unexpected argument \.\/shell/,
  },
  {
    summary: "one that isn't there",
    argv: ["./sealed", "./gone"],
    code: 3,
    says: /error\[not-found\]: .*gone/,
  },
  {
    summary: "an output that can't be written",
    argv: ["-o", "gone/x", "./sealed", "./root"],
    code: 3,
    says: /error\[disk\]: writing .*gone\/x/,
  },
])("refused: $summary", async ({ argv, code, says }) => {
  const ran = await diff(...argv);
  expect(ran.stderr).toMatch(says);
  expect(ran).toMatchObject({ code, stdout: "" });
});
