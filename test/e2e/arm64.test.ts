// Images for another architecture than this machine's: composed here without running anything of them, then started under QEMU.
import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { because, distill, distillWell, exampleIn, mirrorMissing } from "../../testing/examples.ts";
import { scanRoot } from "../../testing/image-scan.ts";
import { missingProgram, runWell } from "../../testing/programs.ts";
import { blobIn, readJson } from "../../testing/unpacked-image.ts";

interface Index {
  readonly manifests: readonly {
    readonly mediaType: string;
    readonly digest: string;
    readonly platform?: { readonly os: string; readonly architecture: string };
  }[];
}

const folder = inject("e2eFolder");
const cacheFolder = join(folder, "cache");
const missing = mirrorMissing;
const unstartable =
  missing ??
  missingProgram("umoci", "skopeo", "qemu-aarch64-static") ??
  (process.getuid?.() === 0 ? undefined : "umoci unpacks owners as root only");

describe.skipIf(missing !== undefined)(`redis for two platforms${because(missing)}`, () => {
  let project: string;
  let layout: string;

  beforeAll(async () => {
    const single = await exampleIn(folder, "redis", cacheFolder);
    project = join(await mkdtemp(join(folder, "platforms-")), "redis");
    await cp(single, project, { recursive: true });
    const spec = join(project, "distill.yaml");
    const text = await readFile(spec, "utf8");
    await writeFile(spec, `${text}\nplatforms: [linux/amd64, linux/arm64]\n`);
    layout = join(project, "layout");
    const stale = await distill(["build", project, "--frozen", "--cache-dir", cacheFolder]);
    expect(stale.code, "the lock is for one platform").toBe(1);
    await distillWell(["build", project, "--cache-dir", cacheFolder, "-o", `oci:${layout}`]);
  });

  test("one index with two manifests, each with its platform", async () => {
    const outer = await readJson<Index>(join(layout, "index.json"));
    const index = await readJson<Index>(blobIn(layout, outer.manifests[0]));
    expect(index.manifests.map(({ platform }) => platform)).toEqual([
      { os: "linux", architecture: "amd64" },
      { os: "linux", architecture: "arm64" },
    ]);
  });

  test("without a network, the lock and the cache are enough", async () => {
    const offline = { DISTILL_DEBIAN_MIRROR: "http://127.0.0.1:1/debian" };
    const args = ["build", project, "--frozen", "--cache-dir", cacheFolder];
    const again = join(project, "again.tar");
    await distillWell([...args, "-o", `oci-archive:${again}`], { env: offline });
    // The cache holds no finished image with these layers: everything is composed anew.
    const single = join(project, "single.tar");
    await distillWell([...args, "--layers", "single", "-o", `oci-archive:${single}`], { env: offline });
    const cold = await distill(["build", project, "--frozen", "--cache-dir", join(project, "cold")], {
      env: offline,
    });
    expect(cold.code).toBe(3);
    expect(cold.stderr).toMatch(/^error\[network\]: .*127\.0\.0\.1:1/m);
  });

  test.skipIf(unstartable !== undefined)(`starts under QEMU${because(unstartable)}`, async () => {
    const one = join(project, "arm64");
    await runWell([
      ...["skopeo", "--override-arch", "arm64", "--override-os", "linux", "copy", "--quiet"],
      ...[`oci:${layout}:latest`, `oci:${one}:latest`],
    ]);
    await runWell(["umoci", "unpack", "--image", `${one}:latest`, join(project, "bundle")]);
    const root = join(project, "bundle", "rootfs");
    expect(scanRoot(root)).toEqual([]);
    const server = join(root, "usr/bin/redis-server");
    expect((await readFile(server)).readUInt16LE(18), "EM_AARCH64").toBe(183);
    const printed = await runWell(["qemu-aarch64-static", "-L", root, server, "--version"]);
    expect(printed).toMatch(/^Redis server v=7\./);
  });
});
