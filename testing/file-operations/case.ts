// What COPY and ADD do, as data: a tree to copy into, one to copy from, the action, and the tree that comes of it, or the
// mistake. Unit tests hold this program to it, a conformance test BuildKit, so that the table can't be wrong for long.
import type { CopyAction } from "../../src/graph/operation.ts";
import type { TreeLines } from "./lines.ts";

export interface CopyCase {
  readonly summary: string;
  /** What is copied into. */
  readonly base?: TreeLines;
  readonly source: TreeLines;
  /** As the Dockerfile frontend fills it in, unless said otherwise. */
  readonly action: Partial<CopyAction> & Pick<CopyAction, "source" | "target">;
  /** All that is there afterwards. */
  readonly result?: TreeLines;
  /** In place of a result: part of what this program says, and what BuildKit does. */
  readonly refused?: { readonly here: string; readonly buildkit: string };
}

/** An action as `COPY source target` makes it. */
export function copyAction(action: CopyCase["action"]): CopyAction {
  return {
    kind: "copy",
    input: 1,
    allowWildcard: true,
    allowEmptyWildcard: true,
    contentsOnly: true,
    followLinks: true,
    unpack: false,
    parents: false,
    exclude: [],
    ...action,
  };
}

/** The Dockerfile's line for such an action. */
export function copyInstruction(given: CopyCase["action"]): string {
  const { exclude, mode, owner, parents, source, target, unpack } = copyAction(given);
  const flags = [
    ...(unpack ? ["ADD"] : ["COPY", "--from=source"]),
    ...(owner === undefined
      ? []
      : [`--chown=${[owner.user, owner.group].filter((one) => one !== undefined).join(":")}`]),
    ...(mode === undefined ? [] : [`--chmod=${mode}`]),
    ...(parents ? ["--parents"] : []),
    ...exclude.map((pattern) => `--exclude=${pattern}`),
  ];
  // Words are expanded in this form too: what would be taken for a variable or an escape is escaped.
  const words = [source, target].map((word) => word.replace(/[\\$]/g, (found) => `\\${found}`));
  return `${flags.join(" ")} ${JSON.stringify(words)}`;
}
