// Tidiness that no linter checks: of every file that is in the repository.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const home = join(import.meta.dirname, "../..");
const files = execFileSync("git", ["ls-files", "-z"], { cwd: home, encoding: "utf8", maxBuffer: 1 << 26 })
  .split("\0")
  .filter((name) => name !== "" && existsSync(join(home, name)) && statSync(join(home, name)).isFile());
const read = (name: string): string => readFileSync(join(home, name), "utf8");

/** What others made, or what a program writes. */
const foreign = /(^|\/)(corpus|golden)\/|^package-lock\.json$|^LICENSE$/;
const texts = files.filter(
  (name) => /\.(ts|mjs|cjs|js|json|md|yaml|yml|sh|txt)$|^distill$/.test(name) && !foreign.test(name),
);
const sources = files.filter((name) => /^(src|testing|test|scripts)\/.*\.ts$/.test(name));

test("the list of files is the repository's", () => {
  expect(sources.length).toBeGreaterThan(100);
  expect(files).toContain("src/cli/main.ts");
});

test("no source file is longer than 400 lines", () => {
  const long = sources.filter((name) => read(name).split("\n").length - 1 > 400);
  expect(long).toEqual([]);
});

test("every source file begins with what it is", () => {
  const silent = sources.filter(
    (name) => !name.endsWith(".test.ts") && !/^(#!.*\n)?(\/\/|\/\*)/.test(read(name)),
  );
  expect(silent).toEqual([]);
});

describe("words that have no place here", () => {
  // Put together, so that this file does not hold them.
  const marks = [
    ["TO", "DO"],
    ["FIX", "ME"],
    ["XX", "X"],
    ["HA", "CK"],
  ].map((parts) => parts.join(""));
  const machine = ["/wo" + "rk/", "/ho" + "me/[a-z]"];
  const hosts = [
    "deb\\.debian" + "\\.org",
    "security\\.debian" + "\\.org",
    "snapshot\\.debian" + "\\.org",
    "registry\\.npmjs" + "\\.org",
  ];

  test.each([
    ["marks of unfinished work", new RegExp(`\\b(${marks.join("|")})\\b`)],
    ["paths of one machine", new RegExp(`(^|[\\s"'\`(=:])(${machine.join("|")})`, "m")],
    ["host names of package mirrors", new RegExp(hosts.join("|"))],
  ])("%s", (_name, pattern) => {
    const found = texts.flatMap((name) => {
      const lines = read(name).split("\n");
      return lines.flatMap((line, index) =>
        pattern.test(line) ? [`${name}:${index + 1}: ${line.trim()}`] : [],
      );
    });
    expect(found).toEqual([]);
  });
});

describe("Markdown", () => {
  const pages = files.filter((name) => name.endsWith(".md") && !foreign.test(name));

  test.each(pages)("every link of %s leads somewhere", (page) => {
    const text = read(page).replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, "");
    const broken: string[] = [];
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = "", heading] = target.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      if (!existsSync(join(home, file))) broken.push(target);
      else if (heading !== undefined && file.endsWith(".md") && !anchorsOf(read(file)).has(heading))
        broken.push(target);
    }
    expect(broken).toEqual([]);
  });
});

function anchorsOf(markdown: string): Set<string> {
  const headings = markdown.match(/^#{1,6} .*$/gm) ?? [];
  return new Set(
    headings.map((line) =>
      line
        .replace(/^#+ /, "")
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

test("every folder of src is a boundary", () => {
  const folders = new Set(sources.flatMap((name) => /^src\/([^/]+)\//.exec(name)?.[1] ?? []));
  const boundaries = read(".dependency-cruiser.cjs");
  const unbounded = [...folders].filter((folder) => !new RegExp(`^ {2}${folder}: \\[`, "m").test(boundaries));
  expect(unbounded).toEqual([]);
});

test("no file hides behind a vague name", () => {
  const vague = sources.filter((name) => /(^|\/)(utils?|helpers?|misc|common|index)\.ts$/.test(name));
  expect(vague).toEqual([]);
});

test("names are in kebab case", () => {
  const odd = sources.filter(
    (name) => !/^([a-z0-9.-]+\/)*[a-z0-9]+(-[a-z0-9]+)*(\.test|\.bench)?\.ts$/.test(name),
  );
  expect(odd).toEqual([]);
});

test("package-lock.json names no registry, and a checksum for every package", () => {
  const lock = JSON.parse(read("package-lock.json")) as {
    readonly packages: Readonly<
      Record<string, { readonly resolved?: string; readonly integrity?: string; readonly link?: boolean }>
    >;
  };
  const packages = Object.entries(lock.packages).filter(([name]) => name !== "");
  expect(packages.length).toBeGreaterThan(50);
  expect(packages.filter(([, one]) => one.resolved !== undefined).map(([name]) => name)).toEqual([]);
  expect(
    packages.filter(([, one]) => one.integrity === undefined && one.link !== true).map(([name]) => name),
  ).toEqual([]);
});
