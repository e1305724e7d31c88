// rpm's header: how a package is described in its database. An index of tags, then their data, all big-endian (rpm's
// "Package Format", without the magic that it has in a package file).
import { limits } from "../../../base/limits.ts";
import { decodeName } from "../../../base/names.ts";
import { type ByteView, byteView } from "../byte-view.ts";
import { malformed, overLimit } from "../claim.ts";

const indexEntryBytes = 16;

const tags = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  architecture: 1022,
  oldFileNames: 1027,
  fileStates: 1029,
  provideName: 1047,
  requireName: 1049,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
} as const;

/** rpm's types of data; those not named hold nothing that is read here. */
const types = { char: 1, int8: 2, int32: 4, string: 6, stringArray: 8 } as const;

/** RPMFILE_STATE_NORMAL; others were replaced by another package, or never unpacked. */
const presentState = 0;

export interface RpmHeader {
  readonly name: string;
  /** "[epoch:]version-release" */
  readonly version: string;
  readonly architecture: string | undefined;
  /** Of files that are there, not of those that another package replaced. */
  readonly paths: () => Iterable<string>;
  readonly requires: readonly string[];
  readonly provides: readonly string[];
}

interface Tag {
  readonly type: number;
  readonly offset: number;
  readonly count: number;
}

interface Store {
  readonly view: ByteView;
  readonly what: string;
  readonly tags: ReadonlyMap<number, Tag>;
  readonly dataStart: number;
}

/** @throws ToolError "malformed" with the byte of the header, "limit"; so does going through `paths` */
export function parseRpmHeader(bytes: Uint8Array, what: string): RpmHeader {
  const store = openStore(bytes, what);
  const [name, version, release] = [tags.name, tags.version, tags.release].map((tag) => text(store, tag));
  if (name === undefined || version === undefined || release === undefined)
    throw malformed(what, "the header has no name, version or release");
  const epoch = integers(store, tags.epoch)[0];
  return {
    name,
    version: `${epoch === undefined ? "" : `${epoch}:`}${version}-${release}`,
    architecture: text(store, tags.architecture),
    paths: () => pathsOf(store),
    requires: texts(store, tags.requireName),
    provides: texts(store, tags.provideName),
  };
}

function openStore(bytes: Uint8Array, what: string): Store {
  if (bytes.length > limits.rpmHeaderBytesMax) throw overLimit(what, "rpmHeaderBytesMax");
  const view = byteView(bytes, "big", what);
  const count = view.u32(0);
  const dataBytes = view.u32(4);
  if (count > limits.rpmHeaderTagsMax) throw overLimit(what, "rpmHeaderTagsMax");
  const dataStart = 8 + count * indexEntryBytes;
  if (dataStart + dataBytes > bytes.length)
    throw malformed(what, `byte 0: ${count} tags and ${dataBytes} bytes of data, in ${bytes.length} bytes`);
  const found = new Map<number, Tag>();
  for (let index = 0; index < count; index++) {
    const at = 8 + index * indexEntryBytes;
    const tag = { type: view.u32(at + 4), offset: view.u32(at + 8), count: view.u32(at + 12) };
    if (!found.has(view.u32(at))) found.set(view.u32(at), tag);
  }
  return { view, what, tags: found, dataStart };
}

function text(store: Store, tag: number): string | undefined {
  return texts(store, tag)[0];
}

function texts(store: Store, tag: number): readonly string[] {
  const found = store.tags.get(tag);
  if (found === undefined || (found.type !== types.string && found.type !== types.stringArray)) return [];
  if (found.count > limits.packagePathsMax) throw overLimit(store.what, "packagePathsMax");
  const list: string[] = [];
  let at = store.dataStart + found.offset;
  for (let index = 0; index < (found.type === types.string ? 1 : found.count); index++) {
    const end = at > store.view.bytes.length ? -1 : store.view.bytes.indexOf(0, at);
    if (end < 0) throw malformed(store.what, `byte ${at}: the text of tag ${tag} does not end`);
    list.push(decodeName(store.view.bytes.subarray(at, end)));
    at = end + 1;
  }
  return list;
}

function integers(store: Store, tag: number): readonly number[] {
  const found = store.tags.get(tag);
  if (found?.type !== types.int32) return [];
  const at = store.dataStart + found.offset;
  store.view.slice(at, found.count * 4);
  return Array.from({ length: found.count }, (_, index) => store.view.u32(at + index * 4));
}

function fileStates(store: Store): Uint8Array | undefined {
  const found = store.tags.get(tags.fileStates);
  if (found === undefined || (found.type !== types.char && found.type !== types.int8)) return undefined;
  return store.view.slice(store.dataStart + found.offset, found.count);
}

function* pathsOf(store: Store): Generator<string> {
  const states = fileStates(store);
  const isThere = (index: number): boolean => (states?.[index] ?? presentState) === presentState;
  const baseNames = texts(store, tags.baseNames);
  if (baseNames.length === 0) {
    // rpm before version 4 wrote whole paths.
    for (const [index, one] of texts(store, tags.oldFileNames).entries()) if (isThere(index)) yield one;
    return;
  }
  const dirNames = texts(store, tags.dirNames);
  const dirIndexes = integers(store, tags.dirIndexes);
  for (const [index, base] of baseNames.entries()) {
    const folder = dirNames[dirIndexes[index] ?? -1];
    if (folder === undefined) throw malformed(store.what, `file ${index} lies in no folder of the header`);
    if (isThere(index)) yield `${folder}${base}`;
  }
}
