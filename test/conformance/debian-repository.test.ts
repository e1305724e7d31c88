// Version order, resolution and indexes against dpkg and apt, with the archives that this machine's apt is configured for.
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cache, openCache } from "../../src/base/cache.ts";
import { ToolError } from "../../src/base/errors.ts";
import { createHttp } from "../../src/base/http.ts";
import type { Archive } from "../../src/debian/archive.ts";
import { createFetcher, type Fetcher } from "../../src/debian/fetch.ts";
import { localFiles, readHostApt } from "../../src/debian/host-apt.ts";
import { openRepository, type Repository } from "../../src/debian/repository.ts";
import { parseRequest } from "../../src/debian/request.ts";
import { resolvePackages } from "../../src/debian/resolve.ts";
import { archivesOf } from "../../src/debian/sources.ts";
import { compareVersions } from "../../src/debian/version.ts";
import { type AptRoot, createAptRoot } from "../../testing/apt-root.ts";

function reasonWithout(command: string, ...argv: string[]): string | undefined {
  try {
    execFileSync(command, argv, { stdio: "ignore" });
    return undefined;
  } catch {
    return `${command} is not usable here`;
  }
}

const http = createHttp({ environment: process.env });
const fetcher: Fetcher = createFetcher(http, {
  signal: new AbortController().signal,
  emit: () => undefined,
  now: Date.now,
});

/** The host's archives of a release; a machine without a mirror, or out of its reach, is a reason to skip. */
async function archivesFor(debian: string): Promise<readonly Archive[] | string> {
  const apt = await readHostApt(localFiles);
  const mirror = process.env["DISTILL_DEBIAN_MIRROR"];
  try {
    const archives = archivesOf(
      { debian, components: ["main"], trusted: true },
      {
        ...(mirror === undefined ? {} : { environment: { debian: mirror } }),
        hostSources: apt.sources,
        checkValidUntil: apt.checkValidUntil,
        files: localFiles,
      },
    );
    const root = archives[0]?.mirrors[0] ?? "";
    (await http.request("HEAD", `${root}/dists/${debian}/InRelease`)).discard();
    return archives;
  } catch (thrown) {
    if (thrown instanceof ToolError) return thrown.message;
    throw thrown;
  }
}

const releases = ["bullseye", "bookworm", "trixie", "sid"] as const;
const archives = new Map<string, readonly Archive[]>();
let missing: string | undefined;
for (const release of releases) {
  const found = await archivesFor(release);
  if (typeof found === "string") missing ??= `no mirror: ${found}`;
  else archives.set(release, found);
}
const withoutApt = missing ?? reasonWithout("apt-get", "--version");
const withoutDpkg = missing ?? reasonWithout("perl", "-MDpkg::Version", "-e", "1");
const because = (reason: string | undefined): string => (reason === undefined ? "" : ` (skipped: ${reason})`);

let folder: string;
let cache: Cache;
const opened = new Map<string, Repository>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "debian-repository-"));
  cache = await openCache(join(folder, "cache"));
});
afterAll(async () => {
  for (const repository of opened.values()) repository.close();
  http.close();
  await rm(folder, { recursive: true, force: true });
});

async function repositoryOf(release: string, architecture: string): Promise<Repository> {
  const key = `${release} ${architecture}`;
  const held = opened.get(key);
  if (held !== undefined) return held;
  const made = await openRepository(fetcher, cache, archives.get(release) ?? [], architecture);
  opened.set(key, made);
  return made;
}

describe.skipIf(missing !== undefined)(`indexes${because(missing)}`, () => {
  const cases = releases.flatMap((release) =>
    ["amd64", "arm64"].map((architecture) => [release, architecture] as const),
  );
  test.each(cases)("%s on %s: verified, and nginx and python3 resolve", async (release, architecture) => {
    const { universe, suites } = await repositoryOf(release, architecture);
    expect(suites.map((one) => one.suite)).toEqual(
      release === "sid" ? ["sid"] : [release, `${release}-updates`, `${release}-security`],
    );
    const { packages, dropped } = resolvePackages(universe, ["nginx", "python3"].map(parseRequest));
    expect(dropped).toEqual([]);
    expect(packages.map((one) => one.name)).toEqual(expect.arrayContaining(["libc6", "nginx", "python3"]));
    expect(new Set(packages.map((one) => one.architecture))).toEqual(new Set(["all", architecture]));
  });
});

