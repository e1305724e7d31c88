// What a cache mount holds at first: an empty folder, or what the mount takes of an input; with the owners that steps know.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ExecMount } from "../../../../graph/operation.ts";
import type { DirectoryEntry } from "../../../../tree/entry.ts";
import type { LayerEntry } from "../../../../tree/layers.ts";
import { defaultFolder, mergeTrees } from "../../../../tree/memory-tree.ts";
import { root, treePath } from "../../../../tree/path.ts";
import { resolve } from "../../../../tree/resolve.ts";
import { applyFileOperation } from "../../files/apply.ts";
import { packerOf } from "../../snapshots/packer.ts";
import { mountedOf } from "../parts.ts";
import type { MountContext } from "./mounts.ts";

type CacheMountOperation = Extract<ExecMount, { kind: "cache" }>;

/** Makes `folder`, which isn't there. @throws ToolError "disk", "engine", "interrupted" */
export async function fillCacheMount(
  folder: string,
  mount: CacheMountOperation,
  { inputs, scratchFolder, services, signal, span }: MountContext,
): Promise<void> {
  const { runner, store } = services;
  const { gid, mode, uid } = mount;
  let top: DirectoryEntry = { ...defaultFolder(root, []), mode, uid, gid };
  let content: readonly LayerEntry[] = [];
  const copy = mountedOf(mount);
  const tree = copy === undefined ? undefined : await inputs[copy.input]?.tree();
  if (copy !== undefined && tree !== undefined) {
    const place = treePath(copy.source);
    const source = place === undefined ? undefined : resolve(tree, place)?.entry;
    if (source?.kind === "directory") top = { ...source, path: root };
    const operation = { kind: "file" as const, actions: [{ ...copy, input: 1 }] };
    content = await applyFileOperation(operation, [mergeTrees(), tree], {
      mtime: 0,
      signal,
      scratchFolder: join(scratchFolder, "unpacked"),
      ...(span === undefined ? {} : { span }),
    });
  }
  const layer = await store.fromEntries([top, ...content.filter(({ path }) => path !== root)]);
  const [source] = await store.folders({ layers: [layer] });
  if (source === undefined) throw new Error("internal error: a layer has a folder");
  await mkdir(folder);
  const packer = packerOf((args, stop) => runner.start(args, stop));
  await packer.unpack(folder, packer.pack(source, signal), [], signal);
}
