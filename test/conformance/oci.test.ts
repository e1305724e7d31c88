// Images against independent readers and writers: skopeo, umoci, tar, Docker; and the constraints of the OCI image-spec.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeImageSet, rootOf } from "../../src/oci/derive.ts";
import { parseLocation } from "../../src/oci/locations.ts";
import type { ImageSet } from "../../src/oci/model.ts";
import { openImageSet, recognise } from "../../src/oci/open.ts";
import { writeImageSet } from "../../src/oci/write.ts";
import { type Dockerd, dockerdMissing, startDockerd } from "../../testing/engines/docker.ts";
import { listFolder } from "../../testing/folder-listing.ts";
import { helloProgram } from "../../testing/hello-program.ts";
import { imageOf, tarLayer, withFolder } from "../../testing/layouts.ts";

const corpus = join(import.meta.dirname, "../../../shared/corpus");
const missing = (program: string): string =>
  spawnSync(program, ["--version"]).error === undefined ? "" : ` (${program} is not installed)`;
const noSkopeo = missing("skopeo");
const noUmoci = missing("umoci");
const noDockerd = dockerdMissing();
const noCorpus = existsSync(corpus) ? "" : " (the corpus is not there)";

const layers = [
  tarLayer([
    { name: "bin/" },
    { name: "bin/tool", content: "#!/bin/false\n", mode: 0o755 },
    { name: "bin/alias", kind: "hardlink", target: "bin/tool", mode: 0o755 },
    { name: "bin/link", target: "tool" },
    { name: "etc/" },
    { name: "etc/kept", content: "kept" },
    { name: "etc/gone", content: "gone" },
    { name: "etc/which", content: "which" },
    { name: "var/" },
    { name: "var/lib/" },
    { name: "var/lib/old", content: "old" },
    { name: "var/lib/deep/" },
    { name: "var/lib/deep/old", content: "old" },
    { name: "tmp/", mode: 0o1777 },
    { name: "long/".repeat(30), mode: 0o700 },
    { name: `${"long/".repeat(30)}${"n".repeat(120)}`, content: "long", mode: 0o600 },
  ]),
  tarLayer([
    { name: "etc/" },
    { name: "etc/.wh.gone" },
    { name: "etc/kept", content: "changed", mode: 0o600 },
    { name: "var/" },
    { name: "var/lib/" },
    { name: "var/lib/.wh..wh..opq" },
    { name: "var/lib/new", content: "new" },
    { name: "bin/" },
    { name: "bin/second", content: "2" },
    { name: "bin/third", kind: "hardlink", target: "bin/second" },
  ]),
];
const settings = {
  created: "1970-01-01T00:00:00Z",
  config: {
    User: "65532",
    ExposedPorts: { "5432/tcp": {} },
    Env: ["PATH=/bin"],
    Entrypoint: ["/bin/tool"],
    Cmd: ["-x"],
    Volumes: { "/data": {} },
    WorkingDir: "/",
    Labels: { "org.example.b": "2", "org.example.a": "1" },
    StopSignal: "SIGINT",
    Healthcheck: { Test: ["CMD", "/bin/tool"], Interval: 1_000_000_000 },
  },
  history: [
    { created: "1970-01-01T00:00:00Z", created_by: "distill", comment: "first" },
    { created_by: "distill" },
  ],
};
const single = makeImageSet([imageOf(layers, settings)], {});
const several = makeImageSet(
  [imageOf(layers, settings), imageOf(layers.slice(0, 1), { ...settings, architecture: "arm64" })],
  {
    "org.opencontainers.image.title": "two platforms",
  },
);

async function write(set: ImageSet, location: string, scratchFolder: string): Promise<void> {
  const parsed = parseLocation(location);
  if (!("path" in parsed)) throw new Error(`${location} is not here`);
  await writeImageSet(set, parsed, { scratchFolder });
}

async function open(location: string, scratchFolder: string): Promise<ImageSet> {
  const found = await recognise(parseLocation(location), { scratchFolder });
  if (!("path" in found)) throw new Error(`${location} is not here`);
  return openImageSet(found, { scratchFolder });
}

