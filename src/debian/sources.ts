// Which archives a repository of the spec means: its own mirror, else the one of DISTILL_DEBIAN_MIRROR, else that of the
// configuration file, else the host's apt sources. Any release can be had from one mirror root.
// No host name stands here: there is no default mirror.
import { ToolError } from "../base/errors.ts";
import { nearestName } from "../base/nearest.ts";
import type { AptSource, SignedBy } from "./apt-sources.ts";
import type { Archive, Trust } from "./archive.ts";
import type { HostFiles } from "./host-apt.ts";
import type { KeyringPart } from "./keyring.ts";

/** One repository as the spec asks for it. */
export interface RepositoryRequest {
  /** A release: bullseye, bookworm, trixie, sid, or an alias. */
  readonly debian: string;
  readonly suites?: readonly string[];
  readonly components: readonly string[];
  readonly mirror?: string;
  readonly securityMirror?: string;
  /** A timestamp: replaces "{snapshot}" in the mirror's URL, or is appended to it. */
  readonly snapshot?: string;
  /** Path of a keyring file. */
  readonly keyring?: string;
  readonly trusted: boolean;
}

export interface Mirrors {
  /** Roots in order of preference, separated by blanks or commas. */
  readonly debian: string;
  readonly security?: string;
}

export interface SourceConfiguration {
  /** DISTILL_DEBIAN_MIRROR and DISTILL_DEBIAN_SECURITY_MIRROR. */
  readonly environment?: Mirrors;
  readonly configurationFile?: Mirrors;
  readonly hostSources: readonly AptSource[];
  /** Off where the host's apt, or the user, says so. */
  readonly checkValidUntil: boolean;
  /** For keyrings. */
  readonly files: HostFiles;
}

const releases = ["bullseye", "bookworm", "trixie", "forky", "sid"];
const aliases = ["oldoldstable", "oldstable", "stable", "testing", "unstable"];
/** Releases without updates or security support of their own. */
const rolling = new Set(["sid", "unstable", "experimental"]);

/** The suites that make up a release. @throws ToolError "invalid-input" for a name that is none, with the nearest */
export function defaultSuites(release: string): readonly string[] {
  if (rolling.has(release)) return [release];
  if (!releases.includes(release) && !aliases.includes(release)) {
    const near = nearestName(release, [...releases, ...aliases]);
    throw new ToolError("invalid-input", {
      what: `reading the release ${JSON.stringify(release)}`,
      why: "it is not the name of a Debian release",
      hint:
        near === undefined
          ? `name one of ${releases.join(", ")}; or give its suites`
          : `did you mean ${near}?`,
    });
  }
  return [release, `${release}-updates`, `${release}-security`];
}

/**
 * The archives of a repository, the main one first.
 * @throws ToolError "invalid-input" for an unknown release, "configuration" where no mirror is known
 */
export function archivesOf(request: RepositoryRequest, configuration: SourceConfiguration): Archive[] {
  const suites = request.suites ?? defaultSuites(request.debian);
  const places = chooseMirrors(request, configuration);
  const main = suites.filter((one) => !isSecurity(one));
  const security = suites.filter(isSecurity);
  const trust = trustOf(request, configuration, places.signedBy, places.checkValidUntil);
  const { components } = request;
  const archives: Archive[] = [];
  if (main.length > 0)
    archives.push({ name: "debian", mirrors: places.debian, suites: main, components, trust });
  if (security.length > 0) {
    archives.push({ name: "debian-security", mirrors: places.security, suites: security, components, trust });
  }
  return archives;
}

function isSecurity(suite: string): boolean {
  return suite.endsWith("-security") || suite.endsWith("/updates");
}

interface Places {
  readonly debian: readonly string[];
  readonly security: readonly string[];
  readonly signedBy: SignedBy | undefined;
  readonly checkValidUntil: boolean;
}

function chooseMirrors(request: RepositoryRequest, configuration: SourceConfiguration): Places {
  const own =
    request.mirror === undefined
      ? undefined
      : {
          debian: request.mirror,
          ...(request.securityMirror === undefined ? {} : { security: request.securityMirror }),
        };
  const named = own ?? configuration.environment ?? configuration.configurationFile;
  if (named === undefined) return hostPlaces(request, configuration.hostSources);
  const debian = split(named.debian);
  const security = named.security === undefined ? debian.map(securityRoot) : split(named.security);
  const { snapshot } = request;
  return {
    debian: debian.map((one) => atSnapshot(one, snapshot)),
    security: security.map((one) => atSnapshot(one, snapshot)),
    signedBy: undefined,
    checkValidUntil: true,
  };
}

function hostPlaces(request: RepositoryRequest, sources: readonly AptSource[]): Places {
  const asked = request.suites ?? [request.debian];
  const main = likeliest(sources, asked, (suite) => isDebian(suite) && !isSecurity(suite));
  const security = likeliest(sources, asked, (suite) => isDebian(suite) && isSecurity(suite));
  if (main === undefined) throw noMirror(request);
  const { snapshot } = request;
  const roots = httpRoots(main);
  const securityRoots = security === undefined ? roots.map(securityRoot) : httpRoots(security);
  return {
    debian: roots.map((one) => atSnapshot(one, snapshot)),
    security: securityRoots.map((one) => atSnapshot(one, snapshot)),
    signedBy: main.signedBy,
    checkValidUntil: main.checkValidUntil,
  };
}

