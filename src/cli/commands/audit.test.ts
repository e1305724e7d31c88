import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openShelf, type Shelf, samples, type ToldAudit } from "../../../testing/audit-samples.ts";
import type { Ran } from "../../../testing/cli.ts";
import { layoutFiles } from "../../../testing/layouts.ts";
import { auditSchema } from "../../report/audit/json-schema.ts";

let shelf: Shelf;

beforeAll(async () => {
  shelf = await openShelf();
});
afterAll(() => shelf.close());

const audit = (...argv: readonly string[]): Promise<Ran> => shelf.run(["audit", "--quiet", ...argv]);

async function told(...argv: readonly string[]): Promise<ToldAudit> {
  const ran = await audit("--format", "json", ...argv);
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  return JSON.parse(ran.stdout) as ToldAudit;
}

describe("what is audited", () => {
  test.each<[name: string, argv: string[], level: string, platform?: string]>([
    ["a layout by its path", ["./sealed"], "sealed"],
    ["a layout by its transport", ["oci:sealed"], "sealed"],
    ["an archive of a layout", ["oci.tar"], "sealed"],
    ["the same, named", ["oci-archive:oci.tar"], "sealed"],
    ["a Docker archive", ["shell.docker.tar"], "in-name-only"],
    ["one by the name in it", ["docker-archive:shell.docker.tar:example.test/shell:1"], "in-name-only"],
    ["a tar of a root", ["tar:root.tar"], "in-name-only"],
    ["the same, recognised", ["root.tar"], "in-name-only"],
    ["a root folder", ["dir:rootfs"], "in-name-only"],
    ["the same, by its path", ["./rootfs"], "in-name-only"],
    ["of an index this machine's", ["./index", "--platform", "linux/amd64"], "sealed"],
    ["of an index another one's", ["./index", "--platform", "linux/arm64"], "in-name-only", "linux/arm64"],
    ["an image that runs as root", ["./root"], "distroless"],
    ["a secret that an upper layer deletes", ["./layered"], "distroless"],
  ])("%s", async (_name, argv, level, platform = "linux/amd64") => {
    const report = await told(...argv);
    expect(report.verdict.level).toBe(level);
    expect(report.image).toMatchObject({ reference: argv[0], platform });
  });

  test("a bare tree has no digest, and starts what --entrypoint says", async () => {
    const bare = await told("./rootfs");
    expect(bare.image.digest).toBeNull();
    expect(bare.findings.map((one) => one.rule)).toContain("no-start");
    const started = await told("./rootfs", "--entrypoint", "/app", "--entrypoint=--serve");
    expect(started.findings.map((one) => one.rule)).not.toContain("no-start");
    expect(started.findings.filter((one) => one.rule === "unneeded-elf").map((one) => one.path)).toEqual([
      "/opt/helper",
    ]);
  });

  test.each<{ summary: string; argv: string[]; code: number; says: RegExp }>([
    { summary: "no image", argv: [], code: 2, says: /IMAGE is missing \[missing-argument\]/ },
    { summary: "no such path", argv: ["./gone"], code: 3, says: /^error\[not-found\]: opening .*gone/m },
    {
      summary: "no such folder",
      argv: ["dir:gone"],
      code: 3,
      says: /error\[not-found\]: opening gone\n.*\nhint: check the path; a registry image is named without/,
    },
    { summary: "nearly a folder", argv: ["dir:rotfs/"], code: 3, says: /hint: did you mean rootfs\?/ },
    { summary: "nearly a tar", argv: ["tar:./rot.tar"], code: 3, says: /hint: did you mean \.\/root\.tar\?/ },
    { summary: "nearly a path", argv: ["./sealde"], code: 3, says: /hint: did you mean \.\/sealed\?/ },
    { summary: "nearly a layout", argv: ["oci:seald"], code: 3, says: /hint: did you mean .*\/sealed\?/ },
    {
      summary: "an empty file",
      argv: ["./empty.tar"],
      code: 3,
      says: /empty\.tar\n {2}the file is empty\n.*fetch or make it again/,
    },
    { summary: "the same, named", argv: ["tar:empty.tar"], code: 3, says: /the file is empty/ },
    { summary: "no such archive", argv: ["oci-archive:gone.tar"], code: 3, says: /gone\.tar/ },
    {
      summary: "a folder that is named as a registry's image is",
      argv: ["rootfs", "--platform", "linux/amd64"],
      code: 3,
      says: /hint: for the folder of that name write \.\/rootfs/,
    },
    {
      summary: "a platform that the index lacks",
      argv: ["./index", "--platform", "linux/riscv64"],
      code: 3,
      says: /choosing the image for linux\/riscv64\n {2}there is none\nhint: there is one for linux\/amd64, linux\/arm64/,
    },
    {
      summary: "a platform that the only image isn't for",
      argv: ["./sealed", "--platform", "linux/arm64"],
      code: 3,
      says: /hint: there is one for linux\/amd64/,
    },
    {
      summary: "a platform that is none, of a folder too",
      argv: ["./rootfs", "--platform", "arm"],
      code: 2,
      says: /error\[usage\]: reading the platform "arm"/,
    },
    { summary: "an unknown level", argv: ["--fail-below", "best", "./sealed"], code: 2, says: /not best/ },
    { summary: "an unknown format", argv: ["--format", "xml", "./sealed"], code: 2, says: /not xml/ },
    {
      summary: "a page of two images",
      argv: ["--format", "html", "./sealed", "./root"],
      code: 2,
      says: /--format html shows one image, not 2 \[wrong-usage\]/,
    },
    {
      summary: "a badge of two images",
      argv: ["--format", "badge", "./sealed", "./root"],
      code: 2,
      says: /--format badge shows one image, not 2/,
    },
    {
      summary: "a policy that isn't there",
      argv: ["--policy", "gone.yaml", "./sealed"],
      code: 2,
      says: /reading gone\.yaml\n {2}there is no such file\nhint: it begins with apiVersion/,
    },
    {
      summary: "a baseline that isn't there",
      argv: ["--baseline", "gone.json", "./sealed"],
      code: 2,
      says: /there is no such file\nhint: write one: distill audit --format json --output FILE IMAGE/,
    },
    {
      summary: "a baseline that is a folder",
      argv: ["--baseline", "tmp", "./sealed"],
      code: 3,
      says: /error\[disk\]/,
    },
    {
      summary: "an output in a folder that isn't there",
      argv: ["-o", "gone/x.json", "./sealed"],
      code: 3,
      says: /error\[disk\]: writing .*gone\/x\.json\n {2}there is no folder/,
    },
    {
      summary: "an output that is a folder",
      argv: ["-o", "tmp", "./sealed"],
      code: 3,
      says: /it is a folder/,
    },
  ])("refused: $summary", async ({ argv, code, says }) => {
    await shelf.write("empty.tar", "");
    // No registry is asked: this one listens nowhere.
    const ran = await shelf.run(["audit", "--quiet", ...argv], {
      env: { HTTPS_PROXY: "http://127.0.0.1:1" },
    });
    expect(ran.stderr).toMatch(says);
    expect(ran).toMatchObject({ code, stdout: "" });
    expect(readdirSync(shelf.folder).filter((name) => name.includes(".tmp-"))).toEqual([]);
  });
});

