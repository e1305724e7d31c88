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
} as const;
