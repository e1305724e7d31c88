// From parsed JSON to a lock, with every deviation noted at its place. A lock comes with the project, from whoever wrote it:
// nothing of it is believed before it was looked at.
import { type Digest, parseDigest } from "../base/digest.ts";
import { limits } from "../base/limits.ts";
import type { LockedPackage } from "../debian/locked.ts";
import { parseVersion } from "../debian/version.ts";
import type { PinnedImage } from "./image-lock.ts";
import type { Lock, LockedPhase, LockedPlatform, LockedSuite } from "./lock.ts";

/** Where in the file: keys and numbers from the root. */
type JsonPath = readonly (string | number)[];

export interface LockProblem {
  readonly path: JsonPath;
  readonly rule: "lock-malformed" | "lock-version";
  readonly message: string;
  readonly hint?: string;
}

export interface ReadLock {
  readonly lock: Lock;
  /** As the file gives it; compared with the content by the caller. */
  readonly digest: Digest;
}

interface Reader {
  readonly problems: LockProblem[];
}

/** The lock, where `problems` stays empty. */
export function readLock(json: unknown, problems: LockProblem[]): ReadLock | undefined {
  const reader: Reader = { problems };
  const root = record(
    reader,
    json,
    [],
    ["lockVersion", "request", "suites", "platforms", "images", "digest"],
  );
  if (root === undefined) return undefined;
  if (root["lockVersion"] !== 1) {
    problems.push({
      path: ["lockVersion"],
      rule: "lock-version",
      message: `the lock has version ${JSON.stringify(root["lockVersion"])}; this program reads version 1`,
      hint: "use the version of distill that wrote it, or run `distill lock`",
    });
    return undefined;
  }
  const request = digest(reader, root["request"], ["request"]);
  const own = digest(reader, root["digest"], ["digest"]);
  const suites = list(reader, root["suites"], ["suites"]).map((one, index) =>
    suite(reader, one, ["suites", index]),
  );
  const known = new Set(suites.flatMap((one) => (one === undefined ? [] : [one.suite])));
  const platforms = list(reader, root["platforms"], ["platforms"]).map((one, index) =>
    platform(reader, one, ["platforms", index], known),
  );
  const images =
    root["images"] === undefined
      ? undefined
      : list(reader, root["images"], ["images"]).map((one, index) => image(reader, one, ["images", index]));
  if (problems.length > 0 || request === undefined || own === undefined) return undefined;
  return {
    lock: {
      lockVersion: 1,
      request,
      suites: defined(suites),
      platforms: defined(platforms),
      ...(images === undefined ? {} : { images: defined(images) }),
    },
    digest: own,
  };
}

function defined<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((one) => one !== undefined);
}