describe("what is printed", () => {
  const looksLike: Readonly<Record<string, RegExp>> = {
    table: /^in-name-only - level 3 of 7, determinate\n[\s\S]*\/opt\/helper {2}GNU bash 5\.2\.15\n/,
    json: /^\{\n {2}"schemaVersion": 1,\n/,
    sarif: /"version": "2\.1\.0"[\s\S]*"ruleId": "shell"/,
    junit: /^<\?xml [\s\S]*<system-out>\/opt\/helper: GNU bash/,
    markdown: /in-name-only[\s\S]*\/opt\/helper/,
    html: /^<!doctype html>[\s\S]*\/opt\/helper/i,
    badge: /^<svg [\s\S]*in-name-only/,
  };

  test.each(Object.keys(looksLike))("--format %s, to standard output and to a file", async (format) => {
    const printed = await audit("--format", format, "./shell");
    expect(printed.stdout).toMatch(looksLike[format] ?? /^$/);
    expect(printed.stdout).toMatch(/[^\n]\n$/);
    expect(printed).toMatchObject({ code: 0, stderr: "" });
    const written = await audit("--format", format, "--output", `out.${format}`, "./shell");
    expect(written).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(readFileSync(join(shelf.folder, `out.${format}`), "utf8")).toBe(printed.stdout);
  });

  test("json is as its schema says", async () => {
    const validate = new Ajv2020({ strict: true, allErrors: true, strictRequired: false }).compile(
      auditSchema() as object,
    );
    for (const name of ["./sealed", "./layered", "./rootfs"]) {
      validate(await told(name));
      expect(validate.errors ?? []).toEqual([]);
    }
  });

  test("a table is coloured for a terminal alone, and never in a file", async () => {
    const terminal = await shelf.run(["audit", "-q", "./shell"], { terminal: true });
    expect(terminal.stdout).toContain("\u001b[");
    await shelf.run(["audit", "-q", "./shell", "-o", "plain.txt"], { terminal: true });
    expect(readFileSync(join(shelf.folder, "plain.txt"), "utf8")).not.toContain("\u001b");
    const silent = await shelf.run(["audit", "-q", "./shell"], { terminal: true, env: { NO_COLOR: "1" } });
    expect(silent.stdout).not.toContain("\u001b");
  });

  test("--verbose tells how to check the evidence", async () => {
    const [short, long] = [await audit("./shell"), await audit("-v", "./shell")];
    expect(short.stdout).not.toContain("$ ");
    expect(long.stdout).toMatch(/dynamic symbol shell_builtins.*\n +\$ /);
  });

  test("progress goes to standard error, and can be turned off", async () => {
    const ran = await shelf.run(["audit", "--format", "json", "./root"]);
    expect(ran.stderr).toMatch(/^auditing \.\/root \.\.\.$/m);
    expect(ran.stderr).toMatch(/^auditing \.\/root done in .*: distroless$/m);
    expect(() => JSON.parse(ran.stdout) as unknown).not.toThrow();
    const machine = await shelf.run(["audit", "--progress", "json", "./root"]);
    const events = machine.stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { name?: string });
    expect(events.map((one) => one.name)).toContain("auditing ./root");
  });
});

