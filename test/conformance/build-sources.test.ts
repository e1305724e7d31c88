// Sources of builds from real servers: git of the host from `git daemon`, files over HTTP.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digestOf } from "../../src/base/digest.ts";
import { ToolError } from "../../src/base/errors.ts";
import { solve } from "../../src/engines/native/solver/solve.ts";
import type { SolverServices } from "../../src/engines/native/solver/solver.ts";
import type { GitOperation } from "../../src/graph/operation.ts";
import { vertexOf } from "../../src/graph/vertex.ts";
import { dumpTree } from "../../src/tree/dump.ts";
import { path } from "../../src/tree/path.ts";
import type { Tree } from "../../src/tree/tree.ts";
import { because } from "../../testing/examples.ts";
import { missingProgram, runWell } from "../../testing/programs.ts";
import { makeWorld, type World } from "../../testing/solver/world.ts";

const missing = missingProgram("git");
const port = 41_000 + (process.pid % 9000);
const remote = (name: string): string => `git://127.0.0.1:${port}/${name}`;
const never = new AbortController().signal;

describe.skipIf(missing !== undefined)(`a repository${because(missing)}`, () => {
  let folder = "";
  let daemon: ChildProcess | undefined;
  let world: World;
  let services: SolverServices;
  const commits: Record<string, string> = {};

  const git = async (name: string, ...args: readonly string[]): Promise<string> => {
    const dates = { GIT_AUTHOR_DATE: "1700000000 +0000", GIT_COMMITTER_DATE: "1700000000 +0000" };
    const identity = [
      "-c",
      "user.name=a",
      "-c",
      "user.email=a@example.test",
      "-c",
      "protocol.file.allow=always",
    ];
    const env = { ...dates, HOME: folder, GIT_CONFIG_NOSYSTEM: "1" };
    return (await runWell(["git", "-C", join(folder, name), ...identity, ...args], { env })).trim();
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "distill-git-"));
    for (const name of ["library", "app"]) {
      mkdirSync(join(folder, name));
      await git(name, "init", "-q", "-b", "main");
    }
    writeFileSync(join(folder, "library/lib.c"), "int f;\n");
    writeFileSync(join(folder, "library/.gitattributes"), "*.c text\n*.h filter=changing\n");
    writeFileSync(join(folder, "library/lib.h"), "#define F 1\n");
    await git("library", "add", ".");
    await git("library", "commit", "-q", "-m", "library");
    const app = join(folder, "app");
    mkdirSync(join(app, "src"));
    writeFileSync(join(app, "src/run.sh"), "#!/bin/sh\n", { mode: 0o775 });
    writeFileSync(join(app, ".gitattributes"), "*.txt eol=crlf\n*.bin filter=evil\n");
    writeFileSync(join(app, "read.txt"), "text\n");
    writeFileSync(join(app, "x.bin"), "bytes");
    symlinkSync("src", join(app, "link"));
    await git(
      "app",
      "submodule",
      "--quiet",
      "add",
      remote("library").replace(/^git:.*\//, `${folder}/`),
      "vendor/library",
    );
    await git("app", "config", "-f", ".gitmodules", "submodule.vendor/library.url", remote("library"));
    await git("app", "add", ".");
    await git("app", "commit", "-q", "-m", "first");
    commits["first"] = await git("app", "rev-parse", "HEAD");
    await git("app", "tag", "-a", "v1", "-m", "v1");
    commits["v1-tag"] = await git("app", "rev-parse", "v1");
    writeFileSync(join(app, "read.txt"), "more\n");
    await git("app", "commit", "-q", "-a", "-m", "second");
    commits["second"] = await git("app", "rev-parse", "HEAD");
    const args = ["daemon", "--export-all", `--base-path=${folder}`, "--listen=127.0.0.1", `--port=${port}`];
    daemon = spawn("git", args, { stdio: "ignore" });
    await listening();
    world = await makeWorld();
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder };
    services = world.services({ hostEnvironment: env });
    // What a user's own configuration may not do to a build's files.
    const evil = `touch ${folder}/evil; cat`;
    writeFileSync(
      join(folder, ".gitconfig"),
      `[filter "evil"]\n\tsmudge = "${evil}"\n[filter "changing"]\n\tsmudge = "sed s/1/2/"\n[core]\n\tautocrlf = true\n\teol = crlf\n`,
    );
  });

  afterAll(() => {
    daemon?.kill();
    for (const one of [folder, world.folder]) rmSync(one, { recursive: true, force: true });
  });

  async function listening(): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      const open = await new Promise((resolve) => {
        const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
        socket.on("connect", () => socket.destroy());
      });
      if (open === true) return;
      await wait(50);
    }
    throw new Error("git daemon does not listen");
  }

  async function treeOf(change: Partial<GitOperation>): Promise<Tree> {
    const operation: GitOperation = { kind: "git", remote: remote("app"), keepGitFolder: false, ...change };
    const { snapshot } = await solve(vertexOf(operation, [], { name: "git" }), services, never);
    return world.store.tree(snapshot);
  }

  const digestIn = (tree: Tree, name: string): string | undefined => {
    const entry = tree.lookup(path(name));
    return entry?.kind === "file" ? entry.digest : undefined;
  };

  test("is its files, with submodules, git's own modes and the commit's time", async () => {
    const tree = await treeOf({ ref: "v1" });
    expect(
      Object.entries(dumpTree(tree)).map(([name, line]) => `${name} ${line.replace(/ [0-9a-f]{8}$/, "")}`),
    ).toEqual([
      "/.gitattributes file 0644",
      "/.gitmodules file 0644",
      "/link symlink 0777 -> src",
      "/read.txt file 0644",
      "/src directory 0755",
      "/src/run.sh file 0755",
      "/vendor directory 0755",
      "/vendor/library directory 0755",
      "/vendor/library/.gitattributes file 0644",
      "/vendor/library/lib.c file 0644",
      "/vendor/library/lib.h file 0644",
      "/x.bin file 0644",
    ]);
    expect(new Set([...tree.walk()].map(({ mtime }) => mtime))).toEqual(new Set([1_700_000_000]));
  });

  test("has submodules as their commits have them, whatever the user's own configuration says", async () => {
    const tree = await treeOf({ ref: "v1" });
    expect(digestIn(tree, "/vendor/library/lib.c")).toBe(digestOf("int f;\n"));
    expect(digestIn(tree, "/vendor/library/lib.h")).toBe(digestOf("#define F 1\n"));
  });

  test("is the same by branch, tag and commit, and fetched once for each commit", async () => {
    const dumps = [];
    for (const ref of [undefined, "main", "refs/heads/main", commits["second"]]) {
      dumps.push(JSON.stringify(dumpTree(await treeOf(ref === undefined ? {} : { ref }))));
    }
    expect(new Set(dumps).size).toBe(1);
    const cached = world.events.flatMap((event) => (event.type === "end" ? [event.cached] : []));
    expect(cached.slice(-3)).toEqual([true, true, true]);
  });

  test("an older commit than any name has can be had", async () => {
    expect(dumpTree(await treeOf({ ref: commits["first"] ?? "" }))).toEqual(
      dumpTree(await treeOf({ ref: "v1" })),
    );
  });

  test("a folder of it is its root", async () => {
    expect(Object.keys(dumpTree(await treeOf({ subdirectory: "src" })))).toEqual(["/run.sh"]);
  });

  test("its git folder is that of the remote that was named", async () => {
    const digests = new Set<string | undefined>();
    for (const one of [remote("app"), remote("app/.git"), remote("app")]) {
      digests.add(digestIn(await treeOf({ remote: one, keepGitFolder: true }), "/.git/config"));
    }
    expect(digests.size).toBe(2);
  });

  test("its git folder stays where that is wanted, and works", async () => {
    const tree = await treeOf({ keepGitFolder: true });
    const names = Object.keys(dumpTree(tree)).filter((name) => /^\/\.git\/[^/]+$/.test(name));
    expect(names).toEqual(
      expect.arrayContaining(["/.git/HEAD", "/.git/config", "/.git/index", "/.git/objects"]),
    );
    expect(names).not.toEqual(expect.arrayContaining(["/.git/hooks", "/.git/logs", "/.git/FETCH_HEAD"]));
    expect(tree.lookup(path("/.git/index"))?.mtime).toBe(1_700_000_000);
  });

  test.each<[string, () => Partial<GitOperation>, string, RegExp]>([
    ["a branch that isn't there", () => ({ ref: "nosuch" }), "not-found", /no branch or tag "nosuch"/],
    ["a name that would be an option", () => ({ ref: "--upload-pack=x" }), "not-found", /can't name/],
    ["a folder that isn't there", () => ({ subdirectory: "nosuch" }), "not-found", /no folder "nosuch"/],
    ["a link as a folder", () => ({ subdirectory: "link" }), "not-found", /no folder "link"/],
    [
      "another checksum",
      () => ({ ref: "main", checksum: "0000" }),
      "digest-mismatch",
      /the checksum says 0000/,
    ],
    ["a protocol of this machine", () => ({ remote: `file://${folder}/app` }), "network", /not allowed/],
    ["a program as a protocol", () => ({ remote: `ext::touch ${folder}/evil` }), "network", /not allowed/],
    ["a repository that isn't there", () => ({ remote: remote("none") }), "not-found", /none/],
  ])("%s is refused", async (_summary, change, code, why) => {
    const thrown: unknown = await treeOf(change()).catch((one: unknown) => one);
    expect(thrown).toBeInstanceOf(ToolError);
    expect(thrown).toMatchObject({ code, why: expect.stringMatching(why) as string });
  });

  test("checksums of commits and of tags fit", async () => {
    await treeOf({ ref: "v1", checksum: commits["first"] ?? "" });
    await treeOf({ ref: "v1", checksum: (commits["v1-tag"] ?? "").slice(0, 12) });
  });

  test("nothing of the user's configuration ran", async () => {
    expect(await runWell(["ls", folder])).not.toContain("evil");
  });
});
