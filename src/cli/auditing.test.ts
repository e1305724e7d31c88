import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openShelf, type Shelf, samples, type ToldAudit } from "../../testing/audit-samples.ts";
import type { Ran } from "../../testing/cli.ts";
import { layoutFiles } from "../../testing/layouts.ts";
import { startRegistry, type TestRegistry } from "../../testing/registry.ts";
import { testClient } from "../../testing/registry-client.ts";
import { parseReference } from "../oci/reference.ts";
import { pushImageSet } from "../oci/registry/push.ts";

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

describe("a second audit", () => {
  test.each(["table", "json", "sarif", "junit", "markdown", "html", "badge"])(
    "%s says the same",
    async (format) => {
      const first = await audit("--format", format, "./layered");
      const argv = ["audit", "-q", "--format", format, "./layered"];
      const afresh = await shelf.run(argv, {
        env: { DISTILL_CACHE_DIR: join(shelf.folder, `cache-${format}`) },
      });
      expect(await audit("--format", format, "./layered")).toEqual(first);
      expect(afresh).toEqual(first);
    },
  );

  test.each(["json", "html"])(
    "layers that were changed behind their digest are refused (%s)",
    async (format) => {
      const digest = samples.shell.layers[1]?.descriptor.digest ?? "";
      const name = `changed-${format}`;
      await shelf.layout(name, await layoutFiles({ images: [samples.shell] }));
      expect((await audit("--format", format, `./${name}`)).code).toBe(0);
      const blob = join(shelf.folder, name, "blobs/sha256", digest.slice(7));
      const bytes = readFileSync(blob);
      bytes[bytes.length - 9] = (bytes.at(-9) ?? 0) ^ 1;
      writeFileSync(blob, bytes);
      const ran = await audit("--format", format, `./${name}`);
      expect(ran).toMatchObject({ code: 3, stdout: "" });
      expect(ran.stderr).toContain(digest.slice(7, 19));
    },
  );

  test("--entrypoint is another question", async () => {
    await audit("./root");
    const report = await told("./root", "--entrypoint", "/other");
    expect(report.findings.map((one) => one.rule)).toContain("missing");
  });
});

describe("a registry", () => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startRegistry();
    const client = await testClient();
    for (const name of ["sealed", "shell", "layered"] as const) {
      await pushImageSet({ images: [samples[name]] }, parseReference(`${registry.host}/${name}:1`), client);
    }
  });
  afterAll(() => registry.stop());

  test("the report is a layout's, but for the name", async () => {
    const [pulled, local] = [await told(`${registry.host}/shell:1`), await told("./shell")];
    expect({ ...pulled, image: null }).toEqual({ ...local, image: null });
    expect(pulled.image.digest).toBe(local.image.digest);
  });

  test("what isn't there is told", async () => {
    const ran = await audit(`${registry.host}/shell:2`);
    expect(ran).toMatchObject({ code: 3, stdout: "" });
    expect(ran.stderr).toMatch(/error\[not-found\]: .*shell:2/);
  });

  test("an interrupt in the middle ends with 130 and leaves nothing behind", async () => {
    vi.stubEnv("TMPDIR", shelf.scratch);
    const digest = samples.layered.layers[1]?.descriptor.digest ?? "";
    registry.fail({
      match: new RegExp(`GET .*blobs/${digest}`),
      times: 9,
      kind: { type: "slow", delayMs: 60_000 },
    });
    const controller = new AbortController();
    const running = shelf.run(["audit", `${registry.host}/layered:1`], {
      signal: controller.signal,
      env: { DISTILL_CACHE_DIR: join(shelf.folder, "cold") },
    });
    while (!registry.requests.some((one) => one.method === "GET" && one.path.includes(digest)))
      await delay(5);
    expect(readdirSync(shelf.scratch)).toHaveLength(1);
    controller.abort();
    const ran = await running;
    expect(ran).toMatchObject({ code: 130, stdout: "" });
    expect(ran.stderr).toMatch(/interrupted/);
    expect(readdirSync(shelf.scratch)).toEqual([]);
    const left = readdirSync(join(shelf.folder, "cold"), { recursive: true }) as string[];
    expect(left.filter((name) => name.includes(".tmp-"))).toEqual([]);
    vi.unstubAllEnvs();
  });
});

test("nothing is left in the folder for temporary files, whatever the end was", async () => {
  vi.stubEnv("TMPDIR", shelf.scratch);
  for (const argv of [
    ["./shell"],
    ["./gone"],
    ["shell.docker.tar"],
    ["root.tar"],
    ["--platform", "x", "./shell"],
  ]) {
    await audit(...argv);
    expect(readdirSync(shelf.scratch)).toEqual([]);
  }
  vi.unstubAllEnvs();
  expect(existsSync(shelf.scratch)).toBe(true);
});
