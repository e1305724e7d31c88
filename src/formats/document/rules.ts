// Every rule that any YAML file of a user can break, with its row of docs/reference/diagnostics.md.

export const documentRules = {
  "yaml-syntax": "The file is not YAML. The message names the first places where it stops being so.",
  "yaml-encoding": "The file is not UTF-8, or begins with a byte order mark.",
  "yaml-tab": "A tab is used as indentation, which YAML does not allow.",
  "yaml-limit": "The file is larger, deeper, or holds more than a named limit allows.",
  "more-problems": "The file has more mistakes than are told at once (documentProblemsMax).",
  "yaml-feature":
    "Something of YAML that is not used here: tags, merge keys, keys that are not text, a second document.",
  "unknown-alias": "An alias (`*name`) names no anchor (`&name`) above it.",
  "duplicate-key": "A key is given twice in one map.",
  "empty-file": "The file holds nothing.",
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
} as const;

export type DocumentRule = keyof typeof documentRules;
