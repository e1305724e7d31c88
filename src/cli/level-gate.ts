// `--allow-level`: an image below it isn't delivered.
import { ToolError } from "../base/errors.ts";
import type { PlatformBuild } from "./build-project.ts";

/** Worst first (docs/reference/cli.md). */
export const levels = [
  "distro",
  "slim",
  "in-name-only",
  "shell-less",
  "distroless",
  "truly-distroless",
  "sealed",
] as const;

export type LevelName = (typeof levels)[number];

/** @throws ToolError "check-failed" (exit code 1) with what keeps the image from the level */
export function refuseBelow(wanted: LevelName, builds: readonly PlatformBuild[]): void {
  for (const { platform, figures } of builds) {
    if (rankOf(figures.level) >= levels.indexOf(wanted)) continue;
    throw new ToolError("check-failed", {
      what: `accepting the image for ${platform}`,
      why: `its level is ${figures.level}, below ${wanted}:\n${figures.levelReasons.join("\n")}`,
      hint: `mend that, or accept it with --allow-level ${figures.level}`,
    });
  }
}

function rankOf(level: string): number {
  return levels.indexOf(level as LevelName);
}
