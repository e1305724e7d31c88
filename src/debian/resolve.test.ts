import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { universeOf } from "../../testing/packages.ts";
import { ToolError } from "../base/errors.ts";
import { type Candidate, conflictsWith, satisfies } from "./candidate.ts";
import { parseRequest } from "./request.ts";
import { resolvePackages } from "./resolve.ts";

type Suites = Readonly<Record<string, string>>;

/** "a=1 b=2", or the error's code and reason. */
function outcome(suites: Suites, requests: string): string {
  try {
    const { packages } = resolvePackages(universeOf(suites), requests.split(" ").map(parseRequest));
    return packages.map((one) => `${one.name}=${one.version}`).join(" ");
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    return [`${thrown.code}: ${thrown.why}`, ...(thrown.hint === undefined ? [] : [thrown.hint])].join(" / ");
  }
}

describe("resolved", () => {
  test.each<[summary: string, suite: string, requests: string, expected: string]>([
    ["a package alone", "a 1", "a", "a=1"],
    [
      "dependencies in turn, each once",
      "a 1\nDepends: b, c\n\nb 1\nDepends: c\n\nc 1\nDepends: a",
      "a",
      "a=1 b=1 c=1",
    ],
    [
      "Pre-Depends count, Recommends and Suggests don't",
      "a 1\nPre-Depends: b\nRecommends: c\nSuggests: d\n\nb 1\n\nc 1\n\nd 1",
      "a",
      "a=1 b=1",
    ],
    ["essential packages are not implied", "a 1\n\nb 1\nEssential: yes", "a", "a=1"],
    ["the first alternative", "a 1\nDepends: b | c\n\nb 1\n\nc 1", "a", "a=1 b=1"],
    ["the second alternative where the first can't be had", "a 1\nDepends: x | c\n\nc 1", "a", "a=1 c=1"],
    ["an alternative that is chosen already", "a 1\nDepends: c, b | c\n\nb 1\n\nc 1", "a", "a=1 c=1"],
    [
      "requests decide between alternatives, in whatever order",
      "a 1\nDepends: b | c\n\nb 1\n\nc 1",
      "a c",
      "a=1 c=1",
    ],
    [
      "a real package before one that provides its name",
      "a 1\nDepends: m\n\nm 1\n\nn 1\nProvides: m",
      "a",
      "a=1 m=1",
    ],
    ["the provider of a virtual package", "a 1\nDepends: m\n\nn 1\nProvides: m", "a", "a=1 n=1"],
    [
      "of several providers the more important",
      "a 1\nDepends: m\n\nn 1\nProvides: m\n\no 1\nProvides: m\nPriority: standard",
      "a",
      "a=1 o=1",
    ],
    [
      "of equal providers the first by name",
      "a 1\nDepends: m\n\no 1\nProvides: m\n\nn 1\nProvides: m",
      "a",
      "a=1 n=1",
    ],
    [
      "a versioned dependency is met by a versioned Provides only",
      "a 1\nDepends: m (>= 2)\n\nn 1\nProvides: m\n\no 1\nProvides: m (= 2.5)",
      "a",
      "a=1 o=1",
    ],
    [
      "Provides of several versions of a name",
      "a 1\nDepends: m (= 1)\n\nn 1\nProvides: m (= 2), m (= 1)",
      "a",
      "a=1 n=1",
    ],
    [
      "name:any needs Multi-Arch: allowed",
      "a 1\nDepends: b:any | c:any\n\nb 1\nMulti-Arch: foreign\n\nc 1\nMulti-Arch: allowed",
      "a",
      "a=1 c=1",
    ],
    ["name:amd64 on amd64", "a 1\nDepends: b:arm64 | c:amd64\n\nb 1\n\nc 1", "a", "a=1 c=1"],
    [
      "other architectures are no candidates",
      "a 1\nDepends: b\n\nb 2\nArchitecture: i386\n\nb 1\nArchitecture: all",
      "a",
      "a=1 b=1",
    ],
    ["the highest version", "a 1\n\na 10\n\na 9", "a", "a=10"],
    ["an exact version", "a 1\n\na 2", "a=1", "a=1"],
    ["a version by its beginning", "a 15.1-1\n\na 15.3-1\n\na 16.0-1", "a=15*", "a=15.3-1"],
    ["an older version where the best does not fit", "a 1\nDepends: b (<< 2)\n\nb 1\n\nb 2", "a", "a=1 b=1"],
    ["a pin holds for dependencies too", "a 1\nDepends: b\n\nb 1\n\nb 2", "a b=1", "a=1 b=1"],
    ["an excluded dependency is dropped", "a 1\nDepends: b, c\n\nb 1\n\nc 1", "a !b", "a=1 c=1"],
    ["an excluded package has no stand-in", "a 1\nDepends: b | c\n\nb 1\n\nc 1", "a !b", "a=1"],
    [
      "a virtual dependency whose only provider is excluded is dropped",
      "a 1\nDepends: m\n\nn 1\nProvides: m",
      "a !n",
      "a=1",
    ],
    [
      "a virtual dependency has its other providers",
      "a 1\nDepends: m\n\nn 1\nProvides: m\n\no 1\nProvides: m",
      "a !n",
      "a=1 o=1",
    ],
    ["a virtual name with one provider", "n 1\nProvides: m", "m", "n=1"],
    [
      "a conflict steers to the other alternative",
      "a 1\nDepends: c, b | d\n\nb 1\n\nc 1\nConflicts: b\n\nd 1",
      "a",
      "a=1 c=1 d=1",
    ],
    [
      "a conflict that is found later is gone back for",
      "a 1\nDepends: b | c, d\n\nb 1\n\nc 1\n\nd 1\nConflicts: b",
      "a",
      "a=1 c=1 d=1",
    ],
    [
      "a conflict with a name that is provided",
      "a 1\nDepends: b | c, d\n\nb 1\nProvides: m\n\nc 1\n\nd 1\nConflicts: m",
      "a",
      "a=1 c=1 d=1",
    ],
    ["a package may conflict with what it provides", "a 1\nProvides: m\nConflicts: m", "a", "a=1"],
    [
      "Breaks with a version",
      "a 1\nDepends: b, c\n\nb 1\nBreaks: c (<< 2)\n\nc 1\n\nc 2",
      "a",
      "a=1 b=1 c=2",
    ],
    ["a malformed alternative is passed over", "a 1\nDepends: ???, b\n\nb 1", "a", "a=1 b=1"],
    ["the same request twice", "a 1", "a a", "a=1"],
  ])("%s", (_, suite, requests, expected) => {
    expect(outcome({ stable: suite }, requests)).toBe(expected);
  });

  test("suites are merged by version, and of equal ones the first is named", () => {
    const universe = universeOf({ stable: "a 1\n\nb 1", updates: "a 1", security: "b 1.1" });
    const { packages } = resolvePackages(universe, ["a", "b"].map(parseRequest));
    expect(packages.map((one) => `${one.name} ${one.version} ${one.suite}`)).toEqual([
      "a 1 stable",
      "b 1.1 security",
    ]);
  });

  test("name/suite takes that suite's version, and fits its dependencies to it", () => {
    const suites = { stable: "a 1\nDepends: b (= 1)\n\nb 1", updates: "a 2\nDepends: b (= 2)\n\nb 2" };
    expect(outcome(suites, "a/stable")).toBe("a=1 b=1");
    expect(outcome(suites, "a")).toBe("a=2 b=2");
  });

  test("name/suite is also right where another suite has the same file", () => {
    const suites = { stable: "a 1\n\na 2", updates: "a 1" };
    expect(outcome(suites, "a/updates")).toBe("a=1");
    expect(outcome(suites, "a/security")).toMatch(/there is 2 \(stable\), 1 \(stable\)/);
  });

  test("what satisfies a dependency is named, and what was dropped is told", () => {
    const universe = universeOf({ stable: "a 1\nDepends: m, x\n\nn 1\nProvides: m\nDepends: a\n\nx 1" });
    const { packages, dropped } = resolvePackages(universe, ["a", "!x"].map(parseRequest));
    expect(packages.map((one) => [one.name, one.depends, one.requested])).toEqual([
      ["a", ["n"], true],
      ["n", ["a"], false],
    ]);
    expect(dropped).toEqual([{ package: "a", dependency: "x" }]);
  });
});

