// An image as JSON that can be compared with another builder's: what differs from its base image, entry by entry, and the config
// without what no two builds have in common (times of the build, digests of layers).
import { collect } from "../../src/base/bytes.ts";
import { hexOf } from "../../src/base/digest.ts";
import { treeOfImage } from "../../src/oci/apply.ts";
import type { HistoryEntry, Image, ImageConfig } from "../../src/oci/model.ts";
import type { Attributes, Entry, FileEntry } from "../../src/tree/entry.ts";
import { root } from "../../src/tree/path.ts";
import type { Tree } from "../../src/tree/tree.ts";

export interface ImageDump {
  readonly platform: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** What made each layer, and "(empty) ..." for what made none. */
  readonly history: readonly string[];
  /** "file 0644 0:0 \"text\" 2024-02-03T04:05:06Z" by path; "removed" for what only the base has. */
  readonly tree: Readonly<Record<string, string>>;
}

export interface DumpOptions {
  readonly scratchFolder: string;
  /** Images that a build may have started from. */
  readonly bases: readonly BaseTree[];
  /** Times from here on are those of the build, and not told. Seconds since the epoch. */
  readonly startedAt: number;
  /** Texts of this run (a server's address) and what stands for them. */
  readonly replace: ReadonlyMap<string, string>;
}

/** A base image, its entries as lines. */
export interface BaseTree {
  readonly diffIds: readonly string[];
  readonly lines: Readonly<Record<string, string>>;
}

const never = Number.POSITIVE_INFINITY;

export async function baseTreeOf(image: Image, scratchFolder: string): Promise<BaseTree> {
  const tree = await treeOfImage(image, { scratchFolder });
  return { diffIds: image.layers.map((layer) => layer.diffId), lines: await linesOf(tree, never) };
}

export async function dumpImage(image: Image, options: DumpOptions): Promise<ImageDump> {
  const config = JSON.parse(new TextDecoder().decode(image.config)) as ImageConfig;
  const diffIds = image.layers.map((layer) => layer.diffId);
  const tree = await treeOfImage(image, options);
  const lines = await linesOf(tree, options.startedAt);
  const base = longestBase(diffIds, options.bases);
  const dump: ImageDump = {
    platform: [config.os, config.architecture, config.variant]
      .filter((part) => (part ?? "") !== "")
      .join("/"),
    config: withoutNothing(config.config ?? {}),
    history: historyOf(config.history ?? [], diffIds.length),
    tree: base === undefined ? lines : differences(base.lines, lines),
  };
  return JSON.parse(replaced(JSON.stringify(dump), options.replace)) as ImageDump;
}

/** The base with the most of this image's layers. */
function longestBase(diffIds: readonly string[], bases: readonly BaseTree[]): BaseTree | undefined {
  return bases
    .filter((base) => base.diffIds.every((diffId, index) => diffIds[index] === diffId))
    .sort((a, b) => b.diffIds.length - a.diffIds.length)
    .at(0);
}

async function linesOf(tree: Tree, startedAt: number): Promise<Readonly<Record<string, string>>> {
  const lines: Record<string, string> = {};
  /** The first name of each file that has several. */
  const linked = new Map<string, string>();
  const top = tree.lookup(root);
  for (const entry of [...(top === undefined ? [] : [top]), ...tree.walk()]) {
    const link = entry.kind === "file" ? entry.link : undefined;
    const first = link === undefined ? undefined : linked.get(link);
    if (link !== undefined && first === undefined) linked.set(link, entry.path);
    lines[entry.path] = first === undefined ? await lineOf(entry, startedAt) : `same file as ${first}`;
  }
  return lines;
}

/** All of an entry. A folder's time changes with what is put into it, and says nothing. */
async function lineOf(entry: Entry, startedAt: number): Promise<string> {
  const words = [entry.kind, entry.mode.toString(8).padStart(4, "0"), `${entry.uid}:${entry.gid}`];
  if (entry.kind === "file") {
    words.push(await contentOf(entry));
  }
  if (entry.kind === "symlink") words.push(`-> ${entry.target}`);
  if (entry.kind === "character-device" || entry.kind === "block-device") {
    words.push(`${entry.deviceMajor},${entry.deviceMinor}`);
  }
  if (entry.kind !== "directory" && entry.mtime < startedAt) {
    words.push(new Date(entry.mtime * 1000).toISOString().replace(".000Z", "Z"));
  }
  return [...words, ...xattrsOf(entry)].join(" ");
}

const shownBytesMax = 300;

/** A short text itself; size and digest of all else. */
async function contentOf({ content, digest, sizeBytes }: FileEntry): Promise<string> {
  if (sizeBytes <= shownBytesMax) {
    const text = Buffer.from(await collect(content, shownBytesMax, "a file")).toString();
    if (/^[\P{C}\n\t]*$/u.test(text)) return JSON.stringify(text);
  }
  return `${sizeBytes} sha256:${hexOf(digest).slice(0, 16)}`;
}

function xattrsOf({ xattrs }: Attributes): readonly string[] {
  return [...(xattrs ?? [])].map(([name, value]) => `${name}=${Buffer.from(value).toString("hex")}`).sort();
}

function differences(
  base: Readonly<Record<string, string>>,
  lines: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const changed: Record<string, string> = {};
  for (const [path, line] of Object.entries(lines)) if (base[path] !== line) changed[path] = line;
  for (const path of Object.keys(base)) if (lines[path] === undefined) changed[path] = "removed";
  return Object.fromEntries(Object.entries(changed).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Absent, null, empty and false mean the same to whoever runs an image; an empty list doesn't. */
function withoutNothing(config: object): Readonly<Record<string, unknown>> {
  const said = Object.entries(config).filter(
    ([, value]) => value !== null && value !== "" && value !== false && !isEmptyMap(value),
  );
  return Object.fromEntries(said.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isEmptyMap(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

/** @throws Error where layers and history don't fit together */
function historyOf(history: readonly HistoryEntry[], layerCount: number): readonly string[] {
  const made = history.filter((entry) => entry.empty_layer !== true).length;
  if (made !== layerCount) {
    throw new Error(`${made} steps of the history made layers, and there are ${layerCount}`);
  }
  return history.map(stepOf);
}

function stepOf({ created_by = "", empty_layer }: HistoryEntry): string {
  return empty_layer === true ? `(empty) ${created_by}` : created_by;
}

function replaced(text: string, replace: ReadonlyMap<string, string>): string {
  return [...replace].reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
}
