// One suite of an archive, as it is at this moment: the verified InRelease, and from it the Packages files of an architecture,
// all in the cache (Debian repository format; apt-secure(8)).
import { rm } from "node:fs/promises";
import {
  blobFile,
  type Cache,
  findBlob,
  findRecord,
  openBlob,
  storeBlob,
  storeRecord,
} from "../base/cache.ts";
import { type Digest, digestOf, parseDigest } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type Compression, decompress } from "../formats/compression.ts";
import { type Archive, urlsOf } from "./archive.ts";
import { type Fetcher, fetchBlob, isNotFound } from "./fetch.ts";
import { fetchRelease, type SignedRelease } from "./in-release.ts";
import { openPackagesIndex, type PackagesIndex } from "./packages-index.ts";
import type { IndexFile, Release } from "./release.ts";

export interface OpenedSuite {
  readonly suite: string;
  readonly archive: Archive;
  readonly release: SignedRelease;
  /** One for each component (and for "all" where it is apart), in the order of the components. */
  readonly indexes: readonly PackagesIndex[];
}

/**
 * Brings a suite's indexes for one architecture up to date in the cache and opens them. Close each index when done.
 * @throws ToolError "network", "not-found", "signature", "malformed", "digest-mismatch", "unsatisfiable" for an architecture or
 *   a component that the suite does not have
 */
export async function openSuite(
  fetcher: Fetcher,
  cache: Cache,
  archive: Archive,
  suite: string,
  architecture: string,
): Promise<OpenedSuite> {
  const signed = await fetchRelease(fetcher, cache, archive, suite);
  const { release } = signed;
  const folders = indexFolders(release, archive, suite, architecture);
  const indexes: PackagesIndex[] = [];
  try {
    for (const folder of folders) {
      const digest = await bringIndex(fetcher, cache, archive, suite, release, folder);
      indexes.push(await openPackagesIndex(cache, digest, suite));
    }
  } catch (thrown) {
    for (const index of indexes) index.close();
    throw thrown;
  }
  return { suite, archive, release: signed, indexes };
}

function indexFolders(release: Release, archive: Archive, suite: string, architecture: string): string[] {
  const demand = (kind: string, wanted: string, offered: readonly string[]): void => {
    if (offered.includes(wanted)) return;
    throw new ToolError("unsatisfiable", {
      what: `reading the suite ${suite}`,
      why: `it has no ${kind} ${wanted}`,
      hint: `it has ${offered.join(", ")}`,
    });
  };
  demand("architecture", architecture, release.architectures);
  // The security archive prefixes its components ("updates/main"), but not the paths of their files.
  const offered = release.components.map((one) => one.replace(/^updates\//, ""));
  return archive.components.flatMap((component) => {
    demand("component", component, offered);
    return [
      `${component}/binary-${architecture}`,
      ...(release.separateAll ? [`${component}/binary-all`] : []),
    ];
  });
}

/** gzip decodes several times faster than xz; the transfer that xz saves is worth less on the usual line. */
const variants: readonly (readonly [suffix: string, compression: Compression])[] = [
  [".gz", "gzip"],
  [".xz", "xz"],
  ["", "none"],
];

/** The digest of the decompressed Packages file, which is in the cache afterwards. */
async function bringIndex(
  fetcher: Fetcher,
  cache: Cache,
  archive: Archive,
  suite: string,
  release: Release,
  folder: string,
): Promise<Digest> {
  const raw = release.files.get(`${folder}/Packages`);
  if (raw !== undefined && (await findBlob(cache, raw.digest, raw.sizeBytes)) !== undefined)
    return raw.digest;
  const what = `the index ${folder} of ${suite}`;
  for (const [suffix, compression] of variants) {
    const file = release.files.get(`${folder}/Packages${suffix}`);
    if (file === undefined) continue;
    if (file.sizeBytes > limits.packagesIndexBytesMax) {
      throw new ToolError("limit", {
        what: `fetching ${what}`,
        why: `it is larger than ${limits.packagesIndexBytesMax} bytes (packagesIndexBytesMax)`,
      });
    }
    const known = raw === undefined ? await knownContent(cache, file.digest) : undefined;
    if (known !== undefined) return known;
    try {
      await fetchBlob(fetcher, cache, {
        urls: indexUrls(archive, suite, release, `${folder}/Packages${suffix}`, file),
        digest: file.digest,
        sizeBytes: file.sizeBytes,
        what,
      });
    } catch (thrown) {
      if (isNotFound(thrown)) continue;
      throw thrown;
    }
    return unpackIndex(cache, file.digest, compression, raw?.digest, what);
  }
  throw new ToolError("not-found", {
    what: `fetching ${what}`,
    why: "the mirror offers it in no known form",
  });
}

function indexUrls(
  archive: Archive,
  suite: string,
  release: Release,
  path: string,
  file: IndexFile,
): string[] {
  const folder = path.slice(0, path.lastIndexOf("/"));
  const byHash = `dists/${suite}/${folder}/by-hash/SHA256/${file.digest.slice("sha256:".length)}`;
  return [
    ...(release.byHash ? urlsOf(archive, byHash) : []),
    // Mirrors exist that offer by-hash in the Release file and not on disk.
    ...urlsOf(archive, `dists/${suite}/${path}`),
  ];
}

const namespace = "packages-file";

/** Which content a compressed file was found to have, for archives that do not list it. */
async function knownContent(cache: Cache, compressed: Digest): Promise<Digest | undefined> {
  const record = await findRecord(cache, namespace, digestOf(compressed));
  const digest = typeof record === "string" ? parseDigest(record) : undefined;
  return digest !== undefined && (await findBlob(cache, digest)) !== undefined ? digest : undefined;
}

async function unpackIndex(
  cache: Cache,
  compressed: Digest,
  compression: Compression,
  expected: Digest | undefined,
  what: string,
): Promise<Digest> {
  if (compression === "none") return compressed;
  const content = decompress(openBlob(cache, compressed), compression, {
    outputBytesMax: limits.packagesIndexBytesMax,
    what,
  });
  const stored = await storeBlob(cache, content, expected);
  await storeRecord(cache, namespace, digestOf(compressed), stored.digest);
  await rm(blobFile(cache, compressed), { force: true });
  return stored.digest;
}
