// What an operation sees of its inputs, for its content key (keys.ts).
import type { CopyAction, ExecMount, Operation } from "../../../graph/operation.ts";
import { selectionDigest } from "../files/selection.ts";
import type { InputPart } from "./keys.ts";
import type { Result } from "./result.ts";

/** In a fixed order: the layers that the result lies on, then each part that is taken from elsewhere. */
export async function partsOf(
  operation: Operation,
  inputs: readonly Result[],
): Promise<readonly InputPart[]> {
  const layersOf = async (input: Result | undefined): Promise<InputPart> => ({
    kind: "layers",
    ids: input === undefined ? [] : (await input.snapshot()).layers.map(({ id }) => id),
  });
  switch (operation.kind) {
    case "exec": {
      const selected = operation.mounts.map(mountedOf).filter((one) => one !== undefined);
      return [await layersOf(inputs[0]), ...(await selections(selected, inputs))];
    }
    case "file": {
      const copies = operation.actions.filter((action) => action.kind === "copy" && action.input !== 0);
      return [await layersOf(inputs[0]), ...(await selections(copies as readonly CopyAction[], inputs))];
    }
    default:
      return Promise.all(inputs.map(layersOf));
  }
}

async function selections(
  copies: readonly CopyAction[],
  inputs: readonly Result[],
): Promise<readonly InputPart[]> {
  const parts: InputPart[] = [];
  for (const copy of copies) {
    const tree = await inputs[copy.input]?.tree();
    if (tree !== undefined) parts.push({ kind: "selection", digest: selectionDigest(copy, tree) });
  }
  return parts;
}

/** What a mount shows of an input, as the copy that would take the same; undefined where it shows none. */
export function mountedOf(mount: ExecMount): CopyAction | undefined {
  if (mount.kind !== "bind" && mount.kind !== "cache") return undefined;
  if (mount.input === undefined) return undefined;
  return {
    kind: "copy",
    input: mount.input,
    source: mount.source ?? "/",
    target: "/",
    allowWildcard: false,
    allowEmptyWildcard: false,
    contentsOnly: true,
    followLinks: true,
    unpack: false,
    parents: false,
    exclude: [],
  };
}