/** What Debian's own library says of the pairs: "<", "=" or ">" for each. */
function orderOfDpkg(pairs: readonly (readonly [string, string])[]): Promise<string> {
  const program =
    'use Dpkg::Version; my @s = ("=", ">", "<"); while (<STDIN>) { chomp; my ($a, $b) = split / /; print $s[version_compare($a, $b)] }';
  return new Promise((resolve, reject) => {
    const child = spawn("perl", ["-e", program], { stdio: ["pipe", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    child.on("error", reject);
    child.on("close", () => resolve(output));
    child.stdin.end(pairs.map((pair) => `${pair.join(" ")}\n`).join(""));
  });
}

/** Numbers from 0 below 1 that are the same in every run. */
function* numbers(): Generator<number, never> {
  let state = 0x9e3779b9;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 0x1_0000_0000;
  }
}

describe.skipIf(withoutDpkg !== undefined)(`version order${because(withoutDpkg)}`, () => {
  test("it is dpkg's, on pairs of real versions and of altered ones", async () => {
    const random = numbers();
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next().value * list.length)] as T;
    const versions: string[] = [];
    for (const release of releases.filter((one) => archives.has(one))) {
      const { universe } = await repositoryOf(release, "amd64");
      const names = [...new Set(universe.names())];
      for (let count = 0; count < 1500; count++) {
        versions.push(...universe.versions(pick(names)).map((one) => one.version));
      }
    }
    const alter = (version: string): string => {
      const at = 1 + Math.floor(random.next().value * version.length);
      return `${version.slice(0, at)}${pick(["~", "+", ".", "0", "1", "a", "Z", "-1", "~~"])}${version.slice(at)}`;
    };
    const pairs: [string, string][] = [];
    for (let count = 0; count < 12_000; count++) {
      const a = pick(versions);
      pairs.push([a, pick(versions)], [a, alter(a)]);
    }
    const valid = pairs.filter((pair) =>
      pair.every((one) => /^(?:\d+:)?\d[A-Za-z0-9.+~-]*$/.test(one) && !one.endsWith("-")),
    );
    expect(valid.length).toBeGreaterThan(10_000);
    const theirs = await orderOfDpkg(valid);
    expect(theirs).toHaveLength(valid.length);
    const ours = valid.map(
      ([a, b]) => "=><"[Math.sign(compareVersions(a, b)) < 0 ? 2 : Math.sign(compareVersions(a, b))] ?? "",
    );
    const different = valid.filter((_, index) => ours[index] !== theirs[index]);
    expect(different).toEqual([]);
  }, 60_000);
});

const everywhere = [
  "nginx",
  "apache2",
  "python3",
  "mariadb-server",
  "redis-server",
  "openssh-server",
  "ffmpeg",
  "php-fpm",
  "nodejs",
  "default-jre-headless",
  "postfix",
  "samba",
  "build-essential",
  "gnome-shell",
  "libreoffice-core",
  "r-base",
  "git curl ca-certificates",
  "python3-scipy python3-numpy",
];
const only: Readonly<Record<string, readonly string[]>> = {
  bullseye: ["postgresql-13", "default-mta", "php"],
  bookworm: ["postgresql-15", "openjdk-17-jre-headless", "tomcat10"],
  trixie: ["postgresql-17", "golang-go", "docker.io"],
};

describe.skipIf(withoutApt !== undefined)(`resolution${because(withoutApt)}`, () => {
  describe.each(Object.keys(only))("%s", (release) => {
    let apt: AptRoot;
    beforeAll(async () => {
      apt = await createAptRoot(join(folder, `apt-${release}`), archives.get(release) ?? [], "amd64");
    });

    test.each([...everywhere, ...(only[release] ?? [])])(
      "%s: the packages that apt would install",
      async (line) => {
        const names = line.split(" ");
        const theirs = await apt.choose(names);
        expect(theirs).toBeInstanceOf(Map);
        const { universe } = await repositoryOf(release, "amd64");
        const ours = new Map(
          resolvePackages(universe, names.map(parseRequest)).packages.map((one) => [one.name, one.version]),
        );
        expect(ours).toEqual(theirs);
      },
    );

    test.each(["no-such-package-at-all", "nginx=0.0.1"])("%s: both refuse", async (name) => {
      expect(typeof (await apt.choose([name]))).toBe("string");
      const { universe } = await repositoryOf(release, "amd64");
      expect(() => resolvePackages(universe, [parseRequest(name)])).toThrow(ToolError);
    });

    test("a version by name is the one that apt takes", async () => {
      const { universe } = await repositoryOf(release, "amd64");
      const oldest = universe.versions("openssl").at(-1)?.version ?? "";
      const theirs = await apt.choose([`openssl=${oldest}`]);
      const { packages } = resolvePackages(universe, [parseRequest(`openssl=${oldest}`)]);
      expect(new Map(packages.map((one) => [one.name, one.version]))).toEqual(theirs);
    });
  });
});
