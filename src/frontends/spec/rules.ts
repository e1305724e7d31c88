// Every rule that only a spec can break, with its row of docs/reference/diagnostics.md.
import type { Problems } from "../../formats/document/problems.ts";
import type { DocumentRule } from "../../formats/document/rules.ts";

export const specRules = {
  "unknown-stage": "`copy.from` names no stage of `build`.",
  "unused-stage": "Nothing that the image needs copies from a stage of `build`, so it is not built.",
  "stage-cycle": "A stage copies from itself, directly or through other stages.",
  "context-path": "A path of the context is absolute, or a path of a stage is relative.",
  "unknown-user": "A user who is neither numeric, nor in `users`, nor one that a package could bring.",
  "duplicate-target": "Two declarations make the same path.",
  "conflicting-packages": "A package is asked for and left out, or asked for in two versions.",
  "conflicting-globs": "A path is in `keep` and in `drop`.",
  "conflicting-ids": "Two users, or a user and a base account, have the same number or name.",
  "empty-image": "Nothing brings the program into the image: no packages, no copied files.",
  "missing-command": "An init phase of packages names no command.",
  "not-yet-built":
    "Something that a spec may say, and that this version does not build: init phases of an image.",
  "too-long": "A duration is longer than a test may take, or than the config of an image can hold.",
  "wrong-pattern": "A regular expression is not valid.",
} as const;

type SpecRule = DocumentRule | keyof typeof specRules;

export type SpecProblems = Problems<SpecRule>;
