// The audit through the real command line: of every example, wherever its image lies; and what a build says of a spec whose
// image would be below the level that is allowed.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, test } from "vitest";
import type { BuildMetadata } from "../../src/report/metadata.ts";
import { openShelf, type Shelf, type ToldAudit } from "../../testing/audit-samples.ts";
import { dockerdMissing, startDockerd } from "../../testing/engines/docker.ts";
import { dockerRegistryMissing, startDockerRegistry } from "../../testing/engines/docker-registry.ts";
import { podmanMissing } from "../../testing/engines/podman.ts";
import {
  because,
  distill,
  distillWell,
  exampleIn,
  examplesWith,
  mirrorMissing,
  stepTrust,
} from "../../testing/examples.ts";
import { missingProgram, runWell } from "../../testing/programs.ts";

const folder = inject("e2eFolder");
const cacheFolder = join(folder, "cache");
const examples = examplesWith("distill.yaml");

interface Built {
  readonly level: string;
  readonly layout: string;
  readonly archive: string;
}

const built = new Map<string, Promise<Built>>();

/** An example's image as a layout and as a Docker archive; made once. */
function imageOf(name: string): Promise<Built> {
  const known = built.get(name) ?? build(name);
  built.set(name, known);
  return known;
}

async function build(name: string): Promise<Built> {
  const project = await exampleIn(folder, name, cacheFolder);
  const own = await mkdtemp(join(folder, `audit-${name}-`));
  const [layout, archive, metadata] = [
    join(own, "layout"),
    join(own, "docker.tar"),
    join(own, "metadata.json"),
  ];
  const places = ["-o", `oci:${layout}`, "-o", `docker-archive:${archive}`, "--metadata", metadata];
  const argv = ["build", project, "--frozen", "--quiet", "--cache-dir", cacheFolder, ...places];
  await distillWell(argv, { env: stepTrust });
  const { images } = JSON.parse(readFileSync(metadata, "utf8")) as BuildMetadata;
  return { level: images[0]?.level ?? "", layout, archive };
}

async function audit(name: string, env: Readonly<Record<string, string>> = {}): Promise<ToldAudit> {
  const argv = ["audit", "--quiet", "--format", "json", "--cache-dir", cacheFolder, name];
  return JSON.parse(await distillWell(argv, { env })) as ToldAudit;
}

/** What a report says but for the image's name and how its layers are stored. */
function substance(report: ToldAudit): unknown {
  const { layers } = report as ToldAudit & { readonly layers: readonly { readonly digest: string }[] };
  const anonymous = layers.reduce(
    (text, { digest }, index) => text.replaceAll(digest, `layer ${index}`),
    JSON.stringify({ ...report, image: null }),
  );
  return JSON.parse(anonymous.replaceAll(/"compressedBytes":\d+/g, '"compressedBytes":0')) as unknown;
}

const missing = mirrorMissing ?? missingProgram("make", "g++");

