// Every example: built twice to the same bytes, scanned by an outsider, run by docker and podman without any privilege, and
// spoken to by its own client.
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type ContainerEngine, type EngineKind, engineKinds } from "../../testing/engines/containers.ts";
import {
  because,
  distillWell,
  exampleIn,
  examplesWith,
  mirrorMissing,
  stepTrust,
} from "../../testing/examples.ts";
import { scanRoot } from "../../testing/image-scan.ts";
import { missingProgram, runWell } from "../../testing/programs.ts";
import { type UnpackedImage, unpackArchive } from "../../testing/unpacked-image.ts";
import type { Check } from "./checks/check.ts";
import { checkNginx } from "./checks/nginx.ts";
import { checkPostgres } from "./checks/postgres.ts";
import { checkCcApp, checkHello } from "./checks/programs.ts";
import { checkPythonApp } from "./checks/python-app.ts";
import { checkRedis } from "./checks/redis.ts";
import {
  checkCLibrary,
  checkJavaApp,
  checkNodeApp,
  checkPythonWheel,
  checkRustApp,
} from "./checks/stages.ts";

interface Example {
  readonly name: string;
  readonly user: string;
  readonly check: Check;
  /** What its check and its Makefile need of this machine. */
  readonly needs: readonly string[];
  readonly init?: true;
  /** It is made in a build stage, whose steps ask the registries of packages of their language. */
  readonly stages?: true;
}

const examples: readonly Example[] = [
  { name: "hello-static", user: "65532:65532", check: checkHello, needs: ["make", "cc"] },
  { name: "cc-app", user: "65532:65532", check: checkCcApp, needs: ["make", "g++"] },
  { name: "c-library", user: "65532:65532", check: checkCLibrary, needs: [], stages: true },
  { name: "node-app", user: "65532:65532", check: checkNodeApp, needs: ["curl", "nsenter"], stages: true },
  { name: "rust-app", user: "65532:65532", check: checkRustApp, needs: [], stages: true },
  {
    name: "python-wheel",
    user: "65532:65532",
    check: checkPythonWheel,
    needs: ["curl", "nsenter"],
    stages: true,
  },
  { name: "java-app", user: "65532:65532", check: checkJavaApp, needs: ["curl", "nsenter"], stages: true },
  { name: "redis", user: "999:999", check: checkRedis, needs: ["redis-cli", "nsenter"] },
  { name: "nginx", user: "101:101", check: checkNginx, needs: ["curl", "openssl", "nsenter"] },
  { name: "python-app", user: "65532:65532", check: checkPythonApp, needs: ["curl", "openssl", "nsenter"] },
  { name: "postgres", user: "70:70", check: checkPostgres, needs: ["psql", "nsenter"], init: true },
  { name: "postgres-17", user: "70:70", check: checkPostgres, needs: ["psql", "nsenter"], init: true },
];

const folder = inject("e2eFolder");
const cacheFolder = join(folder, "cache");
const archiveOf = (name: string, kind: "oci" | "docker"): string => join(folder, `${name}.${kind}.tar`);

test("every example is tested", () => {
  const names = examplesWith("distill.yaml");
  expect(examples.map(({ name }) => name).sort()).toEqual([...names].sort());
});

const noUmoci =
  missingProgram("umoci") ?? (process.getuid?.() === 0 ? undefined : "umoci unpacks owners as root only");

