// Damage without a plan: archives of images with bytes changed, with digests that fit and digests that don't. Whatever comes in,
// the command ends with a verdict or with an error of the table, never with the exit code of a bug; and a blob that isn't what its
// digest says never gets a verdict.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesOf, collect } from "../../src/base/bytes.ts";
import { digestOf, hexOf } from "../../src/base/digest.ts";
import { commands } from "../../src/cli/registry.ts";
import { ociArchive } from "../../src/oci/archive-writer.ts";
import { makeImageSet } from "../../src/oci/derive.ts";
import { dockerArchive } from "../../src/oci/docker-archive-writer.ts";
import { type Layer, mediaTypes } from "../../src/oci/model.ts";
import { filesOf, over } from "../../testing/adversarial/workshop.ts";
import { elfOf, tarOf } from "../../testing/builders.ts";
import { type Ran, runInMemory } from "../../testing/cli.ts";
import { damaged, sequence } from "../../testing/corpus.ts";
import { helloProgram } from "../../testing/hello-program.ts";
import { type Files, filesAsTar } from "../../testing/layouts.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "distill-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function audit(archive: Uint8Array, kind: "oci-archive" | "docker-archive"): Promise<Ran> {
  const file = join(folder, "image.tar");
  await writeFile(file, archive);
  const options = ["--cache-dir", join(folder, "cache"), "--quiet", "--format", "json"];
  return runInMemory(["audit", ...options, `${kind}:${file}`], commands);
}

/** A little of everything that an audit reads. */
const contents = tarOf([
  { name: "etc/passwd", content: "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/:/none\n" },
  { name: "var/lib/dpkg/status", content: "Package: a\nStatus: install ok installed\nVersion: 1\n\n" },
  { name: "lib/libx.so.1", content: elfOf({ soname: "libx.so.1", exports: ["x"] }) },
  { name: "lib/libx.so", target: "libx.so.1" },
  { name: "opt/second", kind: "hardlink", target: "lib/libx.so.1" },
  { name: "opt/run", mode: 0o4755, content: "#!/bin/sh\nexec /app\n" },
  { name: "opt/a.tar.gz", content: gzipSync(tarOf([{ name: "x", content: helloProgram() }])) },
  { name: "opt/a.zst", content: zstdCompressSync(helloProgram()) },
  { name: `opt/${"long".repeat(40)}`, content: "x", xattrs: new Map([["user.x", Buffer.from("y")]]) },
  { name: "srv/.wh.gone" },
  { name: "srv/.wh..wh..opq" },
  { name: "dev/null", kind: "character-device", deviceMajor: 1, deviceMinor: 3 },
]);

/** A layer of these bytes, with the digests that they have. */
function layerOf(tar: Buffer, blob: Buffer, mediaType: string): Layer {
  return {
    descriptor: { mediaType, digest: digestOf(blob), size: blob.length },
    diffId: digestOf(tar),
    open: () => bytesOf(blob),
  };
}

const image = over([layerOf(contents, gzipSync(contents), mediaTypes.layerGzip)]);
const roundsOfEach = 150;

