import { describe, expect, test } from "vitest";
import { closureOf, elf, library, program } from "../../testing/closures.ts";
import { file, fromPackage, symlink } from "../../testing/trees.ts";
import { renderExplanation, renderLeftOut } from "../report/explain.ts";
import { path } from "../tree/path.ts";
import type { Closure } from "./closure.ts";
import { explainPath, leftOutByPackage } from "./explain.ts";

const closure = closureOf(
  [
    elf("/lib64/ld-linux-x86-64.so.2", { soname: "ld-linux-x86-64.so.2" }),
    program("/app/p", { needed: ["liba.so.1"], sonameStrings: ["libb.so"] }),
    symlink("/usr/lib/liba.so.1", "liba.so.1.0"),
    library("/usr/lib/liba.so.1.0", { soname: "liba.so.1", needed: ["libc.so"] }, fromPackage("a")),
    library("/usr/lib/libb.so", {}, fromPackage("b")),
    library("/usr/lib/libc.so", { needed: ["libb.so"] }, fromPackage("c")),
    program("/usr/bin/tool", {}, fromPackage("a")),
    file("/usr/share/doc/a/README", "read me", fromPackage("a")),
    file("/stray", "x"),
  ],
  { launch: { entrypoint: ["/app/p"] } },
);

const chain = (of: Closure, name: string): string[] => {
  const found = explainPath(of, path(name));
  return found?.kept === true ? found.steps.map((one) => `${one.reason.kind} ${one.path}`) : [];
};

describe("explainPath", () => {
  test("leads from the root to the path, over every link", () => {
    expect(chain(closure, "/usr/lib/liba.so.1.0")).toEqual([
      "root /app/p",
      "needed /usr/lib/liba.so.1",
      "link /usr/lib/liba.so.1.0",
    ]);
  });

  test("prefers sure steps to a shorter guess", () => {
    expect(chain(closure, "/usr/lib/libb.so")).toEqual([
      "root /app/p",
      "needed /usr/lib/liba.so.1",
      "link /usr/lib/liba.so.1.0",
      "needed /usr/lib/libc.so",
      "needed /usr/lib/libb.so",
    ]);
  });

  test("a folder is there for what it holds", () => {
    expect(chain(closure, "/app")).toEqual(["root /app/p", "folder /app"]);
  });

  test("every kept path has a chain that starts at a root and ends there", () => {
    for (const kept of closure.reasons.keys()) {
      const found = explainPath(closure, kept);
      expect(found?.kept).toBe(true);
      if (found?.kept !== true) continue;
      expect(found.steps[0]?.reason.from).not.toMatch(/^\//);
      expect(found.steps.at(-1)?.path).toBe(kept);
      for (const [index, step] of found.steps.entries()) {
        if (index > 0) expect(step.reason.from).toBe(found.steps[index - 1]?.path);
      }
    }
  });

  test("says why something is not there, and nothing of what it does not know", () => {
    expect(explainPath(closure, path("/usr/bin/tool"))).toMatchObject({
      kept: false,
      why: "code that nothing reaches",
    });
    expect(explainPath(closure, path("/nowhere"))).toBeUndefined();
  });
});

describe("text", () => {
  test("of a chain", () => {
    const found = explainPath(closure, path("/usr/lib/liba.so.1.0"));
    expect(found === undefined ? "" : renderExplanation(found)).toBe(
      [
        "/usr/lib/liba.so.1.0 (closure)",
        "  entrypoint",
        "    entrypoint /app/p (root)",
        "  /app/p",
        "    DT_NEEDED liba.so.1 (needed)",
        "  /usr/lib/liba.so.1",
        "    link to liba.so.1.0 (link)",
        "  /usr/lib/liba.so.1.0",
        "",
      ].join("\n"),
    );
  });

  test("of what was left out", () => {
    expect(leftOutByPackage(closure).map((one) => [one.package, one.files, one.sizeBytes])).toEqual([
      ["a:amd64", 2, 24],
      [undefined, 1, 1],
    ]);
    expect(renderLeftOut(leftOutByPackage(closure)).split("\n")).toEqual([
      "    24 B      2 files  a:amd64",
      "    17 B      1 file     code that nothing reaches",
      "     7 B      1 file     documentation",
      "     1 B      1 file   (no package)",
      "     1 B      1 file     data that nothing names",
      "",
    ]);
    expect(renderLeftOut([])).toBe("nothing was left out\n");
  });
});
