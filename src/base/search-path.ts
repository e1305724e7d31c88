// PATH: where programs are looked for (environ(7)).
import { limits } from "./limits.ts";

/** PATH where a config sets none: what runc and containerd supply. */
export const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The folders of a PATH in order, at most limits.searchPathFoldersMax; an empty one is the working directory. */
export function searchPath(path: string = defaultPath): string[] {
  return path.split(":", limits.searchPathFoldersMax);
}
