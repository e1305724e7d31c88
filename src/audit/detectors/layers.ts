// What lower layers hold and the merged tree doesn't show: deleted, replaced or under an opaque folder. It ships all the same.
import { counted } from "../../base/counted.ts";
import type { Identity } from "../../content/identity.ts";
import type { Entry, FileEntry } from "../../tree/entry.ts";
import { isWhiteout } from "../../tree/layers.ts";
import { baseName } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Finding } from "../finding.ts";
import { finding, residueFinding } from "../make-finding.ts";
import type { RuleId } from "../rules.ts";
import type { ScannedLayer, Subject } from "../subject.ts";

/** The files of a layer that the merged tree doesn't show, in the archive's order. */
export function hiddenFiles(subject: Pick<Subject, "tree">, layer: ScannedLayer): FileEntry[] {
  const { tree } = subject;
  return goneFiles(subject, layer).filter(
    (entry) => tree.lookup(entry.path) !== undefined || !isShownElsewhere(tree, entry),
  );
}

/** Those that it doesn't show where the layer has them, whatever it shows elsewhere. Several detectors ask for them. */
export function goneFiles({ tree }: Pick<Subject, "tree">, layer: ScannedLayer): readonly FileEntry[] {
  const ofTree = goneByTree.get(tree) ?? new Map<ScannedLayer, readonly FileEntry[]>();
  goneByTree.set(tree, ofTree);
  const files = ofTree.get(layer) ?? notShown(tree, layer);
  ofTree.set(layer, files);
  return files;
}

const goneByTree = new WeakMap<Subject["tree"], Map<ScannedLayer, readonly FileEntry[]>>();

function notShown(tree: Subject["tree"], layer: ScannedLayer): readonly FileEntry[] {
  return layer.entries.filter((entry): entry is FileEntry => {
    if (entry.kind !== "file" || isWhiteout(entry.path)) return false;
    // A layer may name a folder's link as a parent: the file is shown then under the folder's own path.
    const shown = tree.lookup(entry.path) ?? resolve(tree, entry.path)?.entry;
    return shown === undefined || !isSameContent(shown, entry);
  });
}

/** A layer can name a path several times, of which the last one counts: its digest alone doesn't tell that the tree has it. */
function isSameContent(shown: Entry, entry: FileEntry): boolean {
  return shown.kind === "file" && shown.digest === entry.digest;
}

function isShownElsewhere(tree: Subject["tree"], entry: FileEntry): boolean {
  return placesOf(tree).has(`${entry.digest} ${baseName(entry.path)}`);
}

const placesByTree = new WeakMap<Subject["tree"], ReadonlySet<string>>();

function placesOf(tree: Subject["tree"]): ReadonlySet<string> {
  const known = placesByTree.get(tree);
  if (known !== undefined) return known;
  const places = new Set<string>();
  for (const entry of tree.walk()) {
    if (entry.kind === "file") places.add(`${entry.digest} ${baseName(entry.path)}`);
  }
  placesByTree.set(tree, places);
  return places;
}

const ruleOfKind: Readonly<Partial<Record<Identity["kind"], RuleId>>> = {
  shell: "shell",
  "multi-call": "multi-call",
  "package-manager": "package-manager",
  interpreter: "foreign-interpreter",
  tool: "foreign-tool",
};

/** For each layer what it hides in sum, and the programs among it. */
export function* residueFindings(subject: Subject): Generator<Finding> {
  for (const [index, layer] of subject.layers.entries()) {
    const hidden = hiddenFiles(subject, layer);
    if (hidden.length === 0) continue;
    const sizeBytes = hidden.reduce((sum, one) => sum + one.sizeBytes, 0);
    const examples = hidden.slice(0, 3).map(({ path }) => JSON.stringify(path));
    yield finding(subject, "residue", {
      layer: layer.digest,
      subject: "hidden-files",
      what: `layer ${index} holds ${counted(hidden.length, "file")} (${sizeBytes} bytes) that the merged tree doesn't show`,
      evidence: [{ what: `among them ${examples.join(", ")}`, check: "tar -tf LAYER" }],
    });
    for (const entry of hidden) yield* programFindings(subject, entry);
  }
}

function* programFindings(subject: Subject, entry: FileEntry): Generator<Finding> {
  for (const { embedded, evidence, id, kind, name } of subject.facts(entry).identities ?? []) {
    const rule = ruleOfKind[kind];
    if (rule === undefined || embedded === true) continue;
    yield residueFinding(subject, rule, entry, { subject: id, what: name, evidence });
  }
}

/** The gate of `sealed`: nothing in the layers but what the container shows. */
export function lowerLayerFindings(subject: Subject): Finding[] {
  const count = subject.layers.reduce((sum, layer) => sum + hiddenFiles(subject, layer).length, 0);
  if (count === 0) return [];
  const what = `${counted(count, "file")} of lower layers ${count === 1 ? "is" : "are"} deleted or replaced above`;
  return [
    finding(subject, "lower-layers", {
      what,
      subject: "hidden-files",
      evidence: [{ what: "see the residue" }],
    }),
  ];
}
