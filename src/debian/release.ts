// Release files: what a suite holds, with the digest of every index (Debian repository format, "Release files").
import { type Digest, digestOfHex } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { field, parseStanzas } from "../formats/deb822.ts";

export interface IndexFile {
  readonly sizeBytes: number;
  readonly digest: Digest;
}

export interface Release {
  readonly suite: string | undefined;
  readonly codename: string | undefined;
  /** Milliseconds since the epoch. */
  readonly date: number;
  readonly validUntil: number | undefined;
  readonly architectures: readonly string[];
  readonly components: readonly string[];
  /** Indexes are to be fetched by their digest, so that a mirror's update between two requests does no harm. */
  readonly byHash: boolean;
  /** Packages of architecture "all" have an index of their own (binary-all), and are not in each binary-<architecture>. */
  readonly separateAll: boolean;
  /** By path below dists/<suite>/. */
  readonly files: ReadonlyMap<string, IndexFile>;
}

/**
 * Reads the (signed) text of a Release file.
 * @throws ToolError "malformed"
 */
export function parseRelease(text: string, what: string): Release {
  const stanzas = parseStanzas(text, what);
  const stanza = stanzas[0];
  if (stanza === undefined || stanzas.length !== 1) {
    throw malformed(what, `it has ${stanzas.length} stanzas instead of one`);
  }
  const list = (name: string): string[] =>
    (field(stanza, name) ?? "").split(/\s+/).filter((one) => one !== "");
  const date = field(stanza, "Date");
  const validUntil = field(stanza, "Valid-Until");
  if (date === undefined) throw malformed(what, "it has no Date");
  const architectures = list("Architectures");
  return {
    suite: field(stanza, "Suite"),
    codename: field(stanza, "Codename"),
    date: parseDate(date, what, "Date"),
    validUntil: validUntil === undefined ? undefined : parseDate(validUntil, what, "Valid-Until"),
    architectures,
    components: list("Components"),
    byHash: field(stanza, "Acquire-By-Hash") === "yes",
    separateAll:
      architectures.includes("all") && !list("No-Support-for-Architecture-all").includes("Packages"),
    files: parseFiles(field(stanza, "SHA256") ?? "", what),
  };
}

function parseFiles(value: string, what: string): ReadonlyMap<string, IndexFile> {
  const files = new Map<string, IndexFile>();
  for (const line of value.split("\n")) {
    if (line.trim() === "") continue;
    const [hex = "", size = "", path = ""] = line.trim().split(/\s+/);
    const digest = digestOfHex(hex);
    if (digest === undefined || !/^[0-9]{1,15}$/.test(size) || path === "") {
      throw malformed(what, `its SHA256 list has the line ${JSON.stringify(line.trim())}`);
    }
    files.set(path, { digest, sizeBytes: Number(size) });
  }
  if (files.size === 0) throw malformed(what, "it has no SHA256 list");
  return files;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const datePattern =
  /^(?:[A-Z][a-z]{2}, ?)?([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{1,2}):([0-9]{2}):([0-9]{2}) (?:UTC|GMT|Z|\+0000)$/;

/** RFC 5322 dates in UTC, the only zone that the format allows. */
function parseDate(text: string, what: string, name: string): number {
  const match = datePattern.exec(text.trim());
  const [, day = "", month = "", year = "", hour = "", minute = "", second = ""] = match ?? [];
  const monthIndex = months.indexOf(month);
  if (match === null || monthIndex < 0) {
    throw malformed(what, `its ${name} is ${JSON.stringify(text)}`);
  }
  return Date.UTC(Number(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second));
}

export interface ReleaseExpectation {
  /** As asked for: a suite or a codename. */
  readonly suite: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly checkValidUntil: boolean;
}

/** Clocks differ a little; apt allows as much. */
const clockSkewMs = 10_000;

/**
 * Whether a verified Release file is the one that was asked for, and still holds.
 * @throws ToolError "signature": another suite's file, or an outdated one, is a replay
 */
export function checkRelease(release: Release, expected: ReleaseExpectation, what: string): void {
  const { suite, now } = expected;
  if (release.suite !== suite && release.codename !== suite) {
    throw new ToolError("signature", {
      what: `verifying ${what}`,
      why: `it is of ${release.codename ?? "no codename"} (suite ${release.suite ?? "none"}), not of ${suite}`,
      hint: "the mirror serves another suite under this name: check it, or ask for the other one",
    });
  }
  if (release.date > now + clockSkewMs) {
    throw new ToolError("signature", {
      what: `verifying ${what}`,
      why: `it is dated ${new Date(release.date).toISOString()}, which is in the future`,
      hint: "check this machine's clock",
    });
  }
  if (expected.checkValidUntil && release.validUntil !== undefined && release.validUntil < now) {
    throw new ToolError("signature", {
      what: `verifying ${what}`,
      why: `it was valid until ${new Date(release.validUntil).toISOString()}`,
      hint: "use a mirror that is up to date; for a snapshot archive, turn check-valid-until off",
    });
  }
}

function malformed(what: string, why: string): ToolError {
  return new ToolError("malformed", { what: `reading ${what}`, why });
}
