// Where apt looks for packages: sources.list(5) in both of its formats, and the few settings of apt.conf(5) that bear on it.
// Pure over text; host-apt.ts reads the files.
import type { Diagnostic, Span } from "../base/diagnostics.ts";
import { messageOf } from "../base/errors.ts";
import { field, parseStanzas, type Stanza } from "../formats/deb822.ts";

export interface AptSource {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  /** Empty for a flat repository (a suite that ends in "/"). */
  readonly components: readonly string[];
  readonly signedBy: SignedBy | undefined;
  readonly checkValidUntil: boolean;
  /** "sources.list:3", for messages. */
  readonly place: string;
}

export interface SignedBy {
  readonly files: readonly string[];
  readonly fingerprints: readonly string[];
  /** An ASCII-armoured key in the entry itself. */
  readonly armored: string | undefined;
}

export interface ParsedSources {
  /** Enabled entries for binary packages, in file order. */
  readonly sources: readonly AptSource[];
  /** What could not be read: the host's own affair, so only warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads one-line entries: `deb [option=value ...] uri suite component...`. */
export function parseOneLineSources(text: string, file: string): ParsedSources {
  const sources: AptSource[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replace(/#.*$/, "").trim();
    if (line === "" || /^deb-src\s/.test(line)) continue;
    const match = /^deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*(.*)$/.exec(line);
    if (match === null) {
      diagnostics.push(unreadable(file, index + 1, "it is not `deb [options] uri suite components`"));
      continue;
    }
    const [, options = "", uri = "", suite = "", components = ""] = match;
    const settings = new Map(
      words(options).map((one): [string, string] => {
        const cut = one.indexOf("=");
        return cut < 0 ? [one.toLowerCase(), ""] : [one.slice(0, cut).toLowerCase(), one.slice(cut + 1)];
      }),
    );
    const signer = signedBy(settings.get("signed-by")?.replaceAll(",", " "));
    if (typeof signer === "string") {
      diagnostics.push(unreadable(file, index + 1, signer));
      continue;
    }
    sources.push({
      uris: [withoutSlash(uri)],
      suites: [suite],
      components: words(components),
      signedBy: signer,
      checkValidUntil: !isNo(settings.get("check-valid-until")),
      place: `${file}:${index + 1}`,
    });
  }
  return { sources, diagnostics };
}

/** Reads deb822 stanzas: Types, URIs, Suites, Components, Signed-By, Enabled, Check-Valid-Until. */
export function parseDeb822Sources(text: string, file: string): ParsedSources {
  let stanzas: Stanza[];
  try {
    stanzas = parseStanzas(text, file);
  } catch (thrown) {
    return { sources: [], diagnostics: [unreadable(file, 1, messageOf(thrown))] };
  }
  const diagnostics: Diagnostic[] = [];
  const sources = stanzas.flatMap((stanza, index): AptSource[] => {
    const list = (name: string): string[] => words(field(stanza, name) ?? "");
    if (isNo(field(stanza, "Enabled")) || !list("Types").includes("deb")) return [];
    const signer = signedBy(field(stanza, "Signed-By"));
    if (typeof signer === "string") {
      diagnostics.push(unreadable(file, 1, `entry ${index + 1}: ${signer}`));
      return [];
    }
    return [
      {
        uris: list("URIs").map(withoutSlash),
        suites: list("Suites"),
        components: list("Components"),
        signedBy: signer,
        checkValidUntil: !isNo(field(stanza, "Check-Valid-Until")),
        place: `${file}, entry ${index + 1}`,
      },
    ];
  });
  return { sources, diagnostics };
}

/**
 * What may sign, or why that can't be told. A word that is not understood can't be passed over: nothing would be left to
 * restrict the signers.
 */
function signedBy(value: string | undefined): SignedBy | string | undefined {
  if (value === undefined || value.trim() === "") return undefined;
  if (value.includes("-----BEGIN PGP")) {
    // In deb822 an empty line of the block is written as "."; each line lost its leading blank already.
    const armored = value
      .split("\n")
      .map((line) => (line.trim() === "." ? "" : line.trim()))
      .join("\n");
    return { files: [], fingerprints: [], armored: armored.trim() };
  }
  const files: string[] = [];
  const fingerprints: string[] = [];
  for (const part of words(value.replaceAll(",", " "))) {
    if (part.startsWith("/")) files.push(part);
    else if (/^[0-9A-Fa-f]{40}!?$/.test(part)) fingerprints.push(part);
    else return `Signed-By holds ${JSON.stringify(part)}, neither a file's path nor a fingerprint`;
  }
  return { files, fingerprints, armored: undefined };
}

const noWords = new Set(["no", "false", "without", "off", "disable", "0"]);

function isNo(value: string | undefined): boolean {
  return value !== undefined && noWords.has(value.trim().toLowerCase());
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function withoutSlash(uri: string): string {
  return uri.replace(/\/+$/, "");
}

function unreadable(file: string, line: number, why: string): Diagnostic {
  const span: Span = { file, line, column: 1, endLine: line + 1, endColumn: 1 };
  return {
    severity: "warning",
    rule: "apt-source",
    message: `an apt source is not understood: ${why}`,
    span,
  };
}

/**
 * A setting of apt.conf text, flat (`A::B "value";`) or nested (`A { B "value"; };`); the last one counts. Lists and includes
 * are passed over.
 */
export function aptSetting(text: string, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const path: string[] = [];
  let pending: string[] = [];
  let found: string | undefined;
  for (const [token] of stripComments(text).matchAll(/"[^"\n]*"|[{};]|[^\s"{};]+/g)) {
    if (token === "{") {
      path.push(pending.join(" "));
      pending = [];
    } else if (token === "}") {
      path.pop();
      pending = [];
    } else if (token === ";") {
      const [key, value] = pending;
      if (key !== undefined && value !== undefined && [...path, key].join("::").toLowerCase() === wanted) {
        found = value.replace(/^"(.*)"$/, "$1");
      }
      pending = [];
    } else {
      pending.push(token);
    }
  }
  return found;
}

/** Comments of the three kinds; a URL's "//" inside a string is not one. */
function stripComments(text: string): string {
  return text.replace(
    /("[^"\n]*")|\/\*[\s\S]*?\*\/|\/\/[^\n]*|#[^\n]*/g,
    (_, quoted: string | undefined) => quoted ?? " ",
  );
}

/** Whether a setting's value means "no". */
export function isDisabled(value: string | undefined): boolean {
  return isNo(value);
}
