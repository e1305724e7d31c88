// All suites of all archives for one architecture, opened together: where packages are chosen from.
import type { Cache } from "../base/cache.ts";
import type { Digest } from "../base/digest.ts";
import type { Archive } from "./archive.ts";
import type { Fetcher } from "./fetch.ts";
import { type OpenedSuite, openSuite } from "./suite.ts";
import { createUniverse, type Universe } from "./universe.ts";

/** A suite as it was when packages were chosen from it. */
export interface SuiteState {
  readonly suite: string;
  readonly archive: string;
  /** Date of the InRelease file (RFC 3339). */
  readonly date: string;
  /** Of the InRelease file. */
  readonly digest: Digest;
}

export interface Repository {
  readonly universe: Universe;
  /** In the order of the archives and their suites. */
  readonly suites: readonly SuiteState[];
  /** Closes the indexes; nothing can be looked up afterwards. */
  close(): void;
}

/**
 * Brings the indexes of all suites up to date and opens them.
 * @param architecture Debian's name: "amd64", "arm64"
 * @throws as `openSuite`
 */
export async function openRepository(
  fetcher: Fetcher,
  cache: Cache,
  archives: readonly Archive[],
  architecture: string,
): Promise<Repository> {
  const opened: OpenedSuite[] = [];
  const close = (): void => {
    for (const suite of opened) for (const index of suite.indexes) index.close();
  };
  try {
    // One after the other: a second large index in memory costs more than the overlap saves.
    for (const archive of archives) {
      for (const suite of archive.suites)
        opened.push(await openSuite(fetcher, cache, archive, suite, architecture));
    }
  } catch (thrown) {
    close();
    throw thrown;
  }
  return {
    universe: createUniverse(
      opened.flatMap((one) => one.indexes),
      architecture,
    ),
    suites: opened.map(({ suite, archive, release }) => ({
      suite,
      archive: archive.name,
      date: new Date(release.release.date).toISOString().replace(".000Z", "Z"),
      digest: release.digest,
    })),
    close,
  };
}