function skopeo(...args: readonly string[]): string {
  return execFileSync("skopeo", ["--insecure-policy", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** What umoci makes of an image in an OCI layout. */
function umociTree(layout: string, tag: string, folder: string): Record<string, string> {
  execFileSync("umoci", ["unpack", "--rootless", "--image", `${layout}:${tag}`, folder], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  return listFolder(join(folder, "rootfs"));
}

async function ourTree(set: ImageSet, folder: string): Promise<Record<string, string>> {
  await mkdir(`${folder}-scratch`);
  await writeImageSet(set, { kind: "folder", path: folder }, { scratchFolder: `${folder}-scratch` });
  return listFolder(folder);
}

describe("the image-spec's constraints", async () => {
  const ajv = new Ajv({ allErrors: true });
  for (const name of ["descriptor", "manifest", "index", "layout", "config"]) {
    ajv.addSchema(
      JSON.parse(
        await readFile(join(import.meta.dirname, `../../testing/schemas/oci-${name}.json`), "utf8"),
      ) as object,
    );
  }
  const errors = (name: string, bytes: Uint8Array): string => {
    ajv.validate(`oci-${name}.json`, JSON.parse(Buffer.from(bytes).toString("utf8")));
    return ajv.errorsText();
  };
  test("hold for every document that is written", async () => {
    await withFolder(async (folder) => {
      await write(several, `oci:${folder}/a:1`, folder);
      expect(errors("layout", await readFile(join(folder, "a/oci-layout")))).toBe("No errors");
      expect(errors("index", await readFile(join(folder, "a/index.json")))).toBe("No errors");
      expect(errors("index", several.index?.bytes ?? Buffer.of())).toBe("No errors");
      for (const image of several.images) {
        expect(errors("manifest", image.manifest)).toBe("No errors");
        expect(errors("config", image.config)).toBe("No errors");
      }
    });
  });
  test("refuse what breaks them", () => {
    expect(errors("manifest", Buffer.from('{"schemaVersion":1,"layers":[]}'))).toMatch(
      /schemaVersion must be equal to constant/,
    );
    expect(errors("config", Buffer.from('{"os":"linux"}'))).toMatch(
      /must have required property 'architecture'/,
    );
  });
});

describe.skipIf(noSkopeo !== "")(`skopeo${noSkopeo}`, () => {
  test.each(["oci", "oci-archive"])(
    "reads what is written to %s: one platform or several, digests equal",
    async (transport) => {
      await withFolder(async (folder) => {
        await write(single, `${transport}:${folder}/one:v1`, folder);
        const inspected = JSON.parse(skopeo("inspect", `${transport}:${folder}/one:v1`)) as Record<
          string,
          unknown
        >;
        expect(inspected).toMatchObject({
          Digest: rootOf(single).digest,
          Architecture: "amd64",
          Labels: settings.config.Labels,
          Layers: layers.map((layer) => layer.descriptor.digest),
          Env: settings.config.Env,
        });
        expect(skopeo("inspect", "--config", "--raw", `${transport}:${folder}/one:v1`)).toBe(
          Buffer.from(single.images[0]?.config ?? "").toString("utf8"),
        );
        await write(several, `${transport}:${folder}/two:v1`, folder);
        skopeo(
          "copy",
          "--all",
          "--preserve-digests",
          `${transport}:${folder}/two:v1`,
          `oci:${folder}/copy:v1`,
        );
        const copied = await open(`oci:${folder}/copy:v1`, folder);
        expect(rootOf(copied).digest).toBe(rootOf(several).digest);
        expect(copied.images.map((image) => image.descriptor)).toEqual(
          several.images.map((image) => image.descriptor),
        );
      });
    },
  );

  test("reads a Docker archive, and what it makes of it is the same tree", async () => {
    await withFolder(async (folder) => {
      await write(single, `docker-archive:${folder}/a.tar:example.test/app:1`, folder);
      skopeo("copy", `docker-archive:${folder}/a.tar:example.test/app:1`, `oci:${folder}/copy:v1`);
      const copied = await open(`oci:${folder}/copy:v1`, folder);
      expect(copied.images[0]?.layers.map((layer) => layer.diffId)).toEqual(
        layers.map((layer) => layer.diffId),
      );
      expect(await ourTree(copied, `${folder}/theirs`)).toEqual(await ourTree(single, `${folder}/ours`));
    });
  });

  test.each(["docker-archive", "oci-archive", "oci"])(
    "writes %s, which is read as the same image",
    async (transport) => {
      await withFolder(async (folder) => {
        await write(single, `oci:${folder}/a:v1`, folder);
        skopeo("copy", `oci:${folder}/a:v1`, `${transport}:${folder}/b:app:v1`);
        const read = await open(`${folder}/b`, folder);
        expect(read.images[0]?.layers.map((layer) => layer.diffId)).toEqual(
          layers.map((layer) => layer.diffId),
        );
        if (transport !== "docker-archive") expect(rootOf(read).digest).toBe(rootOf(single).digest);
        expect(await ourTree(read, `${folder}/theirs`)).toEqual(await ourTree(single, `${folder}/ours`));
      });
    },
  );

  test("reads zstd layers", async () => {
    await withFolder(async (folder) => {
      const zstd = makeImageSet([imageOf([tarLayer([{ name: "a", content: "1" }], "zstd")])]);
      await write(zstd, `oci:${folder}/a:v1`, folder);
      skopeo("copy", "--dest-decompress", `oci:${folder}/a:v1`, `dir:${folder}/plain`);
      const { layers: plain } = JSON.parse(await readFile(join(folder, "plain/manifest.json"), "utf8")) as {
        layers: { digest: string }[];
      };
      expect(plain.map((layer) => layer.digest)).toEqual([zstd.images[0]?.layers[0]?.diffId]);
    });
  });
});

describe.skipIf(noUmoci !== "")(`umoci${noUmoci}`, () => {
  test("unpacks a written layout to the same tree", async () => {
    await withFolder(async (folder) => {
      await write(single, `oci:${folder}/a:v1`, folder);
      const ours = await ourTree(single, `${folder}/ours`);
      expect(umociTree(`${folder}/a`, "v1", `${folder}/umoci`)).toEqual(ours);
      expect(Object.keys(ours).filter((name) => /gone|old|\.wh\./.test(name))).toEqual([]);
    });
  });
});

describe.skipIf(noCorpus !== "")(`real images${noCorpus}`, () => {
  const images = [
    { file: "alpine-3.10.docker.tar.gz", layers: 1, entries: 482 },
    { file: "alpine-3.14.oci.tar", layers: 1, entries: 511 },
    { file: "busybox-amd64.oci.tar", layers: 1, entries: 440 },
    { file: "dive-busybox-1.29.3.docker.tar", layers: 14, entries: 423 },
    { file: "hello-world.docker.tar", layers: 1, entries: 1 },
    { file: "opaque-whiteout.docker.tar", layers: 2, entries: 25 },
    { file: "whiteout.docker.tar", layers: 3, entries: 424 },
  ];
  test.each(images)(
    "$file has $layers layers and $entries entries",
    async ({ file, layers: count, entries }) => {
      await withFolder(async (folder) => {
        const set = await open(join(corpus, file), folder);
        expect(set.images[0]?.layers).toHaveLength(count);
        expect(Object.keys(await ourTree(set, `${folder}/ours`))).toHaveLength(entries);
      });
    },
  );

  test.skipIf(noSkopeo + noUmoci !== "").each(images)(
    `$file is what skopeo and umoci make of it${noSkopeo}${noUmoci}`,
    async ({ file }) => {
      await withFolder(async (folder) => {
        const set = await open(join(corpus, file), folder);
        // skopeo reads neither compressed archives in every layout nor Docker's media types in OCI layouts: it gets our copy.
        await write(set, `docker-archive:${folder}/a.tar:app:1`, folder);
        skopeo("copy", `docker-archive:${folder}/a.tar`, `oci:${folder}/copy:v1`);
        expect(await ourTree(set, `${folder}/ours`)).toEqual(
          umociTree(`${folder}/copy`, "v1", `${folder}/umoci`),
        );
      });
    },
  );

  test.skipIf(noSkopeo !== "")(
    `every layer of a classic archive is what tar and sha256 say, by hand${noSkopeo}`,
    async () => {
      await withFolder(async (folder) => {
        const archive = join(corpus, "opaque-whiteout.docker.tar");
        execFileSync("tar", ["-xf", archive, "-C", folder]);
        const [{ Layers: names }] = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as [
          { Layers: string[] },
        ];
        const root = join(folder, "root");
        await mkdir(root);
        for (const name of names) {
          // A whiteout takes effect before its layer's own entries do.
          const listed = execFileSync("tar", ["-tf", join(folder, name)], { encoding: "utf8" }).split("\n");
          for (const whiteout of listed.filter((one) => one.endsWith("/.wh..wh..opq"))) {
            const opaque = dirname(join(root, whiteout));
            if (existsSync(opaque)) execFileSync("find", [opaque, "-mindepth", "1", "-delete"]);
          }
          execFileSync("tar", ["-xpf", join(folder, name), "-C", root, "--exclude=.wh.*"]);
        }
        const set = await open(archive, folder);
        expect(await ourTree(set, `${folder}/ours`)).toEqual(listFolder(root));
      });
    },
  );
});

describe.skipIf(noDockerd !== undefined)(`dockerd${noDockerd === undefined ? "" : ` (${noDockerd})`}`, () => {
  let daemon: Dockerd | undefined;
  beforeAll(async () => {
    daemon = await startDockerd();
  });
  afterAll(async () => daemon?.stop());
  const docker = async (...args: readonly string[]): Promise<string> => {
    if (daemon === undefined) throw new Error("no daemon");
    return daemon.docker(...args);
  };

  test("loads an archive under all its names, layers gzip or zstd, and exports the same tree", async () => {
    await withFolder(async (folder) => {
      const mixed = makeImageSet([
        imageOf([...layers, tarLayer([{ name: "last", content: "zstd" }], "zstd")], settings),
      ]);
      const references = ["example.test/app:1", "other:2"];
      await writeImageSet(
        mixed,
        { kind: "docker-archive", path: `${folder}/a.tar` },
        { scratchFolder: folder, references },
      );
      expect(await docker("load", "-i", `${folder}/a.tar`)).toBe(
        "Loaded image: example.test/app:1\nLoaded image: other:2\n",
      );
      const inspected = JSON.parse(await docker("image", "inspect", "other:2")) as [Record<string, unknown>];
      const [image] = mixed.images;
      expect(inspected[0]).toMatchObject({
        RepoTags: expect.arrayContaining(["example.test/app:1", "other:2"]) as string[],
        Architecture: "amd64",
        Config: {
          User: "65532",
          Entrypoint: ["/bin/tool"],
          StopSignal: "SIGINT",
          Healthcheck: settings.config.Healthcheck,
        },
        RootFS: { Type: "layers", Layers: image?.layers.map((layer) => layer.diffId) },
      });

      const id = (await docker("create", "other:2")).trim();
      await docker("export", "-o", `${folder}/export.tar`, id);
      await docker("rm", id);
      const exported = join(folder, "exported");
      await mkdir(exported);
      execFileSync("tar", ["-xpf", `${folder}/export.tar`, "-C", exported]);
      const ours = await ourTree(mixed, `${folder}/ours`);
      expect(listFolder(exported)).toMatchObject(without(ours, "/etc", "/dev"));
    });
  });

  test("saves an image that is read as what was loaded", async () => {
    await withFolder(async (folder) => {
      await write(single, `docker-archive:${folder}/a.tar:saved:1`, folder);
      await docker("load", "-i", `${folder}/a.tar`);
      await docker("save", "-o", `${folder}/saved.tar`, "saved:1");
      const saved = await open(`${folder}/saved.tar`, folder);
      expect(Buffer.from(saved.images[0]?.config ?? "")).toEqual(Buffer.from(single.images[0]?.config ?? ""));
      expect(await ourTree(saved, `${folder}/theirs`)).toEqual(await ourTree(single, `${folder}/ours`));
    });
  });

  test("runs a program of an image that went through every format", async () => {
    await withFolder(async (folder) => {
      const program = tarLayer([{ name: "program", content: helloProgram(), mode: 0o755 }]);
      const set = makeImageSet([imageOf([program], { config: { Entrypoint: ["/program"] } })]);
      await write(set, `oci:${folder}/a:1`, folder);
      await write(await open(`${folder}/a`, folder), `oci-archive:${folder}/b.tar:1`, folder);
      await write(await open(`${folder}/b.tar`, folder), `docker-archive:${folder}/c.tar:run:1`, folder);
      await docker("load", "-i", `${folder}/c.tar`);
      expect(await docker("run", "--rm", "--network=none", "run:1")).toBe("hello");
    });
  });
});

/** The entries but some, which Docker fills itself. */
function without(entries: Record<string, string>, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).filter(([name]) => !names.includes(name)));
}
