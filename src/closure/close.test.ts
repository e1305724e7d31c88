import { describe, expect, test } from "vitest";
import {
  closureOf,
  elf,
  factsOfEntry,
  keptFiles,
  launch,
  library,
  loader64,
  program,
  script,
} from "../../testing/closures.ts";
import { file, fromPackage, symlink } from "../../testing/trees.ts";
import { treeOf } from "../tree/memory-tree.ts";
import { path } from "../tree/path.ts";
import type { Tree } from "../tree/tree.ts";
import { close } from "./close.ts";
import type { ClosureInput } from "./closure.ts";

const multiarch = "/usr/lib/x86_64-linux-gnu";
const merged = [symlink("/bin", "usr/bin"), symlink("/lib", "usr/lib"), symlink("/lib64", "usr/lib64")];
const glibc = [
  elf("/usr/lib64/ld-linux-x86-64.so.2", { soname: "ld-linux-x86-64.so.2" }),
  library(`${multiarch}/libc.so.6`, { versionsDefined: ["GLIBC_2.2.5", "GLIBC_2.34"] }),
];
const base = [...merged, ...glibc];

describe("close", () => {
  test("keeps the program, its loader, its libraries and the links on the way", () => {
    const closure = closureOf(
      [
        ...base,
        program("/usr/bin/app", { needed: ["libz.so.1", "libc.so.6"] }),
        library(`${multiarch}/libz.so.1.3`, { soname: "libz.so.1", needed: ["libc.so.6"] }),
        symlink(`${multiarch}/libz.so.1`, "libz.so.1.3"),
        library(`${multiarch}/libunused.so.1`),
        program("/usr/bin/sh"),
      ],
      { launch: { entrypoint: ["app"] } },
    );
    expect(keptFiles(closure)).toEqual([
      "/lib",
      "/lib64",
      "/usr/bin/app",
      "/usr/lib/x86_64-linux-gnu/libc.so.6",
      "/usr/lib/x86_64-linux-gnu/libz.so.1",
      "/usr/lib/x86_64-linux-gnu/libz.so.1.3",
      "/usr/lib64/ld-linux-x86-64.so.2",
    ]);
    expect(closure.missing).toEqual([]);
    expect(closure.leftOut().map(({ entry, why }) => [entry.path, why])).toContainEqual([
      "/usr/bin/sh",
      "code that nothing reaches",
    ]);
    expect(closure.role("/usr/lib64/ld-linux-x86-64.so.2" as never)).toBe("entrypoint-runtime");
    expect(closure.role(`${multiarch}/libz.so.1.3` as never)).toBe("closure");
  });

  test("a script brings its interpreter only where it is run", () => {
    const entries = [
      ...base,
      program("/usr/bin/python3.11", { needed: ["libc.so.6"] }),
      symlink("/usr/bin/python3", "python3.11"),
      program("/usr/bin/env", { needed: ["libc.so.6"] }),
      program("/usr/bin/bash", { needed: ["libc.so.6"] }),
      script("/app/main", "/usr/bin/env -S python3 -u"),
      script("/app/tool.sh", "/bin/bash"),
    ];
    const closure = closureOf(entries, {
      launch: { entrypoint: ["/app/main"] },
      keep: [{ glob: "/app/**", source: "keep" }],
    });
    const kept = keptFiles(closure);
    expect(kept).toContain("/usr/bin/python3.11");
    expect(kept).toContain("/usr/bin/env");
    expect(kept).toContain("/app/tool.sh");
    expect(kept).not.toContain("/usr/bin/bash");
  });

  test("what is needed and nowhere is missing, with who needs it", () => {
    const closure = closureOf(
      [...base, program("/usr/bin/app", { needed: ["libnone.so.1"], interpreter: loader64 })],
      { launch: { entrypoint: ["/usr/bin/app"], healthcheck: ["CMD", "curl"] } },
    );
    expect(closure.missing.map(({ what, kind, neededBy }) => [what, kind, neededBy])).toEqual([
      ["curl", "program", "healthcheck"],
      ["libnone.so.1", "library", "/usr/bin/app"],
    ]);
  });

  test("a path string keeps data, and only mentions code", () => {
    const closure = closureOf(
      [
        ...base,
        program("/usr/bin/app", { pathStrings: ["/etc/app.conf", "/bin/sh"] }),
        file("/etc/app.conf", "x"),
        program("/usr/bin/sh"),
      ],
      { launch: { entrypoint: ["/usr/bin/app"] } },
    );
    expect(keptFiles(closure)).toContain("/etc/app.conf");
    expect(closure.mentioned).toEqual([
      { path: "/usr/bin/sh", by: "/usr/bin/app", evidence: "names /bin/sh" },
    ]);
  });

  test("the work grows with the entries, not with their square, and gives the same outcome again", () => {
    const data = Array.from({ length: 100_000 }, (_, index) => ({
      ...sample,
      path: path(`/usr/share/app/d${index % 211}/f${index}`),
    }));
    const whole = treeOf([
      ...base,
      program("/usr/bin/app", { needed: ["libc.so.6"] }, fromPackage("app")),
      ...data,
    ]);
    let lookups = 0;
    const tree: Tree = {
      ...whole,
      lookup(path) {
        lookups += 1;
        return whole.lookup(path);
      },
    };
    const input: ClosureInput = {
      tree,
      facts: factsOfEntry,
      launch: launch({ entrypoint: ["/usr/bin/app"] }),
      keep: [{ glob: "/usr/share/app/d7/**", source: "keep" }],
      drop: [],
    };
    const first = close(input);
    expect(first.reasons.size).toBeGreaterThan(100_000);
    expect(lookups).toBeLessThan(20 * whole.size);
    expect(close(input).reasons.size).toBe(first.reasons.size);
  });
});

const sample = file("/sample", "x", fromPackage("app"));
