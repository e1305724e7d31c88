import { describe, expect, it } from "vitest";
import { elf } from "../../testing/closures.ts";
import { subjectOf } from "../../testing/subjects.ts";
import { file } from "../../testing/trees.ts";
import { limits } from "../base/limits.ts";
import type { Entry } from "../tree/entry.ts";
import { path } from "../tree/path.ts";
import { reportOf } from "./audit.ts";

const image = { reference: "app", platform: "linux/amd64" };
const program = elf("/app/p", { static: true, type: "executable", program: true });

describe("a report", () => {
  it("has findings up to a limit for each rule, the level of all of them, and says how many are left out", () => {
    const count = limits.findingsOfRuleMax + 5;
    const open = Array.from({ length: count }, (_, at): Entry => file(`/d/${at}`, "", { mode: 0o666 }));
    // The last in path order is the worst of them all.
    const shell = elf("/z", {}, { mode: 0o4755 });
    const { findings, verdict } = reportOf(subjectOf({ layers: [[program, ...open, shell]] }), image);
    const writable = findings.filter((one) => one.rule === "world-writable");
    expect(writable).toHaveLength(limits.findingsOfRuleMax + 1);
    expect(writable.at(-1)).toMatchObject({
      omitted: 5,
      atMost: "distroless",
      what: "and 5 more, which are left out here",
    });
    expect(findings.filter((one) => one.rule === "setuid")).toHaveLength(1);
    expect(verdict.level).toBe("distroless");
  });

  it("counts the bytes of a package's file once, however many names it has", () => {
    const installed = {
      type: "deb",
      name: "git",
      version: "1",
      depends: [],
      source: path("/var/lib/dpkg/status"),
    } as const;
    const other = { ...installed, name: "other" };
    const files = [
      file("/usr/bin/git", "12345", { link: "a" }),
      file("/usr/bin/git-push", "12345", { link: "a" }),
      file("/usr/bin/other", "12345", { link: "a" }),
      file("/usr/share/git", "123"),
    ];
    const packages = {
      "/usr/bin/git": installed,
      "/usr/bin/git-push": installed,
      "/usr/bin/other": other,
      "/usr/share/git": installed,
    };
    const report = reportOf(subjectOf({ layers: [[program, ...files]], packages }), image);
    expect(report.packages.map(({ files: names, name, sizeBytes }) => [name, names, sizeBytes])).toEqual([
      ["git", 3, 8],
      ["other", 1, 5],
    ]);
  });

  it("lists a package database that can't be read as unknown; it moves no level", () => {
    const subject = subjectOf({ layers: [[program, file("/var/lib/rpm/Packages", "x")]] });
    const unreadable = [{ path: path("/var/lib/rpm/Packages"), why: "it is cut short" }];
    const packages = { ...subject.packages, unreadable };
    const before = reportOf(subject, image);
    const report = reportOf({ ...subject, packages }, image);
    expect(report.unknown).toEqual([
      { path: "/var/lib/rpm/Packages", why: "a package database that can't be read: it is cut short" },
    ]);
    expect(report.verdict.level).toBe(before.verdict.level);
    expect(report.findings.length).toBe(before.findings.length + 1);
  });
});
