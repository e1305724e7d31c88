// What a reader has chosen, in one place: the views draw it, and change it by `update`.
import { everything, type Selection } from "./selection.ts";

export interface State extends Selection {
  /** The file whose chain is shown; -1 for none. */
  readonly file: number;
}

export interface Store {
  readonly get: () => State;
  readonly update: (change: Partial<State>) => void;
}

/** A store that calls `draw` after each change, with what there was before. */
export function storeOf(draw: (state: State, before: State) => void): Store {
  let state: State = { ...everything, file: -1 };
  return {
    get: () => state,
    update: (change) => {
      const before = state;
      state = { ...state, ...change };
      draw(state, before);
    },
  };
}
