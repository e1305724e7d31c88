// The base images that tests compose, as docker runs them: each has what its name promises.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type DebianBase,
  debianBases,
  debianBasesMissing,
  debianImage,
} from "../../testing/base-images/debian.ts";
import { golangImage, golangMissing } from "../../testing/base-images/golang.ts";
import { type BaseRegistry, startBaseRegistry } from "../../testing/base-images/registry.ts";
import { type Dockerd, dockerClient, dockerdMissing, startDockerd } from "../../testing/engines/docker.ts";
import { dockerRegistryMissing } from "../../testing/engines/docker-registry.ts";
import { because } from "../../testing/examples.ts";
import { runWell } from "../../testing/programs.ts";

const missing = dockerdMissing() ?? dockerRegistryMissing() ?? golangMissing ?? debianBasesMissing();

/** A step, and what it leaves in /said. */
const trials: Readonly<Record<DebianBase, readonly [step: string, said: RegExp]>> = {
  c: [
    `printf 'int puts(const char *); int main(void) { puts("compiled"); return 0; }' > a.c && cc a.c && ./a.out > /said`,
    /^compiled$/m,
  ],
  node: ["node --version > /said && npm --version >> /said", /^v18\.\S+\n10\./],
  python: ["python --version > /said && pip --version >> /said", /^Python 3\.11\.\S+\npip \d/],
  java: ["javac -version > /said && mvn --version >> /said", /^javac 17\.\S+\n[\s\S]*Apache Maven 3/],
  rust: [
    `echo 'fn main() { println!("compiled"); }' > a.rs && rustc a.rs && ./a > /said && cargo --version >> /said`,
    /^compiled\ncargo 1\./,
  ],
};

describe.skipIf(missing !== undefined)(`base images${because(missing)}`, () => {
  let registry: BaseRegistry;
  let dockerd: Dockerd;
  const folder = mkdtempSync(join(tmpdir(), "distill-bases-"));
  beforeAll(async () => {
    registry = await startBaseRegistry();
    dockerd = await startDockerd(["--registry-mirror", `http://${registry.host}`]);
  });
  afterAll(async () => {
    await dockerd.stop();
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Builds FROM an image with a step, and gives what the step left in /said. */
  async function saidBy(name: string, step: string): Promise<string> {
    const context = mkdtempSync(join(folder, "context-"));
    writeFileSync(
      join(context, "Dockerfile"),
      `FROM ${name} AS made\nRUN ${step}\nFROM scratch\nCOPY --from=made /said /\n`,
    );
    const out = join(context, "out");
    mkdirSync(out);
    const docker = [dockerClient(), "-H", `unix://${dockerd.socket}`];
    await runWell([...docker, "build", "--network=host", "-o", out, context], {
      env: { DOCKER_BUILDKIT: "1" },
      timeoutMs: 600_000,
    });
    return runWell(["cat", join(out, "said")]);
  }

  test("golang:1.21.5-alpine compiles a program, and trusts what this machine does", async () => {
    await registry.add("library/golang:1.21.5-alpine", await golangImage());
    const program = `printf 'package main\\nfunc main() { println("compiled") }' > a.go`;
    const said = await saidBy(
      "golang:1.21.5-alpine",
      `${program} && go run a.go 2> /said && go version >> /said && ls /etc/ssl/certs/ca-certificates.crt >> /said`,
    );
    expect(said).toMatch(/^compiled\ngo version go1\.21\.5 linux\/amd64\n\/etc\/ssl/);
  });

  test.each(debianBases)("%s", async (base) => {
    const { name, set } = await debianImage(base);
    await registry.add(name, set);
    const [step, said] = trials[base];
    expect(await saidBy(name.replace("library/", ""), step)).toMatch(said);
  });
});
