// Packages unpacked on demand: whatever is in the tree at first, the same files are kept in the end.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closureOf, elf, keptFiles, library, program, script } from "../../testing/closures.ts";
import { file, fromPackage, symlink } from "../../testing/trees.ts";
import type { Entry } from "../tree/entry.ts";
import { compileGlob } from "../tree/glob.ts";
import type { Closure, Declaration, Launch, PackageView } from "./closure.ts";
import { looksLikeCode } from "./code-paths.ts";

interface TestPackage {
  readonly name: string;
  readonly depends?: readonly string[];
  readonly sonames?: readonly string[];
  readonly entries: (origin: ReturnType<typeof fromPackage>) => readonly Entry[];
}

const id = (name: string): string => `${name}:amd64`;

function viewOf(
  packages: readonly TestPackage[],
  requested: readonly string[],
  present: ReadonlySet<string>,
): PackageView {
  const waiting = packages.filter((one) => !present.has(id(one.name)));
  const files = (one: TestPackage): string[] =>
    one.entries(fromPackage(one.name)).flatMap((entry) => (entry.kind === "file" ? [entry.path] : []));
  const depends = (name: string): string[] =>
    (packages.find((one) => id(one.name) === name)?.depends ?? []).map(id);
  const name = (one: TestPackage | undefined): string | undefined =>
    one === undefined ? undefined : id(one.name);
  return {
    requested: new Set(requested.map(id)),
    dependenciesOf: depends,
    pending: {
      has: (wanted) => waiting.some((one) => id(one.name) === wanted),
      packageOfPath: (at) => name(waiting.find((one) => files(one).includes(at))),
      packagesOfGlob: (glob) =>
        waiting
          .filter((one) => files(one).some((at) => compileGlob(glob).matches(at as never)))
          .map((one) => id(one.name)),
      packageOfSoname: (soname) => name(waiting.find((one) => one.sonames?.includes(soname) === true)),
      dependenciesOf: (of) => depends(of).filter((one) => !present.has(one)),
      namesCode: (of) =>
        packages.some((one) => id(one.name) === of && files(one).some((at) => looksLikeCode(at as never))),
    },
  };
}

/** Closes, unpacks what is deferred, and closes again until nothing is. */
function closeOnDemand(
  packages: readonly TestPackage[],
  given: { launch: Partial<Launch>; requested: readonly string[]; keep?: readonly Declaration[] },
  first: readonly string[],
): { closure: Closure; unpacked: string[] } {
  const present = new Set(first.map(id));
  for (let round = 0; round <= packages.length; round++) {
    const entries = packages
      .filter((one) => present.has(id(one.name)))
      .flatMap((one) => one.entries(fromPackage(one.name)));
    const closure = closureOf([symlink("/lib64", "usr/lib64"), ...entries], {
      launch: given.launch,
      keep: given.keep ?? [],
      packages: viewOf(packages, given.requested, present),
    });
    if (closure.deferred.size === 0)
      return { closure, unpacked: [...present].map((one) => one.replace(":amd64", "")).sort() };
    for (const name of closure.deferred) expect(present.has(name)).toBe(false);
    for (const name of closure.deferred) present.add(name);
  }
  throw new Error("the closure never became final");
}

const multiarch = "/usr/lib/x86_64-linux-gnu";
const libc: TestPackage = {
  name: "libc6",
  sonames: ["libc.so.6", "ld-linux-x86-64.so.2"],
  entries: (origin) => [
    elf(`${multiarch}/ld-linux-x86-64.so.2`, { soname: "ld-linux-x86-64.so.2" }, origin),
    symlink("/usr/lib64/ld-linux-x86-64.so.2", `${multiarch}/ld-linux-x86-64.so.2`, origin),
    library(`${multiarch}/libc.so.6`, {}, origin),
    library(`${multiarch}/gconv/UTF-16.so`, {}, origin),
    file("/usr/share/doc/libc6/copyright", "c", origin),
  ],
};
const packages: readonly TestPackage[] = [
  libc,
  {
    name: "server",
    depends: ["libz", "llvm", "zones", "python3", "libc6", "plain"],
    entries: (origin) => [
      program(
        "/usr/sbin/server",
        { needed: ["libz.so.1", "libc.so.6"], pathStrings: ["/usr/share/plain/table"] },
        origin,
      ),
      library("/usr/lib/server/jit.so", { needed: ["libLLVM.so.14"] }, origin),
      file("/usr/share/server/data", "d", origin),
      script("/usr/bin/server-setup", "/usr/bin/python3", origin),
    ],
  },
  {
    name: "libz",
    depends: ["libc6"],
    sonames: ["libz.so.1"],
    entries: (origin) => [
      library(`${multiarch}/libz.so.1.3`, { soname: "libz.so.1", needed: ["libc.so.6"] }, origin),
      symlink(`${multiarch}/libz.so.1`, "libz.so.1.3", origin),
    ],
  },
  {
    name: "llvm",
    depends: ["libc6"],
    sonames: ["libLLVM.so.14"],
    entries: (origin) => [library(`${multiarch}/libLLVM.so.14`, {}, origin)],
  },
  { name: "zones", entries: (origin) => [file("/usr/share/zoneinfo/UTC", "z", origin)] },
  {
    name: "plain",
    entries: (origin) => [file("/usr/share/plain/table", "t", origin), program("/usr/bin/plain", {}, origin)],
  },
  {
    name: "python3",
    depends: ["python3.11"],
    entries: (origin) => [symlink("/usr/bin/python3", "python3.11", origin)],
  },
  {
    name: "python3.11",
    depends: ["libc6"],
    entries: (origin) => [
      program("/usr/bin/python3.11", { needed: ["libc.so.6"] }, origin),
      file("/usr/lib/python3.11/os.py", "o", origin),
    ],
  },
];
const names = packages.map((one) => one.name);

