// The lists and sums of a report: files, packages, layers, the config.

import type { Facts } from "../content/facts.ts";
import type { FileEntry } from "../tree/entry.ts";
import type { TreePath } from "../tree/path.ts";
import type { Masker } from "./config-secrets/masking.ts";
import type { ConfigFacts, FileRow, LayerRow, PackageRow, PrimitiveUse, Totals } from "./finding.ts";
import { layerCommands } from "./layer-commands.ts";
import type { LayerResidue } from "./layer-residue.ts";
import { layerOf } from "./make-finding.ts";
import type { InstalledPackage } from "./packages/package.ts";
import type { Primitive } from "./primitives.ts";
import { inodeKey, isNewFile } from "./programs/inodes.ts";
import { isExplained } from "./roles.ts";
import type { Subject } from "./subject.ts";

/** Every regular file, in path order. */
export function fileRows(subject: Subject, uses: readonly PrimitiveUse[]): readonly FileRow[] {
  const packages = new Map(subject.packages.packages.map((one, index) => [one, index]));
  const layers = new Map(subject.layers.map(({ digest }, index) => [digest, index]));
  const gives = primitivesByInode(subject, uses);
  const files = filesOf(subject);
  const names = countedNames(subject, files);
  return files.map((entry): FileRow => {
    const counted = names.get(inodeKey(entry)) ?? entry.path;
    const facts = subject.facts(entry);
    const owner = subject.packages.ownerOf(entry);
    const ownerIndex = owner === undefined ? undefined : packages.get(owner);
    const layer = layerOf(entry);
    const layerIndex = layer === undefined ? undefined : layers.get(layer);
    return {
      path: entry.path,
      digest: entry.digest,
      sizeBytes: entry.sizeBytes,
      kind: kindOf(facts),
      role: subject.closure.role(entry.path),
      ...(ownerIndex === undefined ? {} : { package: ownerIndex }),
      ...(layerIndex === undefined ? {} : { layer: layerIndex }),
      ...(counted === entry.path ? {} : { linkTo: counted }),
      identities: (facts.identities ?? []).map(({ name }) => name),
      primitives: gives.get(inodeKey(entry)) ?? [],
    };
  });
}

/** Of each file with several names the one that its bytes count for: the first that is explained, else the first. */
function countedNames({ closure }: Subject, files: readonly FileEntry[]): ReadonlyMap<string, TreePath> {
  const counted = new Map<string, TreePath>();
  for (const entry of files) {
    if (entry.link === undefined) continue;
    const key = inodeKey(entry);
    const before = counted.get(key);
    const better = before !== undefined && !isExplained(closure.role(before));
    if (before === undefined || (better && isExplained(closure.role(entry.path)))) {
      counted.set(key, entry.path);
    }
  }
  return counted;
}

/** A use names one path of a file; its hard links give the same. */
function primitivesByInode(
  { tree }: Subject,
  uses: readonly PrimitiveUse[],
): ReadonlyMap<string, readonly Primitive[]> {
  const byInode = new Map<string, Primitive[]>();
  for (const { files, primitive } of uses) {
    for (const { path } of files) {
      const entry = tree.lookup(path);
      if (entry?.kind !== "file") continue;
      const list = byInode.get(inodeKey(entry));
      if (list === undefined) byInode.set(inodeKey(entry), [primitive]);
      else if (!list.includes(primitive)) list.push(primitive);
    }
  }
  return byInode;
}

function kindOf({ magic }: Facts): FileRow["kind"] {
  switch (magic) {
    case "elf":
    case "script":
    case "text":
      return magic;
    case "archive":
    case "compressed":
      return "archive";
    default:
      return "data";
  }
}

function filesOf(subject: Subject): FileEntry[] {
  return [...subject.tree.walk()].filter((entry): entry is FileEntry => entry.kind === "file");
}

/** Packages with what the tree holds of them: every name that is theirs, and the bytes of each file once. */
export function packageRows(subject: Subject): readonly PackageRow[] {
  const sums = new Map<InstalledPackage, { files: number; sizeBytes: number }>();
  const counted = new Map<InstalledPackage, Set<string>>();
  for (const entry of filesOf(subject)) {
    const owner = subject.packages.ownerOf(entry);
    if (owner === undefined) continue;
    const sum = sums.get(owner) ?? { files: 0, sizeBytes: 0 };
    sums.set(owner, sum);
    sum.files += 1;
    const inodes = counted.get(owner) ?? new Set();
    counted.set(owner, inodes);
    if (isNewFile(inodes, entry)) sum.sizeBytes += entry.sizeBytes;
  }
  return subject.packages.packages.map((one) => {
    const { architecture, name, type, version } = one;
    const sum = sums.get(one) ?? { files: 0, sizeBytes: 0 };
    return { type, name, version, ...(architecture === undefined ? {} : { architecture }), ...sum };
  });
}

export function layerRows(
  { config }: Subject,
  residue: readonly LayerResidue[],
  masker: Masker,
): readonly LayerRow[] {
  const commands = layerCommands(config, masker);
  return residue.map(({ hidden, layer }, index): LayerRow => {
    const files = layer.entries.filter((entry): entry is FileEntry => entry.kind === "file");
    const createdBy = commands[index];
    return {
      digest: layer.digest,
      compressedBytes: layer.compressedBytes,
      files: files.length,
      visibleFiles: files.length - hidden.length,
      sizeBytes: sumOf(files),
      residueBytes: sumOf(hidden),
      ...(createdBy === undefined ? {} : { createdBy }),
    };
  });
}

function sumOf(files: readonly FileEntry[]): number {
  return files.reduce((sum, one) => sum + one.sizeBytes, 0);
}

/** The config as it is shown: without its secrets. */
export function configFacts({ config, launch }: Subject, { text, value, words }: Masker): ConfigFacts {
  const run = config?.config;
  // An option at the end of the entrypoint can have its value in the command.
  const started = words([...launch.entrypoint, ...launch.command]);
  const labels = Object.entries(run?.Labels ?? {});
  return {
    user: text(launch.user),
    entrypoint: started.slice(0, launch.entrypoint.length),
    command: started.slice(launch.entrypoint.length),
    healthcheck: words(launch.healthcheck),
    workingDir: text(launch.workingDir),
    ports: Object.keys(run?.ExposedPorts ?? {})
      .map(text)
      .sort(),
    volumes: Object.keys(run?.Volumes ?? {})
      .map(text)
      .sort(),
    environment: Object.keys(launch.env).map(text).sort(),
    labels: Object.fromEntries(labels.map(([name, one]) => [name, value(name, one)])),
  };
}

export function totalsOf(subject: Subject): Totals {
  const counted = new Set<string>();
  const explained = new Set<string>();
  const totals = { files: 0, bytes: 0, elf: 0, scripts: 0, explainedBytes: 0 };
  for (const entry of filesOf(subject)) {
    const { magic } = subject.facts(entry);
    totals.files += 1;
    if (magic === "elf") totals.elf += 1;
    if (magic === "script") totals.scripts += 1;
    if (isNewFile(counted, entry)) totals.bytes += entry.sizeBytes;
    // A file is explained by any of its names.
    if (isExplained(subject.closure.role(entry.path)) && isNewFile(explained, entry)) {
      totals.explainedBytes += entry.sizeBytes;
    }
  }
  return totals;
}
