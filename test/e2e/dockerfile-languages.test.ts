// Dockerfiles as people write them for five languages, over the sources of examples/: dependencies fetched in one stage, the
// program run from another. Built without an engine, run by docker.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DebianBase, debianBasesMissing, debianImage } from "../../testing/base-images/debian.ts";
import { type BaseRegistry, startBaseRegistry } from "../../testing/base-images/registry.ts";
import { type Dockerd, dockerdMissing, startDockerd } from "../../testing/engines/docker.ts";
import { dockerRegistryMissing } from "../../testing/engines/docker-registry.ts";
import { because, distillWell } from "../../testing/examples.ts";

const home = join(import.meta.dirname, "../..");
const missing = debianBasesMissing() ?? dockerdMissing() ?? dockerRegistryMissing();

interface Language {
  /** Of examples/. */
  readonly example: string;
  readonly base: DebianBase;
  readonly argument: string;
  readonly prints: RegExp;
}

const languages: readonly Language[] = [
  { example: "c-library", base: "c", argument: "distroless distroless distroless", prints: /bytes, / },
  { example: "node-app", base: "node", argument: "2.5 hours", prints: /^9000000$/m },
  { example: "java-app", base: "java", argument: "distroless", prints: /^Sselortsid$/m },
  { example: "rust-app", base: "rust", argument: "2h 30m", prints: /^9000 seconds$/m },
  { example: "python-wheel", base: "python", argument: "host=db dbname=shop", prints: /"dbname": "shop"/ },
];

describe.skipIf(missing !== undefined)(`Dockerfiles of five languages${because(missing)}`, () => {
  let bases: BaseRegistry;
  let dockerd: Dockerd;
  const folder = mkdtempSync(join(tmpdir(), "distill-languages-"));
  beforeAll(async () => {
    bases = await startBaseRegistry();
    dockerd = await startDockerd();
  });
  afterAll(async () => {
    await dockerd.stop();
    await bases.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(languages)("$example", async ({ example, base, argument, prints }) => {
    const { name, set } = await debianImage(base);
    await bases.add(name, set);
    const project = join(folder, example);
    cpSync(join(home, "examples", example), project, {
      recursive: true,
      filter: (source) => !/distill\.(?:yaml|lock)$/.test(source),
    });
    const file = join(import.meta.dirname, "languages", `${example}.Dockerfile`);
    const archive = join(folder, `${example}.tar`);
    const build = ["build", project, "-f", file, "--cache-dir", join(folder, "cache"), "-t", example];
    await distillWell([...build, "-o", `docker-archive:${archive}`], {
      env: bases.environment,
      timeoutMs: 900_000,
    });
    await dockerd.docker("load", "--input", archive);
    const restricted = ["--network=none", "--read-only", "--cap-drop=ALL"];
    expect(await dockerd.docker("run", "--rm", ...restricted, example, argument)).toMatch(prints);
  });
});
