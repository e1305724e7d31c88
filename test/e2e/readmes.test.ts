// The commands of the examples' READMEs, as they are written there: what a reader types has to work.
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { golangImage, golangMissing } from "../../testing/base-images/golang.ts";
import { type BaseRegistry, startBaseRegistry } from "../../testing/base-images/registry.ts";
import { type Dockerd, dockerdMissing, startBridgedDockerd } from "../../testing/engines/docker.ts";
import { dockerRegistryMissing } from "../../testing/engines/docker-registry.ts";
import { because, mirrorMissing, stepTrust } from "../../testing/examples.ts";
import { missingProgram, type ProgramRun, runProgram } from "../../testing/programs.ts";

const home = join(import.meta.dirname, "../..");
const folder = inject("e2eFolder");
const missing =
  mirrorMissing ??
  dockerdMissing() ??
  golangMissing ??
  dockerRegistryMissing() ??
  missingProgram("make", "g++", "openssl", "curl", "psql", "redis-cli", "nsenter", "iptables", "ip");

const readmes = readdirSync(join(home, "examples")).map((name) => {
  const text = readFileSync(join(home, "examples", name, "README.md"), "utf8");
  return { name, commands: commandsOf(text) };
});

test("most READMEs hold commands", () => {
  expect(readmes.filter(({ commands }) => commands.length > 1).length).toBeGreaterThan(5);
});

describe.skipIf(missing !== undefined)(`a reader with docker${because(missing)}`, () => {
  let engine: Dockerd;
  let bases: BaseRegistry;
  const cwd = join(folder, "reader");

  beforeAll(async () => {
    engine = await startBridgedDockerd();
    bases = await startBaseRegistry();
    await bases.add("library/golang:1.21.5-alpine", await golangImage());
    mkdirSync(cwd);
    symlinkSync(join(home, "distill"), join(cwd, "distill"));
    cpSync(join(home, "examples"), join(cwd, "examples"), { recursive: true });
  });
  afterAll(async () => {
    await engine.stop();
    await bases.stop();
  });

  test.each(readmes.filter(({ commands }) => commands.length > 0))("$name", async ({ commands }) => {
    for (const command of commands) {
      const ran = await type(command);
      expect(ran.code, `${command}\n${ran.stdout}${ran.stderr}`).toBe(0);
    }
    // The next one's ports may be the same.
    const running = (await engine.docker("ps", "--quiet")).split("\n").filter((id) => id !== "");
    for (const id of running) await engine.docker("rm", "--force", "--volumes", id);
  });

  /** Runs a line; a client's again while its server starts. Packages come through this machine's own network. */
  async function type(command: string): Promise<ProgramRun> {
    const outside = /^(\.\/distill|make|mkdir|openssl|chmod) /.test(command);
    const isClient = /^(PGPASSWORD=\S+ )?(curl|psql|redis-cli) /.test(command);
    const inside = ["nsenter", "--target", String(engine.pid), "--net", "--"];
    const env = {
      DOCKER_HOST: `unix://${engine.socket}`,
      DISTILL_CACHE_DIR: join(folder, "cache"),
      ...bases.environment,
      ...stepTrust,
      // The distribution's client is the daemon's own age.
      PATH: `/usr/bin:${process.env["PATH"] ?? ""}`,
    };
    for (let attempt = 0; ; attempt++) {
      const argv = [...(outside ? [] : inside), "sh", "-euc", command];
      const ran = await runProgram(argv, { cwd, env, timeoutMs: 300_000 });
      if (ran.code === 0 || !isClient || attempt === 50) return ran;
      await delay(200);
    }
  }
});

/** The lines of a page's shell blocks; a line that ends with a backslash goes on in the next. */
function commandsOf(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  return blocks
    .join("")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}