/** Audits every damaged archive; how they ended, by exit code. */
async function codesOf(
  make: (random: (below: number) => number) => Promise<Uint8Array>,
  seed: number,
  kind: "oci-archive" | "docker-archive" = "oci-archive",
): Promise<ReadonlyMap<number, number>> {
  const random = sequence(seed);
  const codes = new Map<number, number>();
  for (let round = 0; round < roundsOfEach; round++) {
    const { code, stderr, stdout } = await audit(await make(random), kind);
    expect([0, 2, 3], `round ${round}: ${stderr}`).toContain(code);
    // An error says what and why, and there is no verdict beside it.
    if (code !== 0) expect(`${stdout}${stderr}`).toMatch(/^error\[[a-z-]+\]: \S.*\n {2}\S/);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  return codes;
}

function archiveOfLayer(layer: Layer): Promise<Uint8Array> {
  return collect(ociArchive(makeImageSet([over([layer])]), "app:1"), 1 << 26, "an archive");
}

describe("damaged archives", () => {
  test("whole, it has a verdict", async () => {
    const ran = await audit(filesAsTar(await filesOf(image)), "oci-archive");
    expect(ran.code, ran.stderr).toBe(0);
  });

  test("a blob that isn't what its digest says never gets a verdict", async () => {
    const files = await filesOf(image);
    const blobs = Object.keys(files).filter((name) => name.startsWith("blobs/"));
    const codes = await codesOf((random) => {
      const name = blobs[random(blobs.length)] ?? "";
      const before = Buffer.from(files[name] ?? "");
      let after = damaged(before, random);
      while (after.equals(before)) after = damaged(before, random);
      return Promise.resolve(filesAsTar({ ...files, [name]: after }));
    }, 1);
    expect([...codes.keys()]).toEqual([3]);
  });

  test("a damaged tar in a layer whose digests fit", async () => {
    const codes = await codesOf((random) => {
      const tar = damaged(contents, random);
      return archiveOfLayer(layerOf(tar, gzipSync(tar), mediaTypes.layerGzip));
    }, 2);
    expect([...codes.keys()].sort()).toEqual([0, 3]);
  });

  test.each([
    ["gzip", mediaTypes.layerGzip, (tar: Buffer) => gzipSync(tar)],
    ["zstd", mediaTypes.layerZstd, (tar: Buffer) => zstdCompressSync(tar)],
  ] as const)("a damaged %s stream whose own digest fits", async (_, mediaType, compress) => {
    const codes = await codesOf(
      (random) => archiveOfLayer(layerOf(contents, damaged(compress(contents), random), mediaType)),
      3,
    );
    expect(codes.get(3)).toBeGreaterThan(roundsOfEach / 2);
    expect(codes.has(2)).toBe(false);
  });

  test("a damaged config or manifest whose digests fit", async () => {
    const files = await filesOf(image);
    const codes = await codesOf((random) => Promise.resolve(filesAsTar(damagedDocument(files, random))), 4);
    expect(codes.get(3)).toBeGreaterThan(0);
  });

  test("a damaged index", async () => {
    const files = await filesOf(image);
    const codes = await codesOf(
      (random) =>
        Promise.resolve(
          filesAsTar({ ...files, "index.json": damaged(Buffer.from(files["index.json"] ?? ""), random) }),
        ),
      5,
    );
    expect(codes.get(3)).toBeGreaterThan(0);
  });

  test.each(["oci-archive", "docker-archive"] as const)("a damaged %s", async (kind) => {
    const bytes =
      kind === "oci-archive" ? ociArchive(makeImageSet([image]), "app:1") : dockerArchive(image, ["app:1"]);
    const whole = await collect(bytes, 1 << 26, "an archive");
    const codes = await codesOf((random) => Promise.resolve(damaged(whole, random)), 6, kind);
    expect(codes.get(3)).toBeGreaterThan(0);
  });
});

/** The files with the manifest or the config damaged, and every digest and size above it as it has to be. */
function damagedDocument(files: Files, random: (below: number) => number): Files {
  const config = Buffer.from(image.config);
  const configAfter = random(2) === 0 ? damaged(config, random) : config;
  const manifest = Buffer.from(image.manifest).toString();
  const named = manifest
    .replace(digestOf(config), digestOf(configAfter))
    .replace(`"size":${config.length}`, `"size":${configAfter.length}`);
  const manifestAfter = configAfter === config ? damaged(Buffer.from(named), random) : Buffer.from(named);
  const index = Buffer.from(files["index.json"] ?? "")
    .toString()
    .replace(image.descriptor.digest, digestOf(manifestAfter))
    .replace(`"size":${image.descriptor.size}`, `"size":${manifestAfter.length}`);
  return {
    ...files,
    [`blobs/sha256/${hexOf(digestOf(configAfter))}`]: configAfter,
    [`blobs/sha256/${hexOf(digestOf(manifestAfter))}`]: manifestAfter,
    "index.json": index,
  };
}
