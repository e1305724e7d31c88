// Finds what a regular expression matches by going all its ways at once (Thompson's simulation, with the places of groups),
// so that the time is bounded by the text's length times the expression's. Leftmost, then longest, as POSIX demands.
import { limits } from "../../base/limits.ts";
import type { Expression } from "./regular-expression.ts";

/** Start and end of the match, then of every group; undefined for a group that took no part. */
export type Slots = readonly (number | undefined)[];

/** What may still be done; below zero, no answer that was got with it counts. */
export interface Steps {
  left: number;
}

/** The steps for all that one command does with a text. */
export function stepsFor(text: string): Steps {
  return { left: limits.shellMatchStepsMax + limits.shellMatchStepsPerCharacterMax * text.length };
}

interface Thread {
  readonly at: number;
  readonly start: number;
  readonly slots: Slots;
}

/** The leftmost and then longest match from a place on; undefined where there is none. */
export function findMatch(
  expression: Expression,
  characters: readonly string[],
  from: number,
  steps: Steps,
): Slots | undefined {
  const { instructions } = expression;
  /** For each instruction, the place in the text plus one at which it was last reached. */
  const reached = new Int32Array(instructions.length);
  let threads: Thread[] = [];
  let best: { readonly start: number; readonly slots: Slots } | undefined;
  const follow = (to: Thread[], thread: Thread, place: number): void => {
    if (reached[thread.at] === place + 1) return;
    reached[thread.at] = place + 1;
    steps.left--;
    const { at, start, slots } = thread;
    const instruction = instructions[at];
    switch (instruction?.kind) {
      case "jump":
        follow(to, { at: instruction.to, start, slots }, place);
        return;
      case "split":
        follow(to, { at: instruction.first, start, slots }, place);
        follow(to, { at: instruction.second, start, slots }, place);
        return;
      case "save":
        follow(to, { at: at + 1, start, slots: slots.with(instruction.slot, place) }, place);
        return;
      case "condition":
        if (instruction.holds(characters, place)) follow(to, { at: at + 1, start, slots }, place);
        return;
      default:
        to.push(thread);
    }
  };
  const unset: Slots = Array.from({ length: 2 * expression.groups + 2 }, () => undefined);
  for (let place = from; steps.left >= 0; place++) {
    if (best === undefined) follow(threads, { at: 0, start: place, slots: unset }, place);
    const next: Thread[] = [];
    const character = characters[place];
    for (const thread of threads) {
      if (best !== undefined && thread.start > best.start) break;
      const instruction = instructions[thread.at];
      if (instruction?.kind === "match") {
        best = { start: thread.start, slots: thread.slots.with(0, thread.start).with(1, place) };
      } else if (instruction?.kind === "one" && character !== undefined && instruction.matches(character)) {
        follow(next, { ...thread, at: thread.at + 1 }, place + 1);
      }
    }
    threads = next;
    if (character === undefined || (best !== undefined && threads.length === 0)) break;
  }
  return best?.slots;
}

/** All matches from left to right; none is empty where one before it ends. */
export function* findMatches(
  expression: Expression,
  characters: readonly string[],
  steps: Steps,
): Generator<readonly [start: number, end: number, slots: Slots]> {
  let from = 0;
  let endBefore = -1;
  while (from <= characters.length && steps.left >= 0) {
    const slots = findMatch(expression, characters, from, steps);
    const [start, end] = slots ?? [];
    if (slots === undefined || start === undefined || end === undefined) return;
    if (end > start || start !== endBefore) yield [start, end, slots];
    endBefore = end;
    from = end > start ? end : end + 1;
  }
}