function suite(reader: Reader, json: unknown, path: JsonPath): LockedSuite | undefined {
  const value = record(reader, json, path, ["suite", "archive", "date", "digest"]);
  if (value === undefined) return undefined;
  const name = text(reader, value["suite"], [...path, "suite"], suitePattern);
  const archive = text(reader, value["archive"], [...path, "archive"], suitePattern);
  const date = text(reader, value["date"], [...path, "date"], /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
  const own = digest(reader, value["digest"], [...path, "digest"]);
  if (name === undefined || archive === undefined || date === undefined || own === undefined)
    return undefined;
  return { suite: name, archive, date, digest: own };
}

function platform(
  reader: Reader,
  json: unknown,
  path: JsonPath,
  suites: ReadonlySet<string>,
): LockedPlatform | undefined {
  const value = record(reader, json, path, ["platform", "phase", "packages"]);
  if (value === undefined) return undefined;
  const name = text(reader, value["platform"], [...path, "platform"], platformPattern);
  const phase = text(reader, value["phase"], [...path, "phase"], phasePattern);
  const packagesPath = [...path, "packages"];
  const items = list(reader, value["packages"], packagesPath);
  if (items.length > limits.packagesInImageMax) {
    fault(
      reader,
      packagesPath,
      `there are more than ${limits.packagesInImageMax} packages (packagesInImageMax)`,
    );
    return undefined;
  }
  const packages = items.map((one, index) => lockedPackage(reader, one, [...packagesPath, index]));
  checkNames(reader, packages, packagesPath, suites);
  if (name === undefined || phase === undefined) return undefined;
  return { platform: name, phase: phase as LockedPhase, packages: defined(packages) };
}

function image(reader: Reader, json: unknown, path: JsonPath): PinnedImage | undefined {
  const value = record(reader, json, path, ["reference", "platform", "digest"]);
  if (value === undefined) return undefined;
  const reference = text(reader, value["reference"], [...path, "reference"]);
  const name = text(reader, value["platform"], [...path, "platform"], platformPattern);
  const own = digest(reader, value["digest"], [...path, "digest"]);
  if (reference === undefined || name === undefined || own === undefined) return undefined;
  return { reference, platform: name, digest: own };
}

/** What holds between packages: each name once, dependencies that are there, suites that are listed. */
function checkNames(
  reader: Reader,
  packages: readonly (LockedPackage | undefined)[],
  path: JsonPath,
  suites: ReadonlySet<string>,
): void {
  const names = new Set<string>();
  for (const [index, one] of packages.entries()) {
    if (one === undefined) continue;
    if (names.has(one.name)) fault(reader, [...path, index, "name"], `${one.name} is there twice`);
    names.add(one.name);
    if (!suites.has(one.suite))
      fault(reader, [...path, index, "suite"], `the suite ${one.suite} is not among the lock's`);
  }
  for (const [index, one] of packages.entries()) {
    for (const [at, name] of (one?.depends ?? []).entries()) {
      if (!names.has(name)) fault(reader, [...path, index, "depends", at], `${name} is not in the lock`);
    }
  }
}

const packageFields = [
  "name",
  "version",
  "architecture",
  "suite",
  "path",
  "sizeBytes",
  "digest",
  "depends",
  "requested",
];
const platformPattern = /^[a-z0-9]+\/[a-z0-9]+(?:\/[a-z0-9]+)?$/;
/** Of an image, or of a stage of `build` by its name in the spec. */
const phasePattern = /^(?:run|init|build\/[a-z][a-z0-9-]*)$/;
const namePattern = /^[a-z0-9][a-z0-9+.-]*$/;
const suitePattern = /^[a-zA-Z0-9][a-zA-Z0-9._/+-]*$/;
/** Relative, and without a part that leads elsewhere; it becomes part of a URL. */
const poolPattern = /^(?!.*(?:^|\/)\.{0,2}(?:\/|$))[A-Za-z0-9._+~:%/-]+$/;

function lockedPackage(reader: Reader, json: unknown, path: JsonPath): LockedPackage | undefined {
  const value = record(reader, json, path, packageFields);
  if (value === undefined) return undefined;
  const name = text(reader, value["name"], [...path, "name"], namePattern);
  const version = text(reader, value["version"], [...path, "version"]);
  if (version !== undefined && parseVersion(version) === undefined) {
    fault(reader, [...path, "version"], `${JSON.stringify(version)} is not a Debian version`);
  }
  const architecture = text(reader, value["architecture"], [...path, "architecture"], /^[a-z0-9-]+$/);
  const ownSuite = text(reader, value["suite"], [...path, "suite"], suitePattern);
  const pool = text(reader, value["path"], [...path, "path"], poolPattern);
  const own = digest(reader, value["digest"], [...path, "digest"]);
  const depends = list(reader, value["depends"], [...path, "depends"]).map((one, index) =>
    text(reader, one, [...path, "depends", index], namePattern),
  );
  const { sizeBytes, requested } = value;
  if (
    typeof sizeBytes !== "number" ||
    !Number.isInteger(sizeBytes) ||
    sizeBytes < 0 ||
    sizeBytes > limits.debBytesMax
  ) {
    fault(
      reader,
      [...path, "sizeBytes"],
      `the size must be a whole number up to ${limits.debBytesMax} (debBytesMax)`,
    );
    return undefined;
  }
  if (typeof requested !== "boolean") {
    fault(reader, [...path, "requested"], "it must be true or false");
    return undefined;
  }
  if (name === undefined || version === undefined || architecture === undefined) return undefined;
  if (ownSuite === undefined || pool === undefined || own === undefined) return undefined;
  return {
    name,
    version,
    architecture,
    suite: ownSuite,
    path: pool,
    sizeBytes,
    digest: own,
    depends: defined(depends),
    requested,
  };
}

function record(
  reader: Reader,
  json: unknown,
  path: JsonPath,
  fields: readonly string[],
): Readonly<Record<string, unknown>> | undefined {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    fault(reader, path, "it must be an object");
    return undefined;
  }
  const value = json as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(value)) {
    if (!fields.includes(name))
      fault(reader, [...path, name], `there is no field ${JSON.stringify(name)} here`);
  }
  return value;
}

function list(reader: Reader, json: unknown, path: JsonPath): readonly unknown[] {
  if (Array.isArray(json)) return json as readonly unknown[];
  fault(reader, path, `${pathText(path)} must be a list`);
  return [];
}

function text(reader: Reader, json: unknown, path: JsonPath, pattern: RegExp = /^\S+$/): string | undefined {
  if (typeof json === "string" && json.length <= limits.pathBytesMax && pattern.test(json)) return json;
  fault(
    reader,
    path,
    json === undefined ? `${pathText(path)} is missing` : `${pathText(path)} can't be ${shown(json)}`,
  );
  return undefined;
}

function digest(reader: Reader, json: unknown, path: JsonPath): Digest | undefined {
  const parsed = typeof json === "string" ? parseDigest(json) : undefined;
  if (parsed === undefined)
    fault(reader, path, `${pathText(path)} must be "sha256:" and 64 hexadecimal digits`);
  return parsed;
}

function shown(json: unknown): string {
  return JSON.stringify(json).slice(0, 80);
}

function pathText(path: JsonPath): string {
  return path.length === 0 ? "the lock" : path.map(String).join(".");
}

/** A file that is wrong throughout needs no list of all its faults. */
const problemsMax = 50;

function fault(reader: Reader, path: JsonPath, message: string): void {
  if (reader.problems.length < problemsMax) reader.problems.push({ path, rule: "lock-malformed", message });
}