describe("not resolved", () => {
  test.each<[summary: string, suite: string, requests: string, expected: RegExp]>([
    [
      "an unknown name",
      "nginx 1",
      "ngnix",
      /^unsatisfiable: no suite has a package of this name \/ did you mean nginx\?/,
    ],
    [
      "an unknown version",
      "a 1\n\na 2",
      "a=3",
      /^unsatisfiable: no version is as asked for; there is 2 \(stable\), 1 \(stable\)/,
    ],
    [
      "a missing dependency",
      "a 1\nDepends: b\n\nb 1\nDepends: libfoo2\n\nlibfoo1 1",
      "a",
      /a \(requested\) -> b needs libfoo2, but there is no libfoo2 \(nearest name: libfoo1\)/,
    ],
    [
      "a dependency in another version",
      "a 1\nDepends: b (>= 2)\n\nb 1.5",
      "a",
      /a \(requested\) needs b \(>= 2\), but of b there is only 1\.5 \(stable\)/,
    ],
    [
      "requests in conflict",
      "a 1\nConflicts: b\n\nb 1",
      "a b",
      /b, but a 1 \(a \(requested\)\) conflicts with b 1/,
    ],
    [
      "a conflict through dependencies",
      "a 1\nDepends: c\n\nb 1\nDepends: d\n\nc 1\n\nd 1\nBreaks: c",
      "a b",
      /b \(requested\) needs d, but d 1 conflicts with c 1 \(a \(requested\) -> c\)/,
    ],
    [
      "two versions of one package",
      "a 1\nDepends: c (= 1)\n\nb 1\nDepends: c (= 2)\n\nc 1\n\nc 2",
      "a b",
      /c 1 is chosen already \(a \(requested\) -> c\)/,
    ],
    [
      "a virtual package with several providers",
      "n 1\nProvides: m\n\no 1\nProvides: m",
      "m",
      /virtual package, provided by n, o \/ name one of them/,
    ],
    [
      "a provider that does not fit",
      "a 1\nDepends: m (>= 3)\n\nn 1\nProvides: m (= 2)",
      "a",
      /m is provided only by n, none of which fits/,
    ],
    ["asked for and excluded", "a 1", "a !a", /it is asked for, and excluded too/],
    [
      "all alternatives, each told",
      "a 1\nDepends: libxxxx | libyyyy",
      "a",
      /there is no libxxxx, and there is no libyyyy/,
    ],
  ])("%s", (_, suite, requests, expected) => {
    expect(outcome({ stable: suite }, requests)).toMatch(expected);
  });

  test.each(["", "A", "a:arm64", "!a=1", "a=", "a b", "-a", "a/", "../x"])("malformed: %j", (text) => {
    expect(() => parseRequest(text)).toThrow(ToolError);
  });

  test("a hopeless request among many free choices ends at once", () => {
    const pairs = Array.from(
      { length: 60 },
      (_, n) => `p${n} 1\nDepends: x${n} | y${n}\n\nx${n} 1\n\ny${n} 1`,
    );
    const all = `${pairs.join("\n\n")}\n\nbad 1\nDepends: one\n\none 1\nConflicts: p0`;
    const requests = [...Array.from({ length: 60 }, (_, n) => `p${n}`), "bad"].join(" ");
    expect(outcome({ stable: all }, requests)).toMatch(/conflicts with p0/);
  });
});

