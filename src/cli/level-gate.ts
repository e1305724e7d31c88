// `--allow-level`: an image below it isn't delivered.

import { type Level, levels } from "../audit/levels.ts";
import { ToolError } from "../base/errors.ts";
import type { PlatformBuild } from "./build-project.ts";

const shownMax = 20;

/** @throws ToolError "check-failed" (exit code 1) with what keeps the image from the level */
export function refuseBelow(wanted: Level, builds: readonly PlatformBuild[]): void {
  for (const { platform, figures } of builds) {
    if (levels.indexOf(figures.level) >= levels.indexOf(wanted)) continue;
    throw new ToolError("check-failed", {
      what: `accepting the image for ${platform}`,
      why: `its level is ${figures.level}, below ${wanted}:\n${figures.levelReasons.slice(0, shownMax).join("\n")}`,
      hint: `mend that, or accept it with --allow-level ${figures.level}`,
    });
  }
}
