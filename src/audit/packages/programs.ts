// Programs that tell what they were built of: Go's build information and cargo auditable's. The program is its package's file.

import type { Facts } from "../../content/facts.ts";
import type { BuildInfo } from "../../content/identity.ts";
import type { FileEntry } from "../../tree/entry.ts";
import { baseName, type TreePath } from "../../tree/path.ts";
import { type Claim, packageRef } from "./claim.ts";
import type { PackageRef } from "./package.ts";

/** The packages that a file's content says it is; none for most. @throws ToolError "malformed" */
export function claimsOfContent(file: FileEntry, { build }: Pick<Facts, "build">): readonly Claim[] {
  const ref = build === undefined ? undefined : refOf(build, file.path);
  if (ref === undefined) return [];
  const known = packageRef(ref, file.path);
  return [{ package: { ...known, source: file.path, depends: [] }, paths: [file.path], folders: [] }];
}

function refOf({ go, cargo }: BuildInfo, path: TreePath): PackageRef | undefined {
  if (go !== undefined && go.path !== "") return { type: "go", name: go.path, version: goVersion(go) };
  // The list doesn't say which of its packages is the program; a program has its package's name as a rule.
  const own = cargo?.find(({ name }) => name === baseName(path)) ?? cargo?.[0];
  return own === undefined ? undefined : { type: "cargo", ...own };
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