function httpRoots(source: AptSource): readonly string[] {
  return source.uris.filter((uri) => /^https?:/.test(uri));
}

/**
 * The entry that looks most like the distribution's own. Archives of others use its suites' names too ("bookworm", "stable"),
 * so the name alone does not tell; any entry's root serves all releases.
 */
function likeliest(
  sources: readonly AptSource[],
  asked: readonly string[],
  isCandidate: (suite: string) => boolean,
): AptSource | undefined {
  let best: AptSource | undefined;
  let bestLikeness = 0;
  for (const source of sources) {
    if (httpRoots(source).length === 0 || !source.suites.some(isCandidate)) continue;
    const likeness =
      (source.uris.some((uri) => /\/debian(?:-security|-debug)?$/.test(uri)) ? 8 : 0) +
      (source.signedBy?.files.some((file) => file.includes("debian-archive")) === true ? 4 : 0) +
      (source.components.includes("main") ? 2 : 0) +
      (source.suites.some((suite) => asked.includes(suite)) ? 1 : 0);
    if (likeness <= bestLikeness) continue;
    best = source;
    bestLikeness = likeness;
  }
  return best;
}

function isDebian(suite: string): boolean {
  return [...releases, ...aliases].includes(suite.replace(/(?:-updates|-security|\/updates)$/, ""));
}

function noMirror(request: RepositoryRequest): ToolError {
  return new ToolError("configuration", {
    what: `finding a mirror for ${request.debian}`,
    why: "the spec names none, and this machine has no apt sources for Debian",
    hint: "set DISTILL_DEBIAN_MIRROR to the root of a mirror (https://mirror.example/debian), or `mirror:` in the spec's repository",
  });
}

function split(list: string): string[] {
  return list
    .split(/[\s,]+/)
    .filter((one) => one !== "")
    .map((one) => one.replace(/\/+$/, ""));
}

/** The security archive of a mirror lies beside the main one: ".../debian" and ".../debian-security". */
function securityRoot(root: string): string {
  return root.includes("/{snapshot}")
    ? root.replace("/{snapshot}", "-security/{snapshot}")
    : `${root}-security`;
}

function atSnapshot(root: string, snapshot: string | undefined): string {
  if (snapshot === undefined) return root;
  return root.includes("{snapshot}") ? root.replace("{snapshot}", snapshot) : `${root}/${snapshot}`;
}

function trustOf(
  request: RepositoryRequest,
  configuration: SourceConfiguration,
  signedBy: SignedBy | undefined,
  sourceChecks: boolean,
): Trust {
  const { keyring } = request;
  const fingerprints = keyring === undefined ? (signedBy?.fingerprints ?? []) : [];
  return {
    keyring: () => readParts(configuration.files, keyring, signedBy),
    ...(fingerprints.length === 0 ? {} : { fingerprints }),
    unsignedAccepted: !request.trusted,
    // What a snapshot holds is outdated by intent.
    checkValidUntil: configuration.checkValidUntil && sourceChecks && request.snapshot === undefined,
  };
}

const distributionKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const trustedFolder = "/etc/apt/trusted.gpg.d";

/** The keys that may sign: the repository's own keyring, else those of the host's entry, else the distribution's. */
async function readParts(
  files: HostFiles,
  keyring: string | undefined,
  signedBy: SignedBy | undefined,
): Promise<readonly KeyringPart[]> {
  if (keyring !== undefined) return [await requirePart(files, keyring)];
  if (signedBy?.armored !== undefined) {
    return [{ name: "Signed-By of the apt source", content: Buffer.from(signedBy.armored) }];
  }
  if (signedBy !== undefined && signedBy.files.length > 0) {
    return Promise.all(signedBy.files.map((path) => requirePart(files, path)));
  }
  const folder = (await files.list(trustedFolder))
    .filter((name) => name.endsWith(".gpg") || name.endsWith(".asc"))
    .map((name) => `${trustedFolder}/${name}`);
  for (const paths of [[distributionKeyring], folder]) {
    const parts: KeyringPart[] = [];
    for (const path of paths) {
      const content = await files.read(path);
      if (content !== undefined) parts.push({ name: path, content });
    }
    if (parts.length > 0) return parts;
  }
  throw new ToolError("configuration", {
    what: "finding the keys that sign the archive",
    why: `there is no ${distributionKeyring}, and nothing in ${trustedFolder}`,
    hint: "install debian-archive-keyring, or name a file with `keyring:` in the spec's repository",
  });
}

async function requirePart(files: HostFiles, path: string): Promise<KeyringPart> {
  const content = await files.read(path);
  if (content !== undefined) return { name: path, content };
  throw new ToolError("configuration", { what: `reading the keyring ${path}`, why: "there is no such file" });
}
