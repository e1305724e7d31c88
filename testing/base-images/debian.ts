// Base images with a compiler or a language's package manager, made of Debian's packages by mmdebstrap: what examples of C, Node,
// Python, Java and Rust start from. They carry this machine's trust roots, since steps fetch packages.
import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { cachedLayer } from "../../src/assemble/layer.ts";
import { parallelGzip } from "../../src/assemble/parallel-gzip.ts";
import { type Cache, openCache, storeBlob } from "../../src/base/cache.ts";
import { digestOf, finishDigest } from "../../src/base/digest.ts";
import { makeImage } from "../../src/oci/derive.ts";
import { type ImageSet, type Layer, mediaTypes } from "../../src/oci/model.ts";
import { hostMirror, reasonAgainstRoots } from "../debian-roots.ts";
import { missingProgram, runWell } from "../programs.ts";
import { keptImage } from "./kept.ts";
import { trustRoots } from "./trust-roots.ts";

interface Recipe {
  /** What it is to be known as in a registry. */
  readonly name: string;
  readonly packages: readonly string[];
  /** Default: bookworm. */
  readonly release?: string;
  /** Shell scripts over the finished root, which is "$1". */
  readonly hooks?: readonly string[];
  readonly env?: readonly string[];
}

/** Java keeps its trust roots in a form of its own. */
const javaTrust = "/etc/ssl/certs/java/cacerts";
const npmVersion = "10.9.2";

export const debianBases = ["c", "node", "python", "java", "rust"] as const;
export type DebianBase = (typeof debianBases)[number];

const recipes: Readonly<Record<DebianBase, Recipe>> = {
  c: { name: "library/gcc:12", packages: ["gcc", "libc6-dev", "make", "zlib1g-dev"] },
  node: {
    name: "library/node:18",
    packages: ["nodejs"],
    hooks: [
      'mkdir -p "$1/usr/lib/node_modules" && cp -r "$SCRATCH/package" "$1/usr/lib/node_modules/npm"',
      'ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/bin/npm"',
      'chmod 755 "$1/usr/lib/node_modules/npm/bin/npm-cli.js"',
    ],
    env: [`NODE_EXTRA_CA_CERTS=${trustRoots}`],
  },
  python: {
    name: "library/python:3.11",
    packages: ["python3-dev", "python3-pip", "gcc", "libc6-dev", "libpq-dev"],
    hooks: [
      'rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED',
      'ln -s python3 "$1/usr/bin/python"',
      'ln -sf pip3 "$1/usr/bin/pip"',
    ],
    env: [`PIP_CERT=${trustRoots}`, "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_ROOT_USER_ACTION=ignore"],
  },
  java: {
    name: "library/maven:3-openjdk-17",
    packages: ["openjdk-17-jdk-headless", "maven", "ca-certificates-java"],
    hooks: [`[ ! -e ${javaTrust} ] || cp ${javaTrust} "$1${javaTrust}"`],
  },
  rust: {
    name: "library/rust:1.85",
    // Older ones read the index of crates by git.
    release: "trixie",
    packages: ["cargo", "gcc", "libc6-dev"],
    env: [`CARGO_HTTP_CAINFO=${trustRoots}`],
  },
};

/** Why they can't be made here. */
export function debianBasesMissing(): string | undefined {
  return (
    reasonAgainstRoots() ??
    missingProgram("npm") ??
    (existsSync(trustRoots) ? undefined : `${trustRoots} is absent`)
  );
}

export interface NamedImage {
  /** "library/python:3.11". */
  readonly name: string;
  readonly set: ImageSet;
}

/** The image, and what it is to be known as. The first time each takes a minute and Debian's archive. */
export async function debianImage(base: DebianBase): Promise<NamedImage> {
  const recipe = recipes[base];
  const roots = [trustRoots, javaTrust].filter(existsSync).map((file) => digestOf(readFileSync(file)));
  const key = { version: 1, recipe: JSON.stringify(recipe), roots, npmVersion };
  const set = await keptImage(base, key, (scratch) => makeDebianImage(recipe, scratch));
  return { name: recipe.name, set };
}

async function makeDebianImage(recipe: Recipe, scratch: string): Promise<ImageSet> {
  if (recipe.packages.includes("nodejs")) await fetchNpm(scratch);
  const tar = join(scratch, "root.tar");
  await runWell(mmdebstrapFor(recipe, tar), {
    env: { SOURCE_DATE_EPOCH: "1700000000", SCRATCH: scratch },
    timeoutMs: 900_000,
  });
  const layer = await layerOfTar(tar, await openCache(join(scratch, "cache")));
  const config = {
    architecture: "amd64",
    os: "linux",
    config: {
      Env: [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        `SSL_CERT_FILE=${trustRoots}`,
        ...(recipe.env ?? []),
      ],
      Cmd: ["/bin/sh"],
    },
    rootfs: { type: "layers", diff_ids: [layer.diffId] } as const,
    history: [{ created_by: `Debian's ${recipe.packages.join(", ")}` }],
  };
  return { images: [makeImage({ config, layers: [layer] })] };
}

function mmdebstrapFor(
  { packages, hooks = [], release = "bookworm" }: Recipe,
  tar: string,
): readonly string[] {
  const unneeded = ["doc", "man", "info", "locale", "lintian"];
  return [
    ...["mmdebstrap", "--quiet", "--variant=essential", "--mode=root"],
    // Devices are nothing that an image holds.
    "--skip=output/dev",
    // From trixie on base-files has the links of merged /usr.
    ...(release === "bookworm" ? ["--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"] : []),
    ...unneeded.map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    // The scripts of Java's packages link manual pages there.
    "--dpkgopt=path-include=/usr/share/man/man1/",
    `--include=${["ca-certificates", ...packages].join(",")}`,
    ...hooks.map((hook) => `--customize-hook=${hook}`),
    `--customize-hook=cp ${trustRoots} "$1${trustRoots}"`,
    '--customize-hook=rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/* "$1"/var/log/*',
    ...[release, tar, hostMirror() ?? ""],
  ];
}

/** npm as its registry has it: Debian's comes in 400 packages. */
async function fetchNpm(scratch: string): Promise<void> {
  await mkdir(join(scratch, "npm"), { recursive: true });
  await runWell(["npm", "pack", "--silent", `npm@${npmVersion}`, "--pack-destination", scratch], {
    cwd: join(scratch, "npm"),
  });
  await runWell(["tar", "-C", scratch, "-xzf", join(scratch, `npm-${npmVersion}.tgz`)]);
}

async function layerOfTar(file: string, cache: Cache): Promise<Layer> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const blob = await storeBlob(cache, parallelGzip(createReadStream(file), 6, 2));
  const stored = {
    digest: blob.digest,
    sizeBytes: blob.sizeBytes,
    diffId: finishDigest(hash),
    file: blob.file,
  };
  return cachedLayer(cache, stored, mediaTypes.layerGzip);
}
