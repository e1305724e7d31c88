// A copy step by step on trees that can be changed, the way a program does it with system calls: a second opinion for properties.
// No patterns, no archives; owners and modes as they are, or the given ones.
import { posix } from "node:path";

export interface Node {
  readonly kind: "directory" | "file" | "symlink";
  mode: number;
  uid: number;
  /** A file's content, a link's target. */
  text: string;
  readonly children: Map<string, Node>;
}

export interface NaiveCopy {
  readonly source: string;
  readonly target: string;
  readonly uid?: number;
  readonly mode?: number;
}

export function folder(mode = 0o755, uid = 0): Node {
  return { kind: "directory", mode, uid, text: "", children: new Map() };
}

/** Copies into `base`. @throws where it can't be done */
export function naiveCopy(base: Node, from: Node, copy: NaiveCopy): void {
  const dirMode = copy.mode ?? 0o755;
  const uid = copy.uid ?? 0;
  const split = copy.target.lastIndexOf("/");
  makeAll(base, realPath(base, copy.target.slice(0, split + 1)), dirMode, uid);
  let target = realPath(base, clean(copy.target));
  const source = status(from, realPath(from, clean(copy.source)));
  if (source === undefined) throw new Error("no source");
  const present = status(base, target);
  if (source.kind !== "directory" && present?.kind === "directory") {
    target = clean(`${target}/${posix.basename(clean(copy.source))}`);
  }
  makeAll(
    base,
    source.kind === "directory" && present === undefined ? target : posix.dirname(target),
    dirMode,
    uid,
  );
  copyNode(base, source, target, copy, false);
}

function copyNode(base: Node, source: Node, target: string, copy: NaiveCopy, inner: boolean): void {
  const parent = status(base, posix.dirname(target));
  const name = posix.basename(target);
  const present = status(base, target);
  if (source.kind === "directory") {
    if (present !== undefined && present.kind !== "directory") throw new Error("no folder");
    const made = present ?? folder();
    if (present === undefined) parent?.children.set(name, made);
    for (const [child, node] of source.children)
      copyNode(base, node, clean(`${target}/${child}`), copy, true);
    if (!inner && present !== undefined) return;
    made.mode = copy.mode ?? source.mode;
    made.uid = copy.uid ?? source.uid;
    return;
  }
  if (present?.kind === "directory") throw new Error("a folder");
  const mode = source.kind === "symlink" ? source.mode : (copy.mode ?? source.mode);
  parent?.children.set(name, { ...source, mode, uid: copy.uid ?? source.uid, children: new Map() });
}

function makeAll(base: Node, path: string, mode: number, uid: number): void {
  if (path === "/") return;
  makeAll(base, posix.dirname(path), mode, uid);
  const present = status(base, path);
  if (present === undefined)
    status(base, posix.dirname(path))?.children.set(posix.basename(path), folder(mode, uid));
  else if (present.kind !== "directory") throw new Error("not a folder");
}

/** lstat(2), but a link among the folders leads nowhere. */
function status(base: Node, path: string): Node | undefined {
  let node: Node | undefined = base;
  for (const name of path.split("/").filter((part) => part !== "")) {
    if (node?.kind === "file") throw new Error("not a folder");
    node = node?.children.get(name);
  }
  return node;
}

/** Passes over the whole path until one meets no link. */
function realPath(base: Node, path: string): string {
  let at = path;
  let links = 0;
  const one = (place: string): { readonly path: string; readonly isLink: boolean } => {
    const cleaned = clean(place);
    const node = cleaned === "/" ? undefined : status(base, cleaned);
    if (node?.kind !== "symlink") return { path: cleaned, isLink: false };
    links += 1;
    if (links > 255) throw new Error("links");
    return { path: node.text, isLink: true };
  };
  const pass = (place: string): string => {
    const cut = place.lastIndexOf("/");
    const file = place.slice(cut + 1);
    if (file === "") return cut <= 0 ? "/" : pass(place.slice(0, cut));
    const above = cut <= 0 ? "/" : pass(place.slice(0, cut));
    const found = one(`${above}/${file}`);
    return !found.isLink || found.path.startsWith("/") ? found.path : clean(`${above}/${found.path}`);
  };
  for (;;) {
    const before = links;
    const next = pass(at);
    if (before === links && next === at) return next;
    at = next.startsWith("/") ? next : `/${next}`;
    if (before === links) at = clean(at);
  }
}

function clean(path: string): string {
  const normal = posix.normalize(`/${path}`);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}