describe.each(examples)("$name", ({ name, user, needs, init, stages }) => {
  const missing = mirrorMissing ?? missingProgram(...needs.filter((one) => one !== "nsenter"));

  test.skipIf(missing !== undefined)(`builds twice to the same bytes${because(missing)}`, async () => {
    const project = await exampleIn(folder, name, cacheFolder);
    const first = [`oci-archive:${archiveOf(name, "oci")}`, `docker-archive:${archiveOf(name, "docker")}`];
    await build(project, cacheFolder, first, { target: "run" });

    // Elsewhere, with nothing cached, under another time zone and locale; of stages, all steps are done anew.
    const other = await mkdtemp(join(folder, "again-"));
    await cp(project, join(other, "project"), { recursive: true });
    const second = [`oci-archive:${join(other, "oci.tar")}`, `docker-archive:${join(other, "docker.tar")}`];
    await build(join(other, "project"), stages === true ? cacheFolder : join(other, "cache"), second, {
      target: "run",
      env: { TZ: "Asia/Tokyo", LC_ALL: "tr_TR.UTF-8" },
      flags: stages === true ? ["--no-cache"] : [],
    });
    await runWell(["cmp", archiveOf(name, "oci"), join(other, "oci.tar")]);
    await runWell(["cmp", archiveOf(name, "docker"), join(other, "docker.tar")]);
    await rm(other, { recursive: true });
  });

  if (init === true) {
    test.skipIf(missing !== undefined)(
      `builds its init image from the same lock${because(missing)}`,
      async () => {
        const project = await exampleIn(folder, name, cacheFolder);
        await build(project, cacheFolder, [`docker-archive:${archiveOf(`${name}-init`, "docker")}`], {
          target: "init",
        });
      },
    );
  }

  test.skipIf(missing !== undefined)(`passes its own tests${because(missing)}`, async () => {
    const project = await exampleIn(folder, name, cacheFolder);
    const printed = await distillWell(["test", project, "--frozen", "--cache-dir", cacheFolder], {
      env: stepTrust,
    });
    expect(printed).toMatch(/^[2-9] passed, 0 failed$/m);
  });

  const unscanned = missing ?? noUmoci;
  test.skipIf(unscanned !== undefined)(`is clean${because(unscanned)}`, async () => {
    const { root, config } = await unpacked(name);
    expect(scanRoot(root)).toEqual([]);
    expect(config.config.User).toBe(user);
  });
});

describe.each(engineKinds)("$name", (kind: EngineKind) => {
  let engine: ContainerEngine;
  beforeAll(async () => {
    if (kind.missing === undefined) engine = await kind.start();
  });
  afterAll(async () => {
    if (kind.missing === undefined) await engine.stop();
  });

  describe.each(examples)("runs $name", ({ name, check, needs, init }) => {
    const missing = mirrorMissing ?? kind.missing ?? missingProgram(...needs);
    test.skipIf(missing !== undefined)(`its client is content${because(missing)}`, async () => {
      for (const image of init === undefined ? [name] : [name, `${name}-init`]) {
        expect(existsSync(archiveOf(image, "docker")), `${image} was built`).toBe(true);
        await engine.client("load", "--input", archiveOf(image, "docker"));
      }
      const own = await mkdtemp(join(folder, "check-"));
      await check({ engine, image: `${name}:latest`, initImage: `${name}-init:latest`, folder: own });
    });
  });
});

test("the scan finds what it looks for", async () => {
  const root = await mkdtemp(join(folder, "dirty-"));
  await mkdir(join(root, "opt"));
  const planted = ["bash", "dash", "perl", "dpkg", "apt-get", "curl", "openssl", "busybox"].filter((name) =>
    existsSync(`/usr/bin/${name}`),
  );
  // Renamed, and not executable.
  for (const name of planted) await copyFile(`/usr/bin/${name}`, join(root, "opt", `data-of-${name}`));
  await runWell(["chmod", "-R", "a-x,a+X", join(root, "opt")]);
  await runWell(
    ["sh", "-c", "printf '#!/bin/sh\\n' > script; chmod 4755 script; touch open; chmod 666 open"],
    {
      cwd: root,
    },
  );
  const found = scanRoot(root).map(({ path }) => path);
  expect([...new Set(found)].sort()).toEqual(
    [...planted.map((name) => `/opt/data-of-${name}`), "/open", "/script"].sort(),
  );
});

interface BuildOptions {
  readonly target: "run" | "init";
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
}

async function build(
  project: string,
  cache: string,
  outputs: readonly string[],
  { target, env, flags = [] }: BuildOptions,
): Promise<void> {
  const args = ["build", project, "--frozen", "--cache-dir", cache, "--target", target, "--quiet", ...flags];
  await distillWell([...args, ...outputs.flatMap((output) => ["-o", output])], {
    env: { ...stepTrust, ...env },
  });
}

async function unpacked(name: string): Promise<UnpackedImage> {
  const into = await mkdtemp(join(folder, "unpacked-"));
  return unpackArchive(archiveOf(name, "oci"), into);
}
