// Every rule that a spec can break, with its row of docs/reference/diagnostics.md.

export const specRules = {
  "yaml-syntax": "The file is not YAML. The message names the first places where it stops being so.",
  "yaml-encoding": "The file is not UTF-8, or begins with a byte order mark.",
  "yaml-tab": "A tab is used as indentation, which YAML does not allow.",
  "yaml-limit": "The file is larger, deeper, or holds more than a named limit allows.",
  "yaml-feature":
    "Something of YAML that a spec does not use: tags, merge keys, keys that are not text, a second document.",
  "unknown-alias": "An alias (`*name`) names no anchor (`&name`) above it.",
  "duplicate-key": "A key is given twice in one map.",
  "empty-spec": "The file holds nothing.",
  "unknown-field": "A field that is not part of the format. The hint names the nearest one that is.",
  "missing-field": "A field that is required is not there.",
  "wrong-type": "A list stands where a text is expected, a text where a map is, and so on.",
  "ambiguous-scalar":
    "Without quotes, YAML reads the text as a number, a boolean or nothing (`3.10` is 3.1): quote it.",
  "wrong-value": "A value does not have the form, or is not one of the values, that the field takes.",
  "too-few-items": "A list that needs an item is empty.",
  "duplicate-item": "A list names the same thing twice.",
  "exclusive-fields": "Exactly one of some fields is expected, and there are none or several.",
  "lonely-field": "A field makes sense only beside another one that is not there.",
  "unknown-stage": "`copy.from` names no stage of `build`.",
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
    "Something that a spec may say, and that this version does not build: copies from stages of `build`, init phases of an image.",
  "too-long": "A duration is longer than a test may take, or than the config of an image can hold.",
  "wrong-pattern": "A regular expression is not valid.",
} as const;

export type SpecRule = keyof typeof specRules;
