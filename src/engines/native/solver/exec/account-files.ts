// The account files of a step's root, read from the folders of its layers: a step needs no more of its root than these two, and
// the merged tree costs reading all of what the steps before it made.
//
// Invariant: equal to what the merged tree says. What can't be told from the folders alone - links, a file that this process may
// not read - is asked of the tree.
import { type BigIntStats, lstatSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { collect } from "../../../../base/bytes.ts";
import { systemCode } from "../../../../base/errors.ts";
import { limits } from "../../../../base/limits.ts";
import { decodeName } from "../../../../base/names.ts";
import { path } from "../../../../tree/path.ts";
import { resolve } from "../../../../tree/resolve.ts";
import type { Tree } from "../../../../tree/tree.ts";
import type { AccountFiles } from "./accounts.ts";

export interface LayerFolders {
  /** Lowest first. */
  readonly folders: readonly string[];
  readonly tree: () => Promise<Tree>;
  /** Whether /etc of such a folder hides those below. */
  readonly isOpaque: (folder: string) => Promise<boolean>;
}

type FileName = keyof AccountFiles;

/** @throws ToolError "limit" for a file that is too large; whatever the tree throws */
export async function accountFiles(layers: LayerFolders): Promise<AccountFiles> {
  try {
    return (await fromFolders(layers)) ?? (await fromTree(layers));
  } catch (thrown) {
    if (systemCode(thrown) === undefined) throw thrown;
    return await fromTree(layers);
  }
}

/** Undefined where the folders don't tell. */
async function fromFolders({ folders, isOpaque }: LayerFolders): Promise<AccountFiles | undefined> {
  const found = new Map<FileName, string>();
  for (const [above, folder] of folders.toReversed().entries()) {
    if (statusOf(folder)?.isDirectory() !== true) return undefined;
    const etc = statusOf(join(folder, "etc"));
    if (etc === undefined) continue;
    if (isWhiteout(etc)) break;
    if (!etc.isDirectory()) return undefined;
    for (const name of ["passwd", "group"] as const) {
      const file = join(folder, "etc", name);
      const status = found.has(name) ? undefined : statusOf(file);
      if (status === undefined) continue;
      if (!isWhiteout(status) && (!status.isFile() || status.size > BigInt(limits.settingsBytesMax)))
        return undefined;
      found.set(name, isWhiteout(status) ? "" : decodeName(await readFile(file)));
    }
    const isLowest = above === folders.length - 1;
    if (found.size === 2 || (!isLowest && (await isOpaque(folder)))) break;
  }
  return { passwd: found.get("passwd") ?? "", group: found.get("group") ?? "" };
}

function statusOf(file: string): BigIntStats | undefined {
  return lstatSync(file, { bigint: true, throwIfNoEntry: false });
}

/** As overlayfs writes them: a character device 0, 0. */
function isWhiteout(status: BigIntStats): boolean {
  return status.isCharacterDevice() && status.rdev === 0n;
}

async function fromTree({ tree }: LayerFolders): Promise<AccountFiles> {
  const merged = await tree();
  const text = async (name: FileName): Promise<string> => {
    const file = path(`/etc/${name}`);
    const entry = resolve(merged, file)?.entry;
    if (entry?.kind !== "file") return "";
    return decodeName(await collect(entry.content, limits.settingsBytesMax, `${file} of a stage`));
  };
  return { passwd: await text("passwd"), group: await text("group") };
}
