// What a spec may say, and this version does not build: an init phase that starts from an image. A command that builds refuses
// it; an editor, and whoever only reads the spec, has nothing to complain about.
import type { Diagnostic } from "../../base/diagnostics.ts";
import type { Spec } from "./spec.ts";

/** The error for an init phase that starts from an image; undefined where the spec has none. */
export function unbuiltInit({ init }: Spec): Diagnostic | undefined {
  if (init?.image === undefined) return undefined;
  const { value, span } = init.image;
  return {
    severity: "error",
    rule: "not-yet-built",
    message: `the init phase can't start from the image ${value}`,
    hint: "this version makes init images of packages only: name packages in place of the image",
    span,
  };
}
