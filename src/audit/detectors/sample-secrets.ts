// Which secrets are a package's samples, for its tests or its readers: everybody has them, and they open nothing of the image's
// owner. Whose a file is, the image itself claims, and a sample's place is a name; so whatever else leads to the file - a name
// elsewhere, a link, an argument or a variable - makes a secret of it that is in use.
import { lazy } from "../../base/lazy.ts";
import type { FileEntry } from "../../tree/entry.ts";
import { parentOf, root, type TreePath, treePath } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { ScannedLayer, Subject } from "../subject.ts";

/** Folders of packages whose files are for tests and readers, and that no program is given keys from. */
const sampleFolder =
  /\/(?:tests?|testing|test[_-]?(?:data|suite|certs|keys|files)|t|examples?|samples?|demos?|docs?|fixtures?|specs?|__tests__|[\w.-]+[_-]tests?)\//i;
const packageFolder =
  /^\/usr\/(?:share|lib|local\/lib)\/|\/(?:node_modules|site-packages|dist-packages|gems|vendor)\//;

/** Of a file, or with a slash at its end of a folder. */
function isForReaders(path: string): boolean {
  return packageFolder.test(path) && sampleFolder.test(path);
}

/** Says of a file of the merged tree whether it is a sample under all of its names, and none of them is used. */
export function samplesOf(subject: Subject): (entry: FileEntry) => boolean {
  const { packages, tree } = subject;
  const linked = lazy(() => namesByLink(subject));
  const used = lazy(() => usedPlaces(subject));
  return (entry) => {
    if (!isForReaders(entry.path) || packages.ownerOf(entry) === undefined) return false;
    const names = entry.link === undefined ? [entry.path] : (linked().get(entry.link) ?? [entry.path]);
    return names.every((one) => isForReaders(one) && !isUsed(one, used(), tree.lookup(one)?.path));
  };
}

/** The same of a file that only a layer has: by its names there. Nothing that starts can use it. */
export function samplesOfLayer(subject: Subject, layer: ScannedLayer): (entry: FileEntry) => boolean {
  const named = lazy(() => {
    const names = new Map<TreePath, TreePath[]>();
    for (const one of layer.entries) {
      if (one.kind !== "hardlink") continue;
      const before = names.get(one.target);
      if (before === undefined) names.set(one.target, [one.path]);
      else before.push(one.path);
    }
    return names;
  });
  return (entry) =>
    subject.packages.ownerOf(entry) !== undefined &&
    [entry.path, ...(named().get(entry.path) ?? [])].every(isForReaders);
}

function namesByLink({ tree }: Subject): ReadonlyMap<string, readonly TreePath[]> {
  const names = new Map<string, TreePath[]>();
  for (const entry of tree.walk()) {
    if (entry.kind !== "file" || entry.link === undefined) continue;
    const before = names.get(entry.link);
    if (before === undefined) names.set(entry.link, [entry.path]);
    else before.push(entry.path);
  }
  return names;
}

/** Whether the file, or a folder of samples around it, is one of the places. */
function isUsed(path: TreePath, used: ReadonlySet<TreePath>, real: TreePath = path): boolean {
  for (let at = real; at !== root; at = parentOf(at)) if (used.has(at)) return true;
  return false;
}

/** What links from elsewhere and what starts lead to, of files and folders for readers. */
function usedPlaces(subject: Subject): ReadonlySet<TreePath> {
  const { launch, tree } = subject;
  const used = new Set<TreePath>();
  const add = (path: TreePath | undefined): void => {
    const found = path === undefined ? undefined : resolve(tree, path);
    if (found !== undefined && isForReaders(`${found.path}/`)) used.add(found.path);
  };
  for (const entry of tree.walk()) {
    if (entry.kind === "symlink" && !isForReaders(`${entry.path}/`)) add(entry.path);
  }
  const texts = [launch.entrypoint, launch.command, launch.healthcheck, Object.values(launch.env)].flat();
  // An argument can be a command line, an option with its value, or a list.
  for (const word of texts.flatMap((text) => [text, ...text.split(/[\s=:,;"'()|&<>]+/)])) {
    if (word !== "") add(treePath(word.startsWith("/") ? word : `${launch.workingDir}/${word}`));
  }
  return used;
}
