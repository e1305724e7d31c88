// Packages whose scripts are programs of their own.
import type { PackageControl } from "../package.ts";
import type { EffectsContext, ScriptVerdict } from "./effect.ts";

export function recipeFor(_control: PackageControl, _context: EffectsContext): ScriptVerdict | undefined {
  return undefined;
}
