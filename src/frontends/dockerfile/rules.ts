// Every rule that a Dockerfile can break before it is built, with its row of docs/reference/diagnostics.md. What is merely unwise
// are rules of lint.
import type { Problems } from "../../formats/document/problems.ts";

export const dockerfileRules = {
  "dockerfile-limit":
    "The file, one of its lines, or the number of its instructions is greater than a named limit allows.",
  directive:
    "A parser directive (`# escape=`, `# check=`) has a value that it can't have, or is given twice.",
  "foreign-syntax":
    "`# syntax=` names a frontend that is not docker/dockerfile. Frontends that are images are not run.",
  "no-instructions": "The file holds no instruction.",
  "no-stage": "An instruction other than ARG stands before the first FROM, or there is no FROM.",
  "unknown-instruction":
    "A line begins with a word that is no instruction. The hint names the nearest one that is.",
  "unknown-flag": "An instruction has no flag of that name. The hint names the nearest one that it has.",
  "duplicate-flag": "A flag that may be given once is given twice.",
  "flag-value": "A flag lacks its value, or its value does not have the form that the flag takes.",
  "unsupported-flag":
    "A flag asks for something that is not done here, for the reason that the message gives.",
  "missing-argument": "An instruction lacks an argument.",
  "extra-argument": "An instruction has an argument too many.",
  "wrong-argument": "An argument does not have the form that the instruction takes.",
  "json-not-strings": "The JSON form of an instruction holds something that is no string.",
  "json-malformed":
    "Arguments begin like the JSON form and are not JSON: they are taken as a command of the shell, or as words.",
  "unterminated-heredoc": "The line that ends a here-document is not there.",
  "malformed-heredoc": "The name of a here-document has a quote that is not closed.",
  "onbuild-trigger": "An instruction that can't be a trigger of ONBUILD.",
  "empty-continuation": "A blank line stands between continued lines, which is deprecated.",
} as const;

export type DockerfileRule = keyof typeof dockerfileRules;

export type DockerfileProblems = Problems<DockerfileRule>;
