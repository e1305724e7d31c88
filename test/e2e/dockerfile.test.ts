// The article's Go service, its Dockerfile as it is written: built by root and by an ordinary user without any engine, run by
// docker, and spoken to. And what a Dockerfile's author meets besides: locks, levels, secrets, mistakes.
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BuildMetadata } from "../../src/report/metadata.ts";
import { corpusImage, corpusMissing } from "../../testing/base-images/corpus.ts";
import { golangImage, golangMissing } from "../../testing/base-images/golang.ts";
import { type BaseRegistry, startBaseRegistry } from "../../testing/base-images/registry.ts";
import {
  askInNetworkOf,
  type ContainerEngine,
  endContainer,
  engineKinds,
  inNetworkOf,
  startContainer,
  untilReady,
} from "../../testing/engines/containers.ts";
import { dockerRegistryMissing } from "../../testing/engines/docker-registry.ts";
import { because, distill, distillWell } from "../../testing/examples.ts";
import { missingProgram, type ProgramRun, runProgram } from "../../testing/programs.ts";
import { asOrdinaryUser } from "../../testing/sandbox/ordinary-user.ts";

const home = join(import.meta.dirname, "../..");
const example = join(home, "examples/go-app");
const missing =
  golangMissing ??
  corpusMissing ??
  dockerRegistryMissing() ??
  missingProgram("curl", "nsenter", "script", "setpriv", "newuidmap") ??
  (process.getuid?.() === 0 ? undefined : "becoming another user needs root");