/** Small random universes: 6 names, dependencies with alternatives, conflicts, provides, two versions. */
const nameArbitrary = fc.constantFrom("a", "b", "c", "d", "e", "f", "v");
const relationArbitrary = fc
  .tuple(nameArbitrary, fc.constantFrom("", "", "", " (= 1)", " (>= 2)"))
  .map((one) => one.join(""));
const packageArbitrary = fc.record({
  name: fc.constantFrom("a", "b", "c", "d", "e", "f"),
  version: fc.constantFrom("1", "2"),
  depends: fc.array(fc.array(relationArbitrary, { minLength: 1, maxLength: 2 }), { maxLength: 2 }),
  conflicts: fc.array(relationArbitrary, { maxLength: 1 }),
  provides: fc.constantFrom("", "", "v", "v (= 2)"),
});
const universeArbitrary = fc.array(packageArbitrary, { minLength: 1, maxLength: 8 }).map((packages) => {
  const unique = new Map(packages.map((one) => [`${one.name} ${one.version}`, one]));
  return [...unique]
    .map(([head, { depends, conflicts, provides }]) =>
      [
        head,
        ...(depends.length > 0 ? [`Depends: ${depends.map((group) => group.join(" | ")).join(", ")}`] : []),
        ...(conflicts.length > 0 ? [`Conflicts: ${conflicts.join(", ")}`] : []),
        ...(provides === "" ? [] : [`Provides: ${provides}`]),
      ].join("\n"),
    )
    .join("\n\n");
});

function isSound(chosen: readonly Candidate[]): boolean {
  return chosen.every(
    (one) =>
      one.relations.depends.every((group) =>
        group.some((dependency) => chosen.some((other) => satisfies(other, dependency, "amd64"))),
      ) && chosen.every((other) => conflictsWith(one, other, "amd64") === undefined),
  );
}

/** Every choice of at most one version of each name. */
function* selections(all: readonly (readonly Candidate[])[]): Generator<Candidate[]> {
  const [first, ...rest] = all;
  if (first === undefined) {
    yield [];
    return;
  }
  for (const tail of selections(rest)) {
    yield tail;
    for (const candidate of first) yield [candidate, ...tail];
  }
}

test("the answer is sound, and there is one exactly where one exists", () => {
  fc.assert(
    fc.property(universeArbitrary, (text) => {
      const universe = universeOf({ stable: text });
      const all = ["a", "b", "c", "d", "e", "f"]
        .map((name) => universe.versions(name))
        .filter((one) => one.length > 0);
      const wanted = all[0]?.[0]?.name ?? "";
      const found = outcome({ stable: text }, wanted);
      if (found.startsWith("unsatisfiable")) {
        const exists = [...selections(all)].some(
          (one) => one.some((each) => each.name === wanted) && isSound(one),
        );
        expect(exists, text).toBe(false);
      } else {
        const names = found.split(" ");
        const chosen = names.flatMap((one) => {
          const [name = "", version = ""] = one.split("=");
          return universe.versions(name).filter((each) => each.version === version);
        });
        expect(chosen.length === names.length && isSound(chosen), text).toBe(true);
      }
    }),
    { numRuns: 3000 },
  );
});