describe.skipIf(missing !== undefined)(`examples${because(missing)}`, () => {
  test.each(examples)("%s: the build states the level that an audit of what it wrote finds", async (name) => {
    const { archive, layout, level } = await imageOf(name);
    const [ofLayout, ofArchive] = [await audit(layout), await audit(archive)];
    expect(ofLayout.verdict).toMatchObject({ level, determinate: true });
    expect(["truly-distroless", "sealed"]).toContain(level);
    expect(substance(ofArchive)).toEqual(substance(ofLayout));
    expect(ofLayout.findings.filter((one) => one.atMost === "distroless")).toEqual([]);
  });

  describe("one image at every place", () => {
    const name = "redis";
    let expected: unknown;
    beforeAll(async () => {
      expected = substance(await audit((await imageOf(name)).layout));
    });

    const noDocker = dockerdMissing();
    test.skipIf(noDocker !== undefined)(`loaded into docker${because(noDocker)}`, async () => {
      const engine = await startDockerd();
      try {
        await engine.docker("load", "--input", (await imageOf(name)).archive);
        const env = { DOCKER_HOST: `unix://${engine.socket}`, DISTILL_CACHE_DIR: cacheFolder };
        const place = `docker-daemon:${name}:latest`;
        expect(substance(await audit(place, env))).toEqual(expected);
        const ran = await distill(["diff", "-q", place, place], { env });
        expect(ran).toMatchObject({ code: 0, stderr: "" });
        expect(ran.stdout).toMatch(/\nNothing differs\.\n$/);
      } finally {
        await engine.stop();
      }
    });

    const noPodman = podmanMissing();
    test.skipIf(noPodman !== undefined)(`loaded into podman's storage${because(noPodman)}`, async () => {
      const own = await mkdtemp(join(folder, "podman-"));
      for (const part of ["root", "run", "tmp"]) mkdirSync(join(own, part));
      const storage = `driver = "vfs"\ngraphroot = "${join(own, "root")}"\nrunroot = "${join(own, "run")}"\n`;
      writeFileSync(join(own, "storage.conf"), `[storage]\n${storage}`);
      const engine = 'runtime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n';
      writeFileSync(join(own, "containers.conf"), `[engine]\n${engine}tmp_dir = "${join(own, "tmp")}"\n`);
      const env = {
        CONTAINERS_STORAGE_CONF: join(own, "storage.conf"),
        CONTAINERS_CONF: join(own, "containers.conf"),
        TMPDIR: join(own, "tmp"),
      };
      await runWell(["podman", "load", "--input", (await imageOf(name)).archive], { env });
      // No daemon serves here: distill has to ask the command.
      const alone = { ...env, DOCKER_HOST: "", XDG_RUNTIME_DIR: join(own, "run") };
      const found = await distill(["audit", "-q", "--format", "json", `docker-daemon:${name}:latest`], {
        env: { ...alone, DISTILL_CACHE_DIR: cacheFolder },
      });
      expect(found).toMatchObject({ code: 0, stderr: "" });
      expect(substance(JSON.parse(found.stdout) as ToldAudit)).toEqual(expected);
      expect(readdirSync(join(own, "tmp")).filter((one) => one.startsWith("distill-"))).toEqual([]);
      await rm(own, { recursive: true });
    });

    const noRegistry = dockerRegistryMissing();
    test.skipIf(noRegistry !== undefined)(`pushed to docker-registry${because(noRegistry)}`, async () => {
      const registry = await startDockerRegistry();
      try {
        const project = await exampleIn(folder, name, cacheFolder);
        const reference = `${registry.host}/team/${name}:1`;
        const argv = ["build", project, "--frozen", "-q", "--cache-dir", cacheFolder];
        await distillWell([...argv, "--tag", reference, "--push"]);
        const report = await audit(reference);
        expect(substance(report)).toEqual(expected);
        expect(report.image.digest).toBe((await audit((await imageOf(name)).layout)).image.digest);
      } finally {
        await registry.stop();
      }
    });
  });

  test("a gate, and an interrupt, end as they promise", async () => {
    const { layout } = await imageOf("redis");
    const gated = await distill([
      "audit",
      "-q",
      "--cache-dir",
      cacheFolder,
      "--fail-below",
      "sealed",
      layout,
    ]);
    expect(gated.code).toBe(1);
    expect(gated.stderr).toMatch(/^failed: .*the image is truly-distroless; it has to be sealed \[level\]/);
    const own = await mkdtemp(join(folder, "interrupted-"));
    const env = { TMPDIR: own };
    const argv = ["audit", "--cache-dir", join(own, "cache"), layout];
    const ran = await distill(argv, { env, kill: { signal: "SIGINT", onText: "reading layer" } });
    expect(ran).toMatchObject({ code: 130, signal: null, stdout: "" });
    expect(ran.stderr).toMatch(/interrupted/);
    expect(readdirSync(own)).toEqual(["cache"]);
  });
});

