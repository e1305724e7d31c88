// WORKDIR: the folder for what follows, which is made where it isn't there.
import { vertexOf } from "../../../graph/vertex.ts";
import { addHistory } from "./history.ts";
import { metaOf, numberedName, shownInstruction } from "./names.ts";
import { ownerOf } from "./owner.ts";
import { absolutePath } from "./paths.ts";
import { type Command, configure, expandIn, type Scope, type StageState } from "./scope.ts";

export function lowerWorkdir(scope: Scope, state: StageState, command: Command): void {
  const { instruction } = command;
  if (instruction.arguments.kind !== "text") return;
  const given = expandIn(scope, state.env, instruction.arguments.value);
  const path = absolutePath(state.image.config.WorkingDir ?? "", given);
  configure(state, { WorkingDir: path });
  // The root is always there.
  const isMade = path !== "/";
  if (isMade) {
    const name = numberedName(
      scope,
      state,
      shownInstruction(scope, state, command, { keep: false }),
      command.onBuild,
    );
    const { User: user = "" } = state.image.config;
    state.vertex = vertexOf(
      {
        kind: "file",
        actions: [
          {
            kind: "mkdir",
            path,
            mode: 0o755,
            parents: true,
            ...(user === "" ? {} : { owner: ownerOf(user) }),
          },
        ],
      },
      [state.vertex],
      metaOf(state, instruction, name),
    );
  }
  addHistory(scope, state, `WORKDIR ${path}`, isMade);
}