describe("several images", () => {
  const names = ["./root", "./shell", "./sealed"];

  test("a line for each, then the sum", async () => {
    const { stdout, code } = await audit(...names);
    const lines = stdout.split("\n");
    expect(lines.slice(1, 4).map((line) => [line.split(" ")[0], line.split(" ").at(-1)])).toEqual([
      ["distroless", "./root"],
      ["in-name-only", "./shell"],
      ["sealed", "./sealed"],
    ]);
    expect(stdout).toMatch(/the worst is\s+in-name-only/);
    expect(code).toBe(0);
    const verbose = await audit("-v", ...names);
    expect(verbose.stdout).toMatch(/^distroless - level[\s\S]*^in-name-only - level[\s\S]*^sealed - level/m);
    expect(verbose.stdout.endsWith(stdout)).toBe(true);
  });

  test("json is one line for each", async () => {
    const { stdout } = await audit("--format", "json", ...names);
    const reports = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as ToldAudit);
    expect(reports.map((one) => one.image.reference)).toEqual(names);
  });

  test.each<[string, RegExp]>([
    ["sarif", /\.\/root[\s\S]*\.\/shell/],
    ["junit", /<testsuite name="\.\/root[\s\S]*<testsuite name="\.\/shell[\s\S]*<testsuite name="\.\/sealed/],
    ["markdown", /\.\/root[\s\S]*\.\/shell[\s\S]*\.\/sealed/],
  ])("%s holds all", async (format, pattern) => {
    expect((await audit("--format", format, ...names)).stdout).toMatch(pattern);
  });

  describe("one of which can't be read", () => {
    const digest = samples.sealed.layers[0]?.descriptor.digest.slice(7) ?? "-";
    const damaged = ["./root", "./damaged", "./shell"];
    beforeAll(async () => {
      const files = await layoutFiles({ images: [samples.sealed] });
      const [blob = ""] = Object.keys(files).filter((name) => name.endsWith(digest));
      await shelf.layout("damaged", {
        ...files,
        [blob]: Buffer.alloc(Buffer.from(files[blob] ?? "").length),
      });
    });

    test("it is told, and the others are audited", async () => {
      const ran = await audit("--format", "json", ...damaged);
      expect(ran.code).toBe(3);
      const told = ran.stdout.trimEnd().split("\n");
      expect(told.map((line) => (JSON.parse(line) as ToldAudit).image.reference)).toEqual([
        "./root",
        "./shell",
      ]);
      expect(ran.stderr).toMatch(/^error\[digest-mismatch\]: auditing \.\/damaged$/m);
      expect(ran.stderr).toContain(digest.slice(0, 12));
    });

    test.each<[string, RegExp]>([
      ["junit", /<testsuite name="\.\/damaged" tests="1" failures="0" skipped="0" errors="1"/],
      ["sarif", /"executionSuccessful": false[\s\S]*\.\/damaged could not be audited/],
    ])("%s says that it is missing", async (format, pattern) => {
      const ran = await audit("--format", format, "-o", `damaged.${format}`, ...damaged);
      expect(ran).toMatchObject({ code: 3, stdout: "" });
      expect(readFileSync(join(shelf.folder, `damaged.${format}`), "utf8")).toMatch(pattern);
    });

    test("a gate that fails is told as well, and the exit code is the worse one", async () => {
      const ran = await audit("--fail-below", "sealed", ...damaged);
      expect(ran.code).toBe(3);
      expect(ran.stderr).toMatch(/^failed: \.\/root: [\s\S]*^failed: \.\/shell: /m);
      expect((await audit("--fail-below", "sealed", "./root", "./shell")).code).toBe(1);
    });

    test("a waiver that concerns none of the others may be about it", async () => {
      const waiver = "{rule: setuid, path: /bin/ping, reason: known, expires: 2026-12-01}";
      await shelf.write("waives.yaml", `apiVersion: distill/v1\nwaivers: [${waiver}]\n`);
      const now = { now: () => Date.parse("2026-06-01T12:00:00Z") };
      const run = (...names: readonly string[]): Promise<Ran> =>
        shelf.run(["audit", "-q", "--policy", "waives.yaml", ...names], now);
      expect((await run("./root", "./shell")).stderr).toContain("[waiver-unused]");
      expect((await run(...damaged)).stderr).not.toContain("[waiver-unused]");
    });

    test("where none can be read, nothing is printed", async () => {
      const ran = await audit("-o", "none.txt", "./damaged", "./gone");
      expect(ran).toMatchObject({ code: 3, stdout: "" });
      expect(ran.stderr).toMatch(/auditing \.\/damaged[\s\S]*auditing \.\/gone/);
      expect(existsSync(join(shelf.folder, "none.txt"))).toBe(false);
    });

    test("its progress ends", async () => {
      const ran = await shelf.run(["audit", "--progress", "json", "./damaged", "./root"]);
      const events = ran.stderr
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as { type: string; id?: string });
      const ends = events.filter((one) => one.id?.startsWith("audit ") && one.type !== "start");
      expect(ends.map((one) => [one.type, one.id])).toEqual([
        ["fail", "audit ./damaged"],
        ["end", "audit ./root"],
      ]);
    });
  });
});
