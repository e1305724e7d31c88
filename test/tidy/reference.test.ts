// The reference pages are what the code says, and nothing that a user may meet is missing from them.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { referencePages } from "../../scripts/reference/pages.ts";
import { errorCodes } from "../../src/base/errors.ts";
import { commands } from "../../src/cli/registry.ts";

const home = join(import.meta.dirname, "../..");
const page = (name: string): string => readFileSync(join(home, "docs/reference", name), "utf8");

describe("pages made from the code are current (node scripts/reference.ts)", async () => {
  test.each([...(await referencePages())])("%s", (name, content) => {
    expect(page(name)).toBe(content);
  });
});

test("every error code is documented, and nothing else", () => {
  const documented = [...page("errors.md").matchAll(/^\| `([a-z-]+)` \| (\d+)/gm)];
  expect(Object.fromEntries(documented.map(([, code, exit]) => [code, Number(exit)]))).toEqual(errorCodes);
});

test("a rule is written out where it is given, so that it can be found", () => {
  const made = globSync("src/**/*.ts", { cwd: home }).filter((name) =>
    /\brule:\s*`/.test(readFileSync(join(home, name), "utf8")),
  );
  expect(made).toEqual([]);
});

test("every environment variable that is read is documented", () => {
  const documented = new Set([...page("cli.md").matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => name));
  // An image's own environment is what these read.
  const ofImages = /^src\/(?:audit|closure|debian)\//;
  const read = globSync("src/**/*.ts", { cwd: home })
    .filter((name) => !name.endsWith(".test.ts") && !ofImages.test(name))
    .flatMap((name) => {
      const text = readFileSync(join(home, name), "utf8");
      const looked = [...text.matchAll(/\benv(?:ironment)?\["([A-Z][A-Z_]+)"\]/g)];
      const taken = [...text.matchAll(/^ {4}([A-Z]+_[A-Z_]+): \w+,$/gm)];
      const listed = [...text.matchAll(/"([A-Z]+_PROXY)"/g)];
      return [...looked, ...taken, ...listed].map(([, variable = ""]) => variable);
    });
  expect(read).toContain("DOCKER_CONFIG");
  expect(read.length).toBeGreaterThan(20);
  const internal = ["PATH"];
  expect(read.filter((name) => !documented.has(name) && !internal.includes(name))).toEqual([]);
});

test("every rule of a diagnostic is documented", () => {
  const documented = new Set(
    [...page("diagnostics.md").matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, rule]) => rule),
  );
  const used = globSync("src/**/*.ts", { cwd: home })
    .filter((name) => !name.endsWith(".test.ts"))
    .flatMap((name) => {
      const text = readFileSync(join(home, name), "utf8");
      if (!text.includes("diagnostics.ts")) return [];
      return [...text.matchAll(/\brule: "([a-z-]+)"/g)].map(([, rule = ""]) => ({ name, rule }));
    });
  expect(used.length).toBeGreaterThan(5);
  expect(used.map(({ rule }) => rule)).toContain("copy-source-outside");
  expect(used.filter(({ rule }) => !documented.has(rule))).toEqual([]);
});

describe("every command", async () => {
  const loaded = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => ({ name, command: await load() })),
  );

  test.each(loaded)("$name has a name, a summary and an example that calls it", ({ name, command }) => {
    expect(command.name).toBe(name);
    expect(command.summary).toMatch(/^[a-z].*[^.]$/);
    expect(command.examples.length).toBeGreaterThan(0);
    for (const { line } of command.examples) expect(line).toContain(`distill ${name}`);
  });

  test.each(loaded)("$name: short options are letters, each used once", ({ command }) => {
    const letters = Object.values(command.options).flatMap((option) => option.short ?? []);
    expect(letters.every((letter) => /^[A-Za-z]$/.test(letter) && letter !== "h" && letter !== "q")).toBe(
      true,
    );
    expect(new Set(letters).size).toBe(letters.length);
  });
});
