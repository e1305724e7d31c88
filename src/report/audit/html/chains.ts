// Chains of reasons, packed: chains that begin alike share their steps (a trie, told by parents), and a step that names a file
// of the report holds its index instead of its path, so that one wording serves all files.
import { limits } from "../../../base/limits.ts";
import type { ChainGraph } from "./page/shapes.ts";

/** Where the file's path goes in a wording. It can't stand in a wording otherwise: it is replaced there. */
export const pathMark = "\u0000";
export const none = -1;

/** Past them a step is kept as it is written. */
const filesOfStepMax = 4;
const endsTried = 12;
const pathStart = /(?<![^\s"'(=,])\//g;
const pathEnd = /[\s"'),:;]/g;

type IndexOf = (path: string) => number | undefined;

export interface ChainPacker {
  /** The index of the chain's last step; `none` for a chain without steps. */
  add(steps: readonly string[]): number;
  graph(): ChainGraph;
}

/** Packs chains over files that are told by `indexOf` (undefined: no file of the report). */
export function chainPacker(indexOf: IndexOf): ChainPacker {
  const parent: number[] = [];
  const wording: number[] = [];
  const files: number[][] = [];
  const wordings = new Map<string, number>();
  const known = new Map<string, number>();
  return {
    add(steps) {
      let at = none;
      for (const step of shortened(steps)) {
        const key = `${at} ${step}`;
        let next = known.get(key);
        if (next === undefined) {
          const parts = partsOf(step, indexOf);
          const index = wordings.get(parts.wording) ?? wordings.size;
          wordings.set(parts.wording, index);
          next = parent.push(at) - 1;
          wording.push(index);
          files.push(parts.files);
          known.set(key, next);
        }
        at = next;
      }
      return at;
    },
    graph: () => ({ parent, wording, files, wordings: [...wordings.keys()] }),
  };
}

/** A chain that is too long to read keeps both ends. */
function shortened(steps: readonly string[]): readonly string[] {
  if (steps.length <= limits.reportChainStepsMax) return steps;
  const head = steps.slice(0, limits.reportChainStepsMax / 2);
  const tail = steps.slice(steps.length - limits.reportChainStepsMax / 2);
  return [...head, `... ${steps.length - head.length - tail.length} more steps ...`, ...tail];
}

/** The files that a step names, and the wording around them. */
function partsOf(step: string, indexOf: IndexOf): { readonly wording: string; readonly files: number[] } {
  const text = step.replaceAll(pathMark, "\ufffd");
  const files: number[] = [];
  let wording = "";
  let done = 0;
  for (const { index: start } of text.matchAll(pathStart)) {
    if (files.length === filesOfStepMax || start < done) continue;
    const end = pathEnds(text, start).find((one) => indexOf(text.slice(start, one)) !== undefined);
    const file = end === undefined ? undefined : indexOf(text.slice(start, end));
    if (end === undefined || file === undefined) continue;
    wording += text.slice(done, start) + pathMark;
    files.push(file);
    done = end;
  }
  return { wording: wording + text.slice(done), files };
}

/** Where a path that begins at `start` may end, the longest first: names have spaces and punctuation, too. */
function pathEnds(text: string, start: number): number[] {
  const ends: number[] = [];
  pathEnd.lastIndex = start + 1;
  for (
    let found = pathEnd.exec(text);
    found !== null && ends.length < endsTried;
    found = pathEnd.exec(text)
  ) {
    ends.unshift(found.index);
  }
  if (ends.length < endsTried) ends.unshift(text.length);
  return ends;
}
