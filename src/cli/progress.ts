// --progress and --quiet to a renderer.
import { jsonProgress } from "../report/progress/json.ts";
import { plainProgress } from "../report/progress/plain.ts";
import { type Progress, type ProgressOptions, quietProgress } from "../report/progress/progress.ts";
import { ttyProgress } from "../report/progress/tty.ts";
import type { Redactor } from "../report/redact.ts";
import { wantsColour } from "../report/style.ts";
import type { World } from "./run.ts";

const columnsDefault = 80;

export function chooseProgress(
  mode: "auto" | "tty" | "plain" | "json",
  quiet: boolean,
  world: World,
  redactor: Redactor,
): Progress {
  const { stderr, env, now } = world;
  const options: ProgressOptions = {
    write: (text) => stderr.write(redactor.clean(text)),
    now,
    colour: wantsColour(env, stderr.isTerminal),
    columns: () => stderr.columns() ?? columnsDefault,
  };
  if (quiet) return quietProgress(options);
  if (mode === "json") return jsonProgress(options);
  const live = mode === "tty" || (mode === "auto" && stderr.isTerminal && env["TERM"] !== "dumb");
  return live ? ttyProgress(options) : plainProgress(options);
}
