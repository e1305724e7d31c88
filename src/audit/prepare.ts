// From a scanned image to a subject: package databases and the few texts are read, the closure is computed.
import { collect } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import { decodeName } from "../base/names.ts";
import { close } from "../closure/close.ts";
import type { Launch } from "../closure/closure.ts";
import { programNamed } from "../closure/launch.ts";
import { readSettingsWithin } from "../closure/settings.ts";
import type { Facts } from "../content/facts.ts";
import type { Image, ImageConfig } from "../oci/model.ts";
import { parseConfig } from "../oci/validate.ts";
import type { FileEntry } from "../tree/entry.ts";
import type { TreePath } from "../tree/path.ts";
import { resolve } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import { type LaunchOverride, launchOfImage } from "./launch.ts";
import type { PackageIndex } from "./packages/package.ts";
import { readPackages } from "./packages/read.ts";
import { packageId, packageView } from "./packages/view.ts";
import { auditedClosure } from "./roles.ts";
import { readStartupTexts } from "./startup/scripts.ts";
import type { ScannedLayer, Subject } from "./subject.ts";

export interface Scanned {
  readonly tree: Tree;
  readonly layers: readonly ScannedLayer[];
  readonly facts: (file: FileEntry) => Facts;
}

export interface PrepareOptions extends LaunchOverride {
  /** Of the image; undefined for a bare tree. */
  readonly config: ImageConfig | undefined;
  /** "amd64", where the config doesn't say. */
  readonly architecture: string;
}

/** @throws ToolError "limit", and what reading files throws */
export async function prepareSubject(scanned: Scanned, options: PrepareOptions): Promise<Subject> {
  const { facts, layers, tree } = scanned;
  const { config } = options;
  const launch = launchOfImage(config, options, config?.architecture ?? options.architecture);
  const { texts: settings, tooLarge } = await readSettingsWithin(tree);
  const packages = await readPackages(tree, facts);
  const closure = close({
    tree,
    facts,
    launch,
    keep: [],
    drop: [],
    settings,
    packages: packageView(packages, startedPackages(tree, launch, packages)),
  });
  const texts = new Map([
    ...settings,
    ...(await readStartupTexts(tree, facts, launch, (path) => textOf(tree, path))),
  ]);
  return {
    tree,
    facts,
    layers,
    ...(config === undefined ? {} : { config }),
    launch,
    closure: auditedClosure(closure, tree, facts),
    packages,
    texts,
    unread: tooLarge,
  };
}

/** The packages of what the launch names: their data is there for a reason. */
function startedPackages(tree: Tree, launch: Launch, packages: PackageIndex): ReadonlySet<string> {
  const started = new Set<string>();
  for (const word of [...launch.entrypoint, ...launch.command]) {
    const path = programNamed(word, launch, tree);
    const entry = path === undefined ? undefined : resolve(tree, path)?.entry;
    const owner = entry?.kind === "file" ? packages.ownerOf(entry) : undefined;
    if (owner !== undefined) started.add(packageId(owner));
  }
  return started;
}

/** The config of an image. @throws ToolError "malformed" */
export function configOf(image: Image): ImageConfig {
  return parseConfig(image.config, `the config of ${image.descriptor.digest}`);
}

/** A text of the tree; undefined where it is none, or too long to be a script. */
export async function textOf(tree: Tree, path: TreePath): Promise<string | undefined> {
  const entry = resolve(tree, path)?.entry;
  if (entry?.kind !== "file" || entry.sizeBytes > limits.shellScriptBytesMax) return undefined;
  return decodeName(await collect(entry.content, limits.shellScriptBytesMax, path));
}