describe.skipIf(missing !== undefined)(`a Dockerfile${because(missing)}`, () => {
  let bases: BaseRegistry;
  let own: string;
  let cache: string;

  beforeAll(async () => {
    // Others than root read it, which may not enter this run's folder.
    own = mkdtempSync(join(tmpdir(), "distill-dockerfile-"));
    chmodSync(own, 0o755);
    cache = join(own, "cache");
    bases = await startBaseRegistry();
    await bases.add("library/golang:1.21.5-alpine", await golangImage());
    await bases.add("library/alpine:3.14", { images: [await corpusImage("alpine", own)] });
  }, 300_000);
  afterAll(async () => {
    await bases.stop();
    rmSync(own, { recursive: true, force: true });
  });

  const build = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ProgramRun> =>
    distill(["build", "--cache-dir", cache, ...args], { env: { ...bases.environment, ...env } });

  /** A folder with a Dockerfile and other files. */
  function project(name: string, files: Readonly<Record<string, string>>): string {
    const at = join(own, name);
    mkdirSync(at, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(at, file), text);
    return at;
  }

  function metadataIn(file: string): BuildMetadata {
    return JSON.parse(readFileSync(file, "utf8")) as BuildMetadata;
  }

  test("the article's builds, twice to the same bytes, for root and for an ordinary user", async () => {
    const [archive, again, theirs] = ["go.tar", "again.tar", "home/go.tar"].map((name) => join(own, name));
    const metadata = join(own, "go.json");
    const epoch = { SOURCE_DATE_EPOCH: "1700000000" };
    const first = await build(
      [example, "-t", "my-app", "-o", `docker-archive:${archive}`, "--metadata", metadata],
      epoch,
    );
    expect(first.code, first.stderr).toBe(0);
    expect(metadataIn(metadata).images[0]).toMatchObject({ level: "distroless", files: 2, cached: false });

    // Nothing is done again, and nothing differs.
    const second = await build(
      [example, "-t", "my-app", "-o", `docker-archive:${again}`, "--metadata", metadata],
      epoch,
    );
    expect(second.code, second.stderr).toBe(0);
    expect(metadataIn(metadata).images[0]).toMatchObject({ cached: true });
    expect(readFileSync(again ?? "").equals(readFileSync(archive ?? ""))).toBe(true);

    const user = join(own, "home");
    mkdirSync(user);
    const become = asOrdinaryUser(user);
    cpSync(example, join(user, "go-app"), { recursive: true });
    const ran = await runProgram(
      [
        ...become,
        join(home, "distill"),
        "build",
        join(user, "go-app"),
        "-t",
        "my-app",
        "-o",
        `docker-archive:${theirs}`,
      ],
      {
        env: {
          ...bases.environment,
          ...epoch,
          HOME: user,
          XDG_CACHE_HOME: undefined,
          DISTILL_CACHE_DIR: undefined,
        },
        cwd: user,
        timeoutMs: 600_000,
      },
    );
    expect(ran.code, ran.stderr).toBe(0);
    expect(readFileSync(theirs ?? "").equals(readFileSync(archive ?? ""))).toBe(true);
  }, 900_000);

  describe.each(engineKinds)("in $name", (kind) => {
    let engine: ContainerEngine;
    beforeAll(async () => {
      if (kind.missing === undefined) engine = await kind.start();
    });
    afterAll(async () => {
      if (kind.missing === undefined) await engine.stop();
    });

    test.skipIf(kind.missing !== undefined)(
      `it answers, and trusts who it should${because(kind.missing)}`,
      async () => {
        await engine.client("load", "--input", join(own, "go.tar"));
        const container = await startContainer(
          engine,
          kind.name === "podman" ? "localhost/my-app" : "my-app",
          {},
        );
        const ask = ["curl", "--silent", "--fail", "http://127.0.0.1:8080/"];
        await untilReady(engine, container, async () => (await inNetworkOf(container, ask)).code === 0);
        expect(await askInNetworkOf(container, ask)).toMatch(/^hello from [0-9a-f]{8}-[0-9a-f-]{27}\n$/);
        await endContainer(engine, container);
      },
    );
  });

  test("with a USER line it is sealed", async () => {
    const at = join(own, "sealed");
    cpSync(example, at, { recursive: true });
    const text = readFileSync(join(at, "Dockerfile"), "utf8");
    writeFileSync(join(at, "Dockerfile"), text.replace("ENTRYPOINT", "USER 65534\nENTRYPOINT"));
    const layout = join(own, "sealed-layout");
    const ran = await build([at, "-o", `oci:${layout}`, "--allow-level", "sealed"]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toContain("sealed");
    const told = JSON.parse(
      await distillWell(["audit", "--cache-dir", cache, "--quiet", "--format", "json", layout]),
    ) as { verdict: { level: string } };
    expect(told.verdict.level).toBe("sealed");
  });

  test("below --allow-level nothing is written, and the instruction is told", async () => {
    const at = project("below", { Dockerfile: "FROM alpine:3.14\nRUN echo x > /x\n" });
    const ran = await build([at, "-o", `oci:${join(at, "out")}`, "--allow-level", "distroless"]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/its level is distro, below distroless[\s\S]*busybox/i);
    expect(readdirSync(at)).toEqual(["Dockerfile"]);
  });

  test("--lock pins base images, and --frozen wants them pinned", async () => {
    const at = project("locked", { Dockerfile: "FROM alpine:3.14\n" });
    const refused = await build([at, "--frozen"]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain("--lock");
    expect((await build([at, "--lock"])).code).toBe(0);
    const lock = readFileSync(join(at, "Dockerfile.lock"), "utf8");
    expect(lock).toMatch(/"docker\.io\/library\/alpine:3\.14"/);
    expect((await build([at, "--frozen"])).code).toBe(0);
    writeFileSync(join(at, "Dockerfile"), "FROM alpine:3.14\nFROM golang:1.21.5-alpine\n");
    const other = await build([at, "--frozen"]);
    expect(other.code).toBe(1);
    expect(other.stderr).toContain("golang:1.21.5-alpine for linux/");
  });

  test.each([
    {
      kind: "a layout",
      to: (at: string) => `type=local,dest=${at},mode=max`,
      from: (at: string) => `type=local,src=${at}`,
    },
    { kind: "a registry", to: () => `${bases.host}/results:1`, from: () => `${bases.host}/results:1` },
    { kind: "the image itself", to: () => "type=inline", from: () => `${bases.host}/inline:1` },
  ])("results travel by $kind to a machine that has nothing", async ({ kind, to, from }) => {
    const at = project(`travels by ${kind}`, {
      Dockerfile: "FROM alpine:3.14 AS a\nRUN date +%s%N > /when\nFROM scratch\nCOPY --from=a /when /when\n",
    });
    const place = join(at, "results");
    const metadata = join(at, "metadata.json");
    const push = kind === "the image itself" ? ["--push", "-t", `${bases.host}/inline:1`] : [];
    const first = await build([at, "--cache-to", to(place), ...push, "--metadata", metadata]);
    expect(first.code, first.stderr).toBe(0);
    const made = metadataIn(metadata).images[0];
    const elsewhere = ["--cache-dir", join(at, "cache"), "--cache-from", from(place)];
    const second = await build([at, ...elsewhere, "--metadata", metadata]);
    expect(second.code, second.stderr).toBe(0);
    const found = metadataIn(metadata).images[0];
    expect(found).toMatchObject({ cached: true, layers: made?.layers });
  });

  test("a secret is in no layer, log, cache or error", async () => {
    const secret = "correct-horse-battery-staple";
    const at = project("secret", {
      Dockerfile:
        "FROM alpine:3.14 AS a\nRUN --mount=type=secret,id=token cat /run/secrets/token | wc -c > /size && cat /run/secrets/token\nFROM scratch\nCOPY --from=a /size /size\n",
      token: secret,
    });
    const ran = await build([
      at,
      "--secret",
      `id=token,src=${join(at, "token")}`,
      "-o",
      `oci:${join(own, "secret-out")}`,
      "--progress",
      "plain",
    ]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr + ran.stdout).not.toContain(secret);
    rmSync(join(at, "token"));
    const found = await runProgram([
      "grep",
      "--recursive",
      "--text",
      "--files-with-matches",
      secret,
      cache,
      join(own, "secret-out"),
    ]);
    expect(found.stdout).toBe("");
  });

  test("--on-error=shell gives a shell on a terminal, with what the step left, and then the step's failure", async () => {
    const at = project("shell", { Dockerfile: "FROM alpine:3.14\nRUN echo left > /made; exit 7\n" });
    const line = `'${join(home, "distill")}' build --cache-dir '${cache}' --on-error=shell '${at}'`;
    const ran = await runProgram(["script", "--quiet", "--return", "--command", line, "/dev/null"], {
      env: bases.environment,
      input: "echo is $(cat /made)\nexit\n",
      timeoutMs: 60_000,
    });
    expect(ran.code).toBe(3);
    expect(ran.stdout).toMatch(/is left\r\n[\s\S]*error\[step-failed\][\s\S]*exit code 7/);
  });

  test("what can't be started is warned of, whatever the level", async () => {
    for (const [mode, warned] of [
      ["644", true],
      ["755", false],
    ] as const) {
      const at = project(`start-${mode}`, {
        Dockerfile: `FROM scratch\nCOPY --chmod=${mode} greet /greet\nUSER 1:1\nCMD ["/greet"]\n`,
        greet: "#!/greet\n",
      });
      const ran = await build([at, "--quiet"]);
      expect(ran.code, ran.stderr).toBe(0);
      expect(ran.stderr.includes('can\'t be started: "/greet" is not executable [no-start]')).toBe(warned);
    }
  });

  test("what fails tells its last lines, its exit code, and how to look at it", async () => {
    const at = project("failing", {
      Dockerfile: 'FROM alpine:3.14\nRUN for i in $(seq 1 40); do echo "line $i"; done; exit 7\n',
    });
    const ran = await build([at, "--quiet"]);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toMatch(
      /error\[step-failed\][\s\S]*Dockerfile:2:1[\s\S]*exit code 7[\s\S]*line 21\n[\s\S]*line 40/,
    );
    expect(ran.stderr).not.toContain("line 20\n");
    expect(ran.stderr).toContain("--on-error=shell");
  });

  test.each([
    {
      summary: "an unknown instruction",
      text: "FROM alpine:3.14\nRUNN x\n",
      code: 2,
      says: /Dockerfile:2:1: error:[\s\S]*did you mean RUN\?/,
    },
    {
      summary: "a missing file",
      text: "FROM scratch\nCOPY mian.go /\n",
      code: 2,
      says: /Dockerfile:2:1: error:[\s\S]*did you mean "main\.go"\?/,
    },
    {
      summary: "an unknown stage, which could be an image",
      text: "FROM alpine:3.14 AS build\nFROM scratch\nCOPY --from=biuld /x /x\n",
      code: 3,
      says: /fetching docker\.io\/library\/biuld[\s\S]*did you mean the stage build\?/,
    },
  ])("$summary is told with a hint", async ({ summary, text, code, says }) => {
    const at = project(summary.replaceAll(" ", "-"), { Dockerfile: text, "main.go": "package main\n" });
    const ran = await build([at, "--quiet"]);
    expect(ran.code).toBe(code);
    expect(ran.stderr).toMatch(says);
  });
});
