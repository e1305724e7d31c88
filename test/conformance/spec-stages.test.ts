// Stages of a spec with the real engine, from Debian's packages and from an image in a registry: what steps see, what of them
// comes into the image, what is done again, and what people are told when it goes wrong.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { because, distill, distillWell, mirrorMissing } from "../../testing/examples.ts";
import type { ProgramRun } from "../../testing/programs.ts";
import { startRegistry, type TestRegistry } from "../../testing/registry.ts";

const head =
  "apiVersion: distill/v1\nname: app\nplatforms: [linux/amd64]\nrepositories: [{debian: bookworm}]\n";
const base = `${head}run: {packages: [coreutils], entrypoint: [/usr/bin/true]}
init: {packages: [dash, coreutils], command: [/bin/sh], env: {COLOUR: blue}}
`;

describe.skipIf(mirrorMissing !== undefined)(`stages${because(mirrorMissing)}`, () => {
  let folder: string;
  let registry: TestRegistry;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "distill-stages-"));
    registry = await startRegistry();
    await write("base/distill.yaml", base);
    const tag = `${registry.host}/base:1`;
    await distillWell(["build", join(folder, "base"), "--target", "init", "--push", "-t", tag, ...cache()]);
  }, 300_000);

  afterAll(async () => {
    await registry.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const cache = (): readonly string[] => ["--cache-dir", join(folder, "cache"), "--quiet"];

  async function write(name: string, content: string): Promise<void> {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }

  /** A project of its own with these stages, of which the image takes a folder of `app`. */
  async function project(name: string, build: string, source = "/out"): Promise<string> {
    const run = `run:
  packages: [coreutils]
  entrypoint: [/usr/bin/true]
  copy: [{from: app, source: ${source}, target: /srv}]
`;
    await write(`${name}/distill.yaml`, `${head}${run}build:\n${build}`);
    return join(folder, name);
  }

  function build(at: string, ...more: readonly string[]): Promise<ProgramRun> {
    return distill(["build", at, "--allow-level", "distro", ...cache(), ...more]);
  }

  /** What a build puts into /srv/told. */
  async function told(at: string, ...more: readonly string[]): Promise<string> {
    const out = await mkdtemp(join(folder, "out-"));
    const ran = await build(at, "-o", `dir:${join(out, "root")}`, ...more);
    expect(ran.code, ran.stderr).toBe(0);
    return readFile(join(out, "root/srv/told"), "utf8");
  }

  test("steps see what the spec says, and nothing of it stays but what they write", async () => {
    const at = await project(
      "steps",
      `  app:
    packages: [dash]
    steps:
      - copy: {from: context, source: ., target: /src}
      - run: |
          mkdir -m 777 /out
          echo "in $(pwd) as $(id -u):$(id -g), $COLOUR, $(ls)" > /out/told
          chmod 666 /out/told
        working-dir: /src
        env: {COLOUR: red}
      - run: echo "as $(id -u):$(id -g)" >> /out/told; test ! -w /etc/passwd
        user: "1000:1001"
      - run: cut -d':' -f1 /proc/net/dev | tail -n +3 >> /out/told
        network: none
      - run: echo "$(cat /run/secrets/file) $(cat /etc/token) $VARIABLE" | sha256sum >> /out/told
        secrets: [{id: file}, {id: file, target: /etc/token}, {id: variable, env: VARIABLE}]
      - run: [/bin/sh, -c, 'test ! -e /etc/token && test -z "$VARIABLE" && echo gone >> /out/told']
`,
    );
    await write("steps/.dockerignore", "*.log\ndistill.*\n.dockerignore\n");
    await write("steps/a.txt", "");
    await write("steps/b.log", "");
    await write("token", "open sesame");
    const secrets = ["--secret", `id=file,src=${join(folder, "token")}`, "--secret", "id=variable,env=HOME"];
    const lines = (await told(at, ...secrets)).split("\n");
    expect(lines).toEqual([
      "in /src as 0:0, red, a.txt",
      "as 1000:1001",
      "    lo",
      expect.stringMatching(/^[0-9a-f]{64} {2}-$/),
      "gone",
      "",
    ]);
  });

  test("a stage of an image has its environment, is pinned, and another one takes from it", async () => {
    const at = await project(
      "image",
      `  made:
    image: ${registry.host}/base-init:1
    steps: [{run: 'mkdir /made && echo "$COLOUR" > /made/colour'}]
  app:
    packages: [dash]
    steps:
      - copy: {from: made, source: /made, target: /out}
      - run: cp /out/colour /out/told
`,
    );
    expect(await told(at)).toBe("blue\n");
    const lock = await readFile(join(at, "distill.lock"), "utf8");
    expect(lock).toMatch(
      /^ {4}\{"reference":"127\.0\.0\.1:\d+\/base-init:1","platform":"linux\/amd64","digest"/m,
    );
    expect(lock).toContain('"phase": "build/app"');
    const asked = registry.requests.length;
    expect(await told(at, "--frozen")).toBe("blue\n");
    expect(registry.requests.slice(asked).filter(({ path }) => path.includes("/blobs/"))).toEqual([]);
  });

  test("a cache is kept from build to build; a step is done again where it, or what it copies, changed", async () => {
    const stages = `  app:
    packages: [dash]
    steps:
      - copy: {from: context, source: input, target: /input}
      - run: mkdir /out && echo x >> /kept/log && wc -l < /kept/log > /out/told && cat /input >> /out/told
        cache: [/kept]
`;
    const at = await project("again", stages);
    await write("again/input", "one\n");
    expect(await told(at)).toBe("1\none\n");
    expect(await told(at)).toBe("1\none\n");
    // A new time of the same content is no change.
    await write("again/input", "one\n");
    expect(await told(at)).toBe("1\none\n");
    await write("again/input", "two\n");
    expect(await told(at)).toBe("2\ntwo\n");
    expect(await told(at, "--no-cache")).toBe("3\ntwo\n");
  });

  test("what goes wrong is told with its place in the spec", async () => {
    const at = await project(
      "wrong",
      "  app:\n    packages: [dash]\n    steps:\n      - run: mkdir /ou && echo to be seen && false\n",
    );
    const failed = await build(at, "-o", `dir:${join(folder, "none")}`);
    expect(failed.code).toBe(3);
    expect(failed.stderr).toMatch(/error\[step-failed\]: \[app 2\/2\] run mkdir .*distill\.yaml:13:9/);
    expect(failed.stderr).toContain("to be seen");

    const made = "  app:\n    packages: [dash]\n    steps:\n      - run: mkdir -p /made/result\n";
    await project("wrong", made, "/made/results");
    const absent = await build(at, "-o", `dir:${join(folder, "none")}`);
    expect(absent.code).toBe(2);
    expect(absent.stderr).toMatch(
      /distill\.yaml:8:10: error: there is no "\/made\/results" in the stage app/,
    );
    expect(absent.stderr).toContain("did you mean /made/result?");

    await project(
      "wrong",
      "  app:\n    packages: [dash]\n    steps:\n      - run: mkdir /out\n        secrets: [{id: token}]\n",
    );
    const secret = await build(at, "-o", `dir:${join(folder, "none")}`);
    expect([secret.code, secret.stderr]).toEqual([expect.any(Number), expect.stringContaining("token")]);
    expect(secret.code).not.toBe(0);
  });
});
