// The text of distill.lock (docs/decisions/0003-lock-file.md): JSON with one line for each package, so that a diff shows one
// line for each package that changed, and a digest of all the rest, so that a merge of two locks is noticed.
// Invariant: `parseLock(formatLock(lock)).value` equals `lock`.
import { canonicalJson, type Json } from "../base/canonical-json.ts";
import type { Diagnostic, Parsed, Span } from "../base/diagnostics.ts";
import { type Digest, digestOf } from "../base/digest.ts";
import { messageOf } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { LockedPackage } from "../debian/locked.ts";
import type { PinnedImage } from "./image-lock.ts";
import type { Lock, LockedSuite } from "./lock.ts";
import { type LockProblem, readLock } from "./lock-reader.ts";

/** The file's text. Equal locks give equal text. */
export function formatLock(lock: Lock): string {
  const suites = lock.suites.map((one) => `    ${JSON.stringify(suiteJson(one))}`);
  const platforms = lock.platforms.map((one) => {
    const packages = one.packages.map((each) => `      ${JSON.stringify(packageJson(each))}`);
    const head = `"platform": ${JSON.stringify(one.platform)}, "phase": ${JSON.stringify(one.phase)}`;
    return `    {${head}, "packages": [\n${packages.join(",\n")}\n    ]}`;
  });
  return [
    "{",
    `  "lockVersion": ${lock.lockVersion},`,
    `  "request": ${JSON.stringify(lock.request)},`,
    `  "suites": [\n${suites.join(",\n")}\n  ],`,
    `  "platforms": [\n${platforms.join(",\n")}\n  ],`,
    ...(lock.images === undefined ? [] : [imagesText(lock.images)]),
    `  "digest": ${JSON.stringify(contentDigest(lock))}`,
    "}\n",
  ].join("\n");
}

function imagesText(images: readonly PinnedImage[]): string {
  return `  "images": [\n${images.map((one) => `    ${JSON.stringify(imageJson(one))}`).join(",\n")}\n  ],`;
}

function imageJson({ reference, platform, digest }: PinnedImage): Json {
  return { reference, platform, digest };
}

function suiteJson({ suite, archive, date, digest }: LockedSuite): Json {
  return { suite, archive, date, digest };
}

function packageJson(one: LockedPackage): Json {
  const { name, version, architecture, suite, path, sizeBytes, digest, depends, requested } = one;
  return { name, version, architecture, suite, path, sizeBytes, digest, depends, requested };
}

function contentDigest(lock: Lock): Digest {
  return digestOf(
    canonicalJson({
      lockVersion: lock.lockVersion,
      request: lock.request,
      suites: lock.suites.map(suiteJson),
      platforms: lock.platforms.map((one) => ({
        platform: one.platform,
        phase: one.phase,
        packages: one.packages.map(packageJson),
      })),
      images: lock.images?.map(imageJson),
    }),
  );
}

const makeAgain = "run `distill lock` to make it again";

/** Reads a lock's text; `file` names it in diagnostics. */
export async function parseLock(text: string, file: string): Promise<Parsed<Lock>> {
  if (text.length > limits.lockBytesMax) {
    return failed([
      diagnostic("lock-malformed", `the lock is larger than ${limits.lockBytesMax} bytes (lockBytesMax)`),
    ]);
  }
  const deep = tooDeepAt(text);
  if (deep !== undefined) {
    const why = `the lock is nested deeper than ${limits.jsonDepthMax} levels (jsonDepthMax)`;
    return failed([diagnostic("lock-malformed", why, lineSpan(file, lineAt(text, deep)))]);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    return failed([syntaxError(text, file, messageOf(thrown))]);
  }
  const problems: LockProblem[] = [];
  const read = readLock(json, problems);
  if (read === undefined) return failed(await locate(problems, text, file));
  if (read.digest !== contentDigest(read.lock)) {
    return failed(
      await locate(
        [{ path: ["digest"], rule: "lock-altered", message: "the lock was altered since distill wrote it" }],
        text,
        file,
      ),
    );
  }
  return { value: read.lock, diagnostics: [] };
}

/** Where brackets are nested too deep: past that, what is written recursively about a value may not end well. */
function tooDeepAt(text: string): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted && character === "\\") at += 1;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === "[" || character === "{") depth += 1;
    else if (character === "]" || character === "}") depth -= 1;
    if (depth > limits.jsonDepthMax) return at;
  }
  return undefined;
}

function failed(diagnostics: readonly Diagnostic[]): Parsed<Lock> {
  return { value: undefined, diagnostics };
}

function diagnostic(rule: string, message: string, span?: Span, hint: string = makeAgain): Diagnostic {
  return { severity: "error", rule, message, hint, ...(span === undefined ? {} : { span }) };
}

function syntaxError(text: string, file: string, message: string): Diagnostic {
  if (/^(?:<{7}|={7}|>{7})/m.test(text)) {
    const line = lineAt(text, text.search(/^(?:<{7}|={7}|>{7})/m));
    return diagnostic(
      "lock-malformed",
      "the lock holds the marks of an unfinished merge",
      lineSpan(file, line),
    );
  }
  const position = /position (\d+)/.exec(message)?.[1];
  const line = lineAt(text, position === undefined ? text.length : Number(position));
  return diagnostic("lock-malformed", `the lock is not JSON: ${message}`, lineSpan(file, line));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

function lineSpan(file: string, line: number): Span {
  return { file, line, column: 1, endLine: line + 1, endColumn: 1 };
}

type Located = Omit<LockProblem, "rule"> & { readonly rule: string };

/** Places are found only when they are needed: JSON is YAML, whose parser keeps them. */
async function locate(problems: readonly Located[], text: string, file: string): Promise<Diagnostic[]> {
  const { LineCounter, parseDocument, isNode } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, keepSourceTokens: false });
  return problems.map(({ path, rule, message, hint }) => {
    for (let length = path.length; length >= 0; length--) {
      const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (!isNode(node) || node.range === null || node.range === undefined) continue;
      const start = lines.linePos(node.range[0]);
      const end = lines.linePos(node.range[1]);
      const span: Span = { file, line: start.line, column: start.col, endLine: end.line, endColumn: end.col };
      return diagnostic(rule, message, span, hint);
    }
    return diagnostic(rule, message, undefined, hint);
  });
}
