// Audits of a full Debian with a database server, beside tools that read the same layer: those that look for packages or secrets,
// one that shows layers, and the least that anybody can do who checks a digest.
import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { createGunzip, gzipSync } from "node:zlib";
import { bytesOf } from "../../src/base/bytes.ts";
import { digestOf, finishDigest } from "../../src/base/digest.ts";
import { makeImage, makeImageSet } from "../../src/oci/derive.ts";
import { writeLayout } from "../../src/oci/layout-writer.ts";
import { type Image, type Layer, mediaTypes } from "../../src/oci/model.ts";
import { fileRange } from "../../src/oci/store.ts";
import { writeImageSet } from "../../src/oci/write.ts";
import { tarOf } from "../../testing/builders.ts";
import { findPeer } from "../../testing/peers.ts";
import type { Scenario } from "../bench.ts";
import { run } from "./measure.ts";

export interface AuditBench {
  /** A folder of the bench's own. */
  readonly folder: string;
  readonly distill: string;
  readonly mirror: string;
}

const images = 100;

/** Makes the images. @param wanted whether anybody asked for these scenarios; they take a minute to prepare */
export async function auditScenarios(bench: AuditBench, wanted: boolean): Promise<readonly Scenario[]> {
  if (!wanted) return [];
  const { distill, folder } = bench;
  const layer = await debianLayer(bench);
  const image = imageOf([layer]);
  const layout = join(folder, "debian");
  await writeLayout(makeImageSet([image]), layout, "latest");
  const archive = join(folder, "debian.docker.tar");
  await writeImageSet(
    makeImageSet([image]),
    { kind: "docker-archive", path: archive, reference: "debian:latest" },
    { scratchFolder: folder },
  );
  const cache = join(folder, "audit-cache");
  const forget = (): void => rmSync(cache, { recursive: true, force: true });
  const audit = (...names: readonly string[]): readonly string[] => [
    distill,
    ...["audit", "--quiet", "--cache-dir", cache, ...names],
  ];
  const first = { name: "distill", prepare: forget, argv: audit(`oci:${layout}`) };
  const scenario = (name: string, what: string, target: string, peer: Scenario["peer"]): Scenario => ({
    name,
    what,
    target,
    ours: first,
    ...(peer === undefined ? {} : { peer }),
  });
  const hash = ["sh", "-c", `gunzip < ${layer.file ?? ""} | sha256sum`];
  return [
    scenario("audit", "audit of a Debian, 222 MB", "0.60", { name: "gunzip, sha256sum", argv: hash }),
    scenario("audit-syft", "the same", "0.33", syft(layout)),
    scenario("audit-trivy", "the same", "0.33", trivy(layout, folder)),
    scenario("audit-dive", "the same", "", dive(archive)),
    {
      name: "audit-known",
      what: "audit, layer known",
      target: "+100 ms",
      ours: { name: "distill", argv: audit(`oci:${layout}`) },
      peer: { name: "distill --version", argv: [distill, "--version"] },
    },
    ...alpine(audit, forget),
    {
      name: "audit-hundred",
      what: `audit of ${images} images on one base`,
      target: "the base once",
      ours: { name: "distill", prepare: forget, argv: audit(...(await hundred(folder, layer))) },
      peer: { name: "distill, the base", prepare: forget, argv: audit(`oci:${layout}`) },
    },
  ];
}

/** As mmdebstrap makes it, compressed as registries serve it. */
async function debianLayer({ folder, mirror }: AuditBench): Promise<Layer> {
  const given = process.env["DISTILL_BENCH_LAYER"];
  const file = given ?? join(folder, "debian.tar.gz");
  if (!existsSync(file)) {
    const tar = join(folder, "debian.tar");
    const options = ["--variant=standard", "--include=postgresql,openssh-server,python3,perl,curl,git"];
    run(["mmdebstrap", ...options, "bookworm", tar, mirror]);
    run(["gzip", "-6", tar]);
  }
  const [stored, plain] = [createHash("sha256"), createHash("sha256")];
  const stream = createReadStream(file);
  stream.on("data", (chunk) => stored.update(chunk));
  for await (const chunk of stream.pipe(createGunzip({ chunkSize: 1 << 18 }))) plain.update(chunk as Buffer);
  const { size } = statSync(file);
  const descriptor = { mediaType: mediaTypes.layerGzip, digest: finishDigest(stored), size };
  return { descriptor, diffId: finishDigest(plain), file, open: () => fileRange(file, 0, size) };
}

function imageOf(layers: readonly Layer[]): Image {
  const rootfs = { type: "layers", diff_ids: layers.map((layer) => layer.diffId) } as const;
  const config = { Entrypoint: ["/usr/lib/postgresql/15/bin/postgres"], User: "101" };
  return makeImage({ config: { architecture: "amd64", os: "linux", config, rootfs }, layers });
}

/** Images of the base and a layer of their own, in one layout. Their names. */
async function hundred(folder: string, base: Layer): Promise<readonly string[]> {
  const layout = join(folder, "hundred");
  const names: string[] = [];
  for (let number = 0; number < images; number++) {
    const tar = tarOf([{ name: "srv/version", content: `${number}\n` }]);
    const stored = gzipSync(tar);
    const descriptor = { mediaType: mediaTypes.layerGzip, digest: digestOf(stored), size: stored.length };
    const own: Layer = { descriptor, diffId: digestOf(tar), open: () => bytesOf(stored) };
    await writeLayout(makeImageSet([imageOf([base, own])]), layout, `v${number}`);
    names.push(`oci:${layout}:v${number}`);
  }
  return names;
}

/** The Alpine that may lie beside a checkout. */
function alpine(audit: (name: string) => readonly string[], prepare: () => void): readonly Scenario[] {
  const file = join(import.meta.dirname, "../../../shared/corpus/alpine-3.14.oci.tar");
  if (!existsSync(file)) return [];
  const ours = { name: "distill", prepare, argv: audit(`oci-archive:${file}`) };
  return [{ name: "audit-alpine", what: "audit of an Alpine", target: "<= 300 ms", ours }];
}

function syft(layout: string): Scenario["peer"] {
  const program = findPeer("syft");
  if (program === undefined) return undefined;
  const env = { SYFT_CHECK_FOR_APP_UPDATE: "false" };
  return { name: "syft", argv: [program, "scan", `oci-dir:${layout}`, "-q", "-o", "syft-json"], env };
}

function trivy(layout: string, folder: string): Scenario["peer"] {
  const program = findPeer("trivy");
  if (program === undefined) return undefined;
  const cache = join(folder, "trivy");
  const prepare = (): void => {
    rmSync(cache, { recursive: true, force: true });
    mkdirSync(cache);
  };
  const options = ["--scanners", "secret", "--quiet", "--format", "json", "--cache-dir", cache];
  return { name: "trivy, secrets", prepare, argv: [program, "image", "--input", layout, ...options] };
}

function dive(archive: string): Scenario["peer"] {
  const program = findPeer("dive");
  return program === undefined
    ? undefined
    : { name: "dive", argv: [program, "--ci", "--source", "docker-archive", archive], env: { CI: "true" } };
}
