import { describe, expect, test } from "vitest";
import { fingerprints } from "../../content/fingerprints/rules.ts";
import { scriptFingerprints } from "../../content/fingerprints/scripts.ts";
import { primitives } from "../primitives.ts";
import { identifiedPrograms, ownTechniques } from "./identified.ts";
import { namedPrograms } from "./named.ts";
import { primitivesByName, programPrimitives } from "./primitives.ts";
import { byProgram } from "./table.ts";

describe("programPrimitives", () => {
  test.each([...fingerprints, ...scriptFingerprints].map(({ id, kind }) => ({ id, kind })))(
    "$id gives something",
    ({ id, kind }) => {
      const given = programPrimitives(id);
      expect(given).not.toEqual([]);
      if (kind === "shell") expect(given).toEqual(expect.arrayContaining(["exec", "shell"]));
      if (kind === "interpreter") expect(given).toEqual(expect.arrayContaining(["exec", "file-read"]));
      if (kind === "package-manager") expect(given).toEqual(expect.arrayContaining(["exec", "download"]));
    },
  );

  test("unknown: nothing", () => expect(programPrimitives("no-such-program")).toEqual([]));
});

describe("primitivesByName", () => {
  test.each([
    [
      "nmap",
      [
        "bind-shell",
        "download",
        "exec",
        "file-read",
        "file-write",
        "library-load",
        "reverse-shell",
        "upload",
      ],
    ],
    ["cat", ["file-read"]],
    ["tee", ["file-read", "file-write"]],
    ["python3.11", programPrimitives("python")],
    ["lua5.4", ["exec", "file-read", "file-write", "library-load"]],
    ["x86_64-linux-gnu-gcc-12", ["exec", "file-read", "file-write", "library-load"]],
    ["nc.openbsd", ["bind-shell", "download", "exec", "reverse-shell", "upload"]],
    ["7z", ["exec", "file-read", "file-write"]],
    ["server", []],
    ["libz.so.1", []],
    ["", []],
    ["3.11", []],
    ["constructor", []],
    [`python${"3".repeat(100_000)}x`, []],
  ])("%.20s", (name, given) => {
    expect([...primitivesByName(name)].sort()).toEqual([...given].sort());
  });
});

describe("the tables", () => {
  test("cover several hundred names, and each primitive", () => {
    const named = byProgram(namedPrograms);
    expect(named.size).toBeGreaterThan(480);
    const given = new Set([...named.values()].flat());
    expect(primitives.filter((one) => !given.has(one))).toEqual([]);
  });

  test("hold plain names", () => {
    const names = [...byProgram([...namedPrograms, ...identifiedPrograms]).keys()];
    expect(names.filter((name) => !/^[A-Za-z0-9][\w.+-]*$/.test(name))).toEqual([]);
  });

  test("techniques are ATT&CK's, of programs that are known", () => {
    for (const [id, techniques] of Object.entries(ownTechniques)) {
      expect(programPrimitives(id), id).not.toEqual([]);
      for (const one of techniques) expect(one).toMatch(/^T\d{4}(?:\.\d{3})?$/);
    }
  });

  test("a name of several rows gives what all of them say", () => {
    const table = byProgram([
      { gives: ["exec", "file-read"], programs: "a b" },
      { gives: ["file-read", "upload"], programs: "b" },
    ]);
    expect([...table]).toEqual([
      ["a", ["exec", "file-read"]],
      ["b", ["exec", "file-read", "upload"]],
    ]);
  });
});