describe("a policy's primitives", () => {
  let shelf: Shelf;
  beforeAll(async () => {
    shelf = await openShelf();
    return () => shelf.close();
  });

  const offered = "exec, shell, download, upload, file-read, file-write, library-load, reverse-shell";
  test.each<[string, string, readonly string[]]>([
    ["none is allowed", "allow: []", offered.split(", ")],
    ["all but one are allowed", `allow: [${offered.replace("upload, ", "")}]`, ["upload"]],
    ["all are allowed", `allow: [${offered}]`, []],
    ["none of the application's own is", "residual: []", []],
  ])("%s: the gate fails for what a file offers beyond", async (_, member, refused) => {
    await shelf.write("policy.yaml", `apiVersion: distill/v1\nprimitives: {${member}}\n`);
    const argv = ["audit", "-q", "--cache-dir", cacheFolder, "--policy", "policy.yaml", "./shell"];
    const ran = await distill(argv, { cwd: shelf.folder });
    expect(ran.code, ran.stderr).toBe(refused.length === 0 ? 0 : 1);
    const said = ran.stderr.replaceAll(/\s+/g, " ");
    const failed = [
      ...said.matchAll(/failed: \.\/shell: ([a-z-]+) \([^)]*\) is offered by 1 file .*?\[primitives\]/g),
    ];
    expect(failed.map(([, name]) => name)).toEqual(refused);
    for (const name of refused)
      expect(said).toContain(`leave the file out, or add ${name} to primitives.allow of the policy`);
    expect(said.includes("/opt/helper: GNU bash 5.2.15")).toBe(refused.length > 0);
  });
});

const head = "apiVersion: distill/v1\nname: below\nplatforms: [linux/amd64]\n";

interface Below {
  readonly summary: string;
  readonly spec: string;
  readonly level: string;
  /** What is told of the spec's lines. */
  readonly says: readonly RegExp[];
  readonly packages?: true;
}

const below: readonly Below[] = [
  {
    summary: "a setuid file and a secret",
    spec: `${head}run:
  files:
    /app: {text: "x", mode: 0755}
    /etc/token: {text: "${["glpat", "Ab1dE2fG3hI4jK5lM6n7"].join("-")}", mode: 0640}
    /usr/bin/up: {text: "x", mode: 04755}
  user: "65532:65532"
  entrypoint: [/app]
`,
    level: "distroless",
    says: [
      /\/etc\/token: a GitLab token \[secret\] \(distill\.yaml:7: files \/etc\/token\)/,
      /\/usr\/bin\/up: .* \[setuid\] \(distill\.yaml:8: files \/usr\/bin\/up\)/,
    ],
  },
  {
    summary: "a shell as a package",
    spec: `${head}repositories: [{debian: bookworm}]
run:
  packages: [redis-server, bash]
  keep: [/bin/bash]
  user: "65532:65532"
  entrypoint: [/usr/bin/redis-server]
`,
    level: "in-name-only",
    says: [/\/usr\/bin\/bash: GNU bash 5\.2.* \[shell\] \(distill\.yaml:6: the package bash\)/],
    packages: true,
  },
  {
    summary: "a script for a shell as the entrypoint",
    spec: `${head}repositories: [{debian: bookworm}]
run:
  packages: [dash]
  files: {/start: {text: "#!/bin/sh\\nexec /bin/true\\n", mode: 0755}}
  user: "65532:65532"
  entrypoint: [/start]
`,
    level: "in-name-only",
    says: [
      /\/start: .* \[shell-startup\] \(distill\.yaml:7: files \/start\)/,
      /\[shell\] \(distill\.yaml:6: the package dash\)/,
    ],
    packages: true,
  },
];

describe("a build below --allow-level tells the spec's lines", () => {
  for (const { level, packages, says, spec, summary } of below) {
    const reason = packages === undefined ? undefined : mirrorMissing;
    test.skipIf(reason !== undefined)(`${summary}${because(reason)}`, async () => {
      const own = await mkdtemp(join(folder, "below-"));
      writeFileSync(join(own, "distill.yaml"), spec);
      const argv = ["build", "--quiet", "--cache-dir", cacheFolder, "-o", "oci:out"];
      const refused = await distill(argv, { cwd: own });
      expect(refused).toMatchObject({ code: 1, stdout: "" });
      expect(refused.stderr).toContain(`its level is ${level}, below truly-distroless`);
      const said = refused.stderr.replaceAll(/\s+/g, " ");
      for (const pattern of says) expect(said).toMatch(pattern);
      expect(readdirSync(own)).not.toContain("out");
      const allowed = await distill([...argv, "--allow-level", level], { cwd: own });
      expect(allowed.code, allowed.stderr).toBe(0);
      expect((await audit(join(own, "out"))).verdict).toMatchObject({ level, determinate: true });
    });
  }
});
