// control.tar of a .deb: the stanza, file lists, maintainer scripts and triggers (deb-control(5), deb-md5sums(5),
// deb-conffiles(5), deb-shlibs(5), deb-symbols(5), deb-triggers(5)). Read for every locked package before any content is.
import { closeSync } from "node:fs";
import { type Bytes, collect } from "../base/bytes.ts";
import { type Cache, findRecord, storeRecord } from "../base/cache.ts";
import type { Json } from "../base/canonical-json.ts";
import { canonicalJson } from "../base/canonical-json.ts";
import { type Digest, digestOf } from "../base/digest.ts";
import { limits } from "../base/limits.ts";
import { decodeName } from "../base/names.ts";
import { decompress } from "../formats/compression.ts";
import { field, parseStanzas, type Stanza } from "../formats/deb822.ts";
import type { RandomAccess } from "../formats/random-access.ts";
import { readTar } from "../formats/tar-reader.ts";
import type { XzMemory } from "../formats/xz.ts";
import { type TreePath, treePath } from "../tree/path.ts";
import { type DebFile, debMembers, malformed, openDeb, verifyDeb } from "./deb.ts";
import { mergedPath } from "./merged-usr.ts";
import type { PackageControl, ScriptName } from "./package.ts";

/** Names the meaning of the record; a change of what is read from control.tar changes it. */
const recordFormat = 2;
const namespace = "deb-control";

const scriptNames: readonly ScriptName[] = ["preinst", "postinst", "prerm", "postrm", "config"];
const listNames = ["control", "md5sums", "conffiles", "shlibs", "symbols", "triggers", "templates"] as const;

/** The members of control.tar that matter, as text. */
type ControlFiles = Readonly<Record<string, string>>;

/**
 * What a package says of itself. The .deb is verified against its digest; the result is kept in the cache by that digest.
 * `xzMemory`: of whoever reads many packages.
 * @throws ToolError "digest-mismatch", "malformed", "limit", "disk"
 */
export async function readControl(
  deb: DebFile,
  cache: Cache,
  xzMemory: XzMemory = { idle: undefined },
): Promise<PackageControl> {
  const key = digestOf(canonicalJson({ deb: deb.digest, format: recordFormat }));
  const held = await findRecord(cache, namespace, key);
  if (isControlFiles(held)) return parseControl(held, deb.digest);
  const files = await readControlFiles(deb, xzMemory);
  const control = parseControl(files, deb.digest);
  await storeRecord(cache, namespace, key, files);
  return control;
}

async function readControlFiles(deb: DebFile, xzMemory: XzMemory): Promise<ControlFiles> {
  const what = `the package ${deb.digest}`;
  await verifyDeb(deb, what);
  const { fd, source } = openDeb(deb.file, what);
  try {
    const member = debMembers(source, what).control;
    const tar = decompress(slices(source, member.offset, member.sizeBytes), member.compression, {
      outputBytesMax: limits.debControlBytesMax,
      what,
      xzMemory,
    });
    const wanted = new Set<string>([...scriptNames, ...listNames]);
    const files: Record<string, string> = {};
    for await (const { header, content } of readTar(tar, what)) {
      const name = header.name.replace(/^(?:\.\/)+/, "");
      if (header.kind !== "file" || !wanted.has(name)) continue;
      files[name] = decodeName(await collect(content, limits.debControlBytesMax, what));
    }
    return files;
  } finally {
    closeSync(fd);
  }
}

function isControlFiles(value: Json | undefined): value is Readonly<Record<string, string>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The control data from the members' text.
 * @throws ToolError "malformed" where the stanza is absent or lacks what every package has
 */
export function parseControl(files: ControlFiles, digest: Digest): PackageControl {
  const what = `the package ${digest}`;
  const [stanza] = parseStanzas(files["control"] ?? "", what);
  if (stanza === undefined) throw malformed(what, "control.tar holds no control file");
  const id = `${required(stanza, "Package", what)}:${required(stanza, "Architecture", what)}`;
  required(stanza, "Version", what);
  const md5sums = parseMd5sums(files["md5sums"] ?? "");
  const conffiles = parseConffiles(files["conffiles"] ?? "");
  const scripts: Partial<Record<ScriptName, string>> = {};
  for (const name of scriptNames) {
    const text = files[name];
    if (text !== undefined) scripts[name] = text;
  }
  return {
    id,
    digest,
    fields: stanza,
    paths: [...new Set([...md5sums.keys(), ...conffiles])].sort(),
    conffiles,
    sonames: sonamesOf(files["shlibs"] ?? "", files["symbols"] ?? ""),
    scripts,
    triggers: linesOf(files["triggers"] ?? ""),
    ...(files["templates"] === undefined ? {} : { templates: files["templates"] }),
    md5sums,
  };
}

function required(stanza: Stanza, name: string, what: string): string {
  const value = field(stanza, name);
  if (value === undefined || value === "") throw malformed(what, `its control file has no ${name}`);
  return value;
}

/** deb-md5sums(5): 32 hexadecimal digits, two spaces (or a space and "*"), the path without the leading slash. */
function parseMd5sums(text: string): ReadonlyMap<TreePath, string> {
  const sums = new Map<TreePath, string>();
  for (const line of linesOf(text)) {
    const match = /^([0-9a-f]{32}) [ *](.+)$/.exec(line);
    const path = match?.[2] === undefined ? undefined : treePath(match[2]);
    if (match?.[1] !== undefined && path !== undefined) sums.set(mergedPath(path), match[1]);
  }
  return sums;
}

/** deb-conffiles(5): a path a line; one that a newer version removes is flagged in front of the path. */
function parseConffiles(text: string): readonly TreePath[] {
  return linesOf(text).flatMap((line) => {
    const path = line.startsWith("/") ? treePath(line) : undefined;
    return path === undefined ? [] : [mergedPath(path)];
  });
}

/**
 * symbols files name sonames as they are; shlibs name a library and a version, which stand for "lib.so.version" or
 * "lib-version.so" (deb-shlibs(5)). Where symbols doesn't settle it, both spellings are given: nothing tells which it was.
 */
function sonamesOf(shlibs: string, symbols: string): readonly string[] {
  const sonames = new Set<string>();
  for (const line of linesOf(symbols)) {
    const [soname = "", owner] = line.split(/\s+/, 2);
    if (owner !== undefined && !/^[|*#]/.test(soname) && soname.includes(".so", 1)) sonames.add(soname);
  }
  for (const line of linesOf(shlibs)) {
    const [library, version] = line.replace(/^\S+:\s+/, "").split(/\s+/);
    if (library === undefined || version === undefined || library.startsWith("#")) continue;
    const spellings = [`${library}.so.${version}`, `${library}-${version}.so`];
    if (!spellings.some((soname) => sonames.has(soname))) for (const soname of spellings) sonames.add(soname);
  }
  return [...sonames].sort();
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trimEnd()]));
}

function slices(source: RandomAccess, offset: number, sizeBytes: number): Bytes {
  const sliceBytes = 1 << 18;
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < sizeBytes; at += sliceBytes) {
        yield source.read(offset + at, Math.min(sliceBytes, sizeBytes - at));
      }
    },
  };
}
