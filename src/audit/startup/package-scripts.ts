// npm, pnpm and yarn run the scripts of package.json by `sh -c` (npm-run-script(1)); bun has a shell of its own.
import type { MaybeWord } from "./shells.ts";
import { nameOf } from "./shells.ts";

export interface RunnerCall {
  /** The name of the script: "start". */
  readonly script: string;
  /** Only if package.json has a script of this name: `yarn serve`. */
  readonly isGuess: boolean;
}

/** The script that a command of a runner starts; undefined for other programs and commands. */
export function runnerCall(words: readonly MaybeWord[]): RunnerCall | undefined {
  const [program = "", ...rest] = words;
  const name = nameOf(program);
  if (name !== "npm" && name !== "pnpm" && name !== "yarn" && name !== "yarnpkg") return undefined;
  const [command, next] = rest.filter((word) => word === undefined || !word.startsWith("-"));
  if (command === undefined) return undefined;
  if (command === "start" || command === "test" || command === "stop" || command === "restart") {
    return { script: command, isGuess: false };
  }
  if (command === "run" || command === "run-script")
    return next === undefined ? undefined : { script: next, isGuess: false };
  return name === "npm" ? undefined : { script: command, isGuess: true };
}

/** A script of a package.json; undefined where it has none of this name, or can't be read. */
export function packageScript(text: string, name: string): string | undefined {
  try {
    const { scripts } = JSON.parse(text) as { readonly scripts?: unknown };
    if (typeof scripts !== "object" || scripts === null || !Object.hasOwn(scripts, name)) return undefined;
    const script: unknown = (scripts as Record<string, unknown>)[name];
    return typeof script === "string" ? script : undefined;
  } catch {
    // What is no package.json has no scripts.
    return undefined;
  }
}
