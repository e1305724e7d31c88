// What a spec may say, and this version does not build: stages of `build`, and phases that start from an image. A command
// that builds refuses it; an editor, and whoever only reads the spec, has nothing to complain about.
import type { Diagnostic } from "../../base/diagnostics.ts";
import type { Spec } from "./spec.ts";

const rule = "not-yet-built";
const instead = "this version builds from packages and the context only";

/**
 * An error for each copy from a stage, since the image would lack the files; a warning for stages that the image takes
 * nothing from.
 */
export function unbuiltStages(spec: Spec): readonly Diagnostic[] {
  const copies = spec.run.copy.filter(({ from }) => from !== "context");
  if (copies.length > 0) {
    return copies.map(({ from, source, span }) => ({
      severity: "error",
      rule,
      message: `${source} can't be copied from the stage ${from}: stages of build are not built`,
      hint: `${instead}: make the file before the build, and copy it from context`,
      span,
    }));
  }
  return Object.values(spec.build).map(({ name, span }) => ({
    severity: "warning",
    rule,
    message: `the stage ${name} is not built, and run copies nothing from it`,
    hint: instead,
    span,
  }));
}

/** The error for an init phase that starts from an image; undefined where the spec has none. */
export function unbuiltInit({ init }: Spec): Diagnostic | undefined {
  if (init?.image === undefined) return undefined;
  const { value, span } = init.image;
  return {
    severity: "error",
    rule,
    message: `the init phase can't start from the image ${value}`,
    hint: `${instead}: name packages in place of the image`,
    span,
  };
}