describe("packages on demand", () => {
  test("unpacks what is needed and nothing else", () => {
    const { closure, unpacked } = closeOnDemand(
      packages,
      { launch: { entrypoint: ["server"] }, requested: ["server"] },
      [],
    );
    expect(closure.missing).toEqual([]);
    // python3 holds nothing but a link: no code, so it counts as data.
    expect(unpacked).toEqual(["libc6", "libz", "plain", "python3", "server", "zones"]);
    expect(keptFiles(closure)).toEqual([
      "/lib64",
      "/usr/lib/x86_64-linux-gnu/gconv/UTF-16.so",
      "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
      "/usr/lib/x86_64-linux-gnu/libc.so.6",
      "/usr/lib/x86_64-linux-gnu/libz.so.1",
      "/usr/lib/x86_64-linux-gnu/libz.so.1.3",
      "/usr/lib64/ld-linux-x86-64.so.2",
      "/usr/sbin/server",
      "/usr/share/doc/libc6/copyright",
      "/usr/share/plain/table",
      "/usr/share/server/data",
      "/usr/share/zoneinfo/UTC",
    ]);
  });

  test("finds an interpreter behind links that no file list names", () => {
    const given = { launch: { entrypoint: ["server-setup"] }, requested: ["server"] };
    const { closure } = closeOnDemand(packages, given, []);
    expect(closure.missing).toEqual([]);
    expect(keptFiles(closure)).toContain("/usr/bin/python3.11");
    expect(keptFiles(closure)).toContain("/usr/lib/python3.11/os.py");
  });

  test("what no package holds is missing in the end", () => {
    const broken: TestPackage = {
      name: "broken",
      depends: ["server"],
      entries: (origin) => [program("/usr/bin/broken", { needed: ["libnone.so.1"] }, origin)],
    };
    const given = { launch: { entrypoint: ["broken"] }, requested: ["broken"] };
    const { closure } = closeOnDemand([...packages, broken], given, []);
    expect(closure.missing.map((one) => one.what)).toEqual(["libnone.so.1"]);
  });

  test.each<[string, Partial<Launch>, Declaration[]]>([
    ["a program", { entrypoint: ["server"] }, []],
    ["a script", { entrypoint: ["server-setup"] }, []],
    [
      "a declared path",
      { entrypoint: ["/usr/bin/plain"] },
      [{ glob: "/usr/share/server/**", source: "keep" }],
    ],
    ["a missing program", { entrypoint: ["nothing"] }, []],
  ])("%s: the outcome does not depend on what was unpacked at first", (_, launch, keep) => {
    const given = { launch, requested: ["server"], keep };
    const all = closeOnDemand(packages, given, names).closure;
    fc.assert(
      fc.property(fc.subarray(names), (first) => {
        const { closure } = closeOnDemand(packages, given, first);
        expect(keptFiles(closure)).toEqual(keptFiles(all));
        expect(closure.missing).toEqual(all.missing);
      }),
      { numRuns: 30 },
    );
  });

  test("random packages: the outcome does not depend on what was unpacked at first", () => {
    const numbers = fc.array(fc.nat({ max: 5 }), { maxLength: 3 });
    const shape = fc.record({
      needed: numbers,
      strings: numbers,
      sonames: numbers,
      depends: numbers,
      told: fc.boolean(),
      linked: fc.boolean(),
      code: fc.boolean(),
    });
    const random = fc.array(shape, { minLength: 2, maxLength: 6 }).map((shapes) =>
      shapes.map(
        (one, index): TestPackage => ({
          name: `p${index}`,
          // All are reachable from the first, as those of a lock are.
          depends: [...one.depends, index + 1]
            .filter((other) => other < shapes.length)
            .map((other) => `p${other}`),
          sonames: one.told && one.code ? [`lib${index}.so.1`] : [],
          entries: (origin) => {
            const data = file(`/usr/share/p${index}/data`, "d", origin);
            if (!one.code) return [data];
            const facts = {
              soname: `lib${index}.so.1`,
              needed: one.needed.map((other) => `lib${other}.so.1`),
              pathStrings: one.strings.map((other) => `/usr/share/p${other}/data`),
              sonameStrings: one.sonames.map((other) => `lib${other}.so.1`),
            };
            const real = `${multiarch}/lib${index}.so.1`;
            return one.linked
              ? [data, elf(`${real}.0`, facts, origin), symlink(real, `lib${index}.so.1.0`, origin)]
              : [data, elf(real, facts, origin)];
          },
        }),
      ),
    );
    const entry: TestPackage = {
      name: "start",
      depends: ["p0"],
      entries: (origin) => [
        elf("/usr/lib64/ld-linux-x86-64.so.2", {}, origin),
        program("/usr/bin/start", { needed: ["lib0.so.1", "lib1.so.1"] }, origin),
      ],
    };
    fc.assert(
      fc.property(random, fc.array(fc.nat({ max: 6 })), (others, first) => {
        const those = [entry, ...others];
        const given = { launch: { entrypoint: ["start"] }, requested: ["start"] };
        const all = closeOnDemand(
          those,
          given,
          those.map((one) => one.name),
        ).closure;
        const some = those.filter((_, index) => first.includes(index)).map((one) => one.name);
        const { closure } = closeOnDemand(those, given, some);
        expect(keptFiles(closure)).toEqual(keptFiles(all));
        expect(closure.missing).toEqual(all.missing);
      }),
      { numRuns: 100 },
    );
  });
});
