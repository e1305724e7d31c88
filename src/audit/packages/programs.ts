// Files that tell what they were built of: Go's build information, cargo auditable's, jars. The file is its package's own.
import type { Facts } from "../../content/facts.ts";
import type { BuildInfo } from "../../content/identity.ts";
import type { FileEntry } from "../../tree/entry.ts";
import { baseName, type TreePath } from "../../tree/path.ts";
import { type Claim, packageRef } from "./claim.ts";
import type { PackageRef } from "./package.ts";

/** The packages that a file's content says it is; none for most. @throws ToolError "malformed" */
export function claimsOfContent(file: FileEntry, { build }: Pick<Facts, "build">): readonly Claim[] {
  if (build === undefined) return [];
  const own = ownPackage(build, file.path);
  const inside = (build.java ?? []).filter(({ within }) => within !== undefined);
  const claim = (ref: PackageRef, paths: readonly TreePath[]): Claim => ({
    package: { ...packageRef(ref, file.path), source: file.path, depends: [] },
    paths,
    folders: [],
  });
  return [
    ...(own === undefined ? [] : [claim(own, [file.path])]),
    // These have no file of the tree to themselves.
    ...inside.map(({ name, version }) => claim({ type: "java", name, version }, [])),
  ];
}

function ownPackage({ cargo, go, java }: BuildInfo, path: TreePath): PackageRef | undefined {
  if (go !== undefined && go.path !== "") return { type: "go", name: go.path, version: goVersion(go) };
  const [crate] = cargo ?? [];
  if (crate !== undefined) return { type: "cargo", ...crate };
  if (java === undefined) return undefined;
  const jar = java.find(({ within }) => within === undefined);
  return jar === undefined ? namedJar(path) : { type: "java", name: jar.name, version: jar.version };
}

/** The main package's module is the one with the longest path that its own begins with. */
function goVersion(go: NonNullable<BuildInfo["go"]>): string {
  let best: { readonly path: string; readonly version: string } | undefined;
  for (const one of go.modules) {
    if (go.path !== one.path && !go.path.startsWith(`${one.path}/`)) continue;
    if (best === undefined || one.path.length > best.path.length) best = one;
  }
  return best?.version ?? "";
}

/** A jar that doesn't say what it is has it in its name, as a rule: "guava-32.1.3-jre.jar". */
function namedJar(path: TreePath): PackageRef {
  const stem = baseName(path).replace(/\.[^.]*$/, "") || baseName(path);
  const version = /-(\d[\w.+-]*)$/.exec(stem);
  return version === null
    ? { type: "java", name: stem, version: "" }
    : { type: "java", name: stem.slice(0, version.index), version: version[1] ?? "" };
}
