// All that is known of one path of an image: what it is, why it is there, who brought it, and what lower layers hold of it.
import type { Digest } from "../base/digest.ts";
import type { Role } from "../closure/closure.ts";
import type { Identity } from "../content/identity.ts";
import type { Entry } from "../tree/entry.ts";
import { baseName, joinPath, parentOf, root, type TreePath } from "../tree/path.ts";
import { resolve } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import { maskerOf } from "./config-secrets/masking.ts";
import type { DetailedReport, Finding } from "./finding.ts";
import { layerCommands } from "./layer-commands.ts";
import { layerOf } from "./make-finding.ts";
import type { InstalledPackage } from "./packages/package.ts";
import type { Primitive } from "./primitives.ts";
import { inodeKey } from "./programs/inodes.ts";
import type { Subject } from "./subject.ts";
import { allFindings } from "./verdict.ts";

/** A layer that holds the path. */
export interface Holding {
  /** From 0 at the bottom. */
  readonly layer: number;
  readonly digest: Digest;
  /** Of a regular file. */
  readonly sizeBytes?: number;
  /** Whether it is what the merged tree shows. */
  readonly shown: boolean;
  readonly createdBy?: string;
}

export interface FileExplanation {
  readonly path: TreePath;
  /** Where links lead, if the path is one or lies behind one. */
  readonly real?: TreePath;
  /** Hard links of it, in path order: findings and primitives are of the file, whichever name they give it. */
  readonly otherNames: readonly TreePath[];
  /** Absent where only lower layers hold the path. */
  readonly entry?: Entry;
  readonly role: Role;
  /** The chain of reasons, one step a line; or what is said where nothing needs it. */
  readonly reasons: readonly string[];
  readonly identities: readonly Identity[];
  readonly primitives: readonly Primitive[];
  readonly package?: InstalledPackage;
  readonly holdings: readonly Holding[];
  readonly findings: readonly Finding[];
}

/** Undefined where neither the merged tree nor any layer has the path. */
export function explainFile(
  subject: Subject,
  report: DetailedReport,
  path: TreePath,
): FileExplanation | undefined {
  // A link that leads nowhere is what is there.
  const found = resolve(subject.tree, path) ?? resolve(subject.tree, path, { followLast: false });
  const real = found?.path ?? placeOf(subject.tree, path);
  const holdings = holdingsOf(subject, real);
  if (found === undefined && holdings.length === 0) return undefined;
  const entry = found?.entry;
  const owner = entry === undefined ? undefined : subject.packages.ownerOf(entry);
  const names = namesOf(subject, entry, real);
  const uses = report.primitives.filter(({ files }) => files.some((one) => names.has(one.path)));
  return {
    path,
    ...(real === path ? {} : { real }),
    otherNames: [...names].filter((one) => one !== real),
    ...(entry === undefined ? {} : { entry }),
    role: subject.closure.role(real),
    reasons: entry === undefined ? ["a container doesn't see it"] : report.explain(real),
    identities: (entry?.kind === "file" ? subject.facts(entry).identities : undefined) ?? [],
    primitives: uses.map(({ primitive }) => primitive),
    ...(owner === undefined ? {} : { package: owner }),
    holdings,
    findings: allFindings(report).filter((one) => one.path !== undefined && names.has(one.path)),
  };
}

/** The path, and the other names of its file. */
function namesOf({ tree }: Subject, entry: Entry | undefined, path: TreePath): ReadonlySet<TreePath> {
  if (entry?.kind !== "file" || entry.link === undefined) return new Set([path]);
  const key = inodeKey(entry);
  const linked = [...tree.walk()].filter((one) => one.kind === "file" && inodeKey(one) === key);
  return new Set(linked.map((one) => one.path));
}

function holdingsOf(subject: Subject, path: TreePath): Holding[] {
  const entry = subject.tree.lookup(path);
  const shown = layerOf(entry);
  const commands = layerCommands(subject.config, maskerOf(subject.config));
  return subject.layers.flatMap((layer, index): Holding[] => {
    const held = layer.entries.findLast((one) => isAt(subject.tree, one.path, path));
    if (held === undefined) return [];
    const createdBy = commands[index];
    // A hard link has the size of its file, which the merged tree knows.
    const sizeBytes = sizeOf(held.kind === "hardlink" ? entry : held);
    return [
      {
        layer: index,
        digest: layer.digest,
        ...(sizeBytes === undefined ? {} : { sizeBytes }),
        shown: layer.digest === shown,
        ...(createdBy === undefined ? {} : { createdBy }),
      },
    ];
  });
}

/** Where a path leads whose last component need not be there: layers write /bin/sh where /bin is a link to usr/bin. */
function placeOf(tree: Tree, path: TreePath): TreePath {
  const folder = path === root ? undefined : resolve(tree, parentOf(path));
  return folder === undefined ? path : joinPath(folder.path, baseName(path));
}

/** Whether what a layer wrote as `written` lies at `path`. */
function isAt(tree: Tree, written: TreePath, path: TreePath): boolean {
  // Most names differ: only what ends alike is worth following links for.
  return written === path || (baseName(written) === baseName(path) && placeOf(tree, written) === path);
}

function sizeOf(entry: Entry | undefined): number | undefined {
  return entry?.kind === "file" ? entry.sizeBytes : undefined;
}
