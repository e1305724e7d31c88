// The history of an image, as BuildKit writes it: one entry for each instruction but FROM and ONBUILD.
import type { HistoryEntry } from "../../../oci/model.ts";
import { type Scope, type StageState, spend } from "./scope.ts";

/** `text` is what made it; instructions that make no layer say so. */
export function addHistory(scope: Scope, state: StageState, text: string, hasLayer: boolean): void {
  spend(scope, text.length, state.span);
  const entry: HistoryEntry = {
    created: scope.options.created,
    created_by: text,
    comment: "buildkit.dockerfile.v0",
    ...(hasLayer ? {} : { empty_layer: true }),
  };
  state.image = { ...state.image, history: [...state.image.history, entry] };
}
