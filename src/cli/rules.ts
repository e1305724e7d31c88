// Every rule that a command line can break, with its row of docs/reference/diagnostics.md.

export const cliRules = {
  "unknown-command": "There is no such command.",
  "unknown-option": "The command has no such option.",
  "missing-value": "An option that takes a value stands without one.",
  "unexpected-value": "A value is given to an option that takes none.",
  "wrong-choice": "The value is not one of those that the option or argument takes.",
  "wrong-quantity": "A size or an age is not written as expected.",
  "missing-argument": "An argument that the command needs is not there.",
  "unexpected-argument": "More arguments than the command takes.",
  "wrong-usage": "Options that don't go together, or that need another one.",
  "no-dockerfile": "A command that is about Dockerfiles was given something else.",
  "spec-exists": "`distill new` would replace a distill.yaml.",
  "spec-too-large": "A Dockerfile whose stages, written out one by one, are more than a spec can hold.",
  "no-such-phase": "The spec has no phase of this name that could be built.",
  "wrong-image-lock": "Dockerfile.lock is not a lock of base images that this version reads.",
  "wrong-image-name":
    "What stands for an image in a build file, or in a named context, is no name of an image.",
  "unknown-platform": "The spec does not name this platform.",
} as const;
