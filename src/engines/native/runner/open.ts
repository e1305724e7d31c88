// The runner as the solver has it (step.ts).
import { mkdir } from "node:fs/promises";
import { release } from "node:os";
import { text } from "node:stream/consumers";
import { diskError } from "../../../base/files.ts";
import { openIdSpace, type RunnerHost } from "./id-space.ts";
import { requireKernel } from "./kernel.ts";
import { runStep } from "./run-step.ts";
import { enterNamespace, type FileTask } from "./spawn.ts";
import type { Runner } from "./step.ts";

/** A runner whose helper modes (pack, unpack) others start. */
export interface NativeRunner extends Runner {
  /** Starts a mode that works on files, with the ids of a sandbox. @throws ToolError "engine" */
  start(args: readonly [mode: string, ...rest: string[]], signal: AbortSignal): FileTask;
}

/**
 * Opens the runner. `scratchFolder` is made, for the user alone; nothing in it stays. With `ids: "single"` an ordinary user
 * has no other id than its own in a sandbox, even where there are sub-ids.
 * @throws ToolError "engine" where sandboxes can't be made here, "disk"
 */
export async function openRunner(
  host: RunnerHost,
  scratchFolder: string,
  options: { readonly ids?: "all" | "single" } = {},
): Promise<NativeRunner> {
  requireKernel(release());
  try {
    await mkdir(scratchFolder, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    throw diskError(`making ${scratchFolder}`, thrown);
  }
  const space = await openIdSpace(host, options.ids ?? "all");
  return {
    identity: space.identity,
    run: (request, signal) => runStep(request, space, scratchFolder, signal),
    start: (args, signal) => enterNamespace(space, args, signal),
    remove: async (folder) => {
      const task = enterNamespace(space, ["remove", folder], new AbortController().signal);
      task.stdin.end();
      await text(task.stdout);
      await task.ended;
    },
  };
}
