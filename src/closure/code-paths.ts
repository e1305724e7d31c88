// Which paths name a program or a library, judged by the name alone: for packages whose content hasn't been read.
import type { TreePath } from "../tree/path.ts";

const programFolder = /^\/(?:usr\/(?:local\/)?)?(?:s?bin|games|libexec)\//;
const libraryName = /\.(?:so(?:\.[0-9A-Za-z.+~-]+)?|node|ko|jar|dll|exe|py|pl|pm|rb|sh)$/;

/** Whether a path, by its folder or its suffix, names a program or a library. Documentation never does. */
export function looksLikeCode(path: TreePath): boolean {
  if (path.startsWith("/usr/share/doc/")) return false;
  return programFolder.test(path) || libraryName.test(path);
}
