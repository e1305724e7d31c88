// What is wrong with the instructions of a Dockerfile, each for itself and their order: flags, the number of arguments, and their
// form where no variable decides it (moby/buildkit, frontend/dockerfile/instructions).
import type { Diagnostic } from "../../base/diagnostics.ts";
import { limits } from "../../base/limits.ts";
import { nearestName } from "../../base/nearest.ts";
import { collectProblems } from "../../formats/document/problems.ts";
import type { Arguments, Dockerfile, Flag, Instruction, Word } from "./ast.ts";
import { durationNanoseconds } from "./duration.ts";
import { heredocName } from "./heredoc.ts";
import type { DockerfileProblems, DockerfileRule } from "./rules.ts";
import { type FlagRule, instructionRules } from "./table.ts";

/** Errors, in the order of the file. */
export function checkDockerfile(dockerfile: Dockerfile): readonly Diagnostic[] {
  const problems = collectProblems<DockerfileRule>();
  let staged = false;
  let stages = 0;
  for (const instruction of dockerfile.instructions) {
    staged ||= instruction.name === "from";
    if (!staged && instruction.name !== "arg") {
      problems.error(
        "no-stage",
        instruction.span,
        `${instruction.keyword} stands before the first FROM`,
        "only ARG may do so",
      );
      staged = true;
    }
    if (instruction.name === "from" && ++stages === limits.dockerfileStagesMax + 1) {
      problems.error(
        "dockerfile-limit",
        instruction.span,
        `there are more than ${limits.dockerfileStagesMax} stages (dockerfileStagesMax)`,
      );
    }
    checkInstructionInto(instruction, problems);
  }
  const last = dockerfile.instructions.at(-1);
  if (!staged && last !== undefined) {
    problems.error("no-stage", last.span, "there is no FROM: the file has no stage to build");
  }
  return problems.found;
}

/** What is wrong with one instruction: a trigger that an image brings. */
export function checkInstruction(instruction: Instruction): readonly Diagnostic[] {
  const problems = collectProblems<DockerfileRule>();
  checkInstructionInto(instruction, problems);
  return problems.found;
}

function checkInstructionInto(instruction: Instruction, problems: DockerfileProblems): void {
  checkFlags(instruction, problems);
  checkArguments(instruction, problems);
}

function checkFlags(instruction: Instruction, problems: DockerfileProblems): void {
  const { flags } = instructionRules[instruction.name];
  const seen = new Set<string>();
  // HEALTHCHECK NONE has nothing that a flag could say something about.
  for (const flag of instruction.flags) {
    const rule = Object.hasOwn(flags, flag.name) ? flags[flag.name] : undefined;
    if (rule === undefined) {
      const near = nearestName(flag.name, Object.keys(flags));
      problems.error(
        "unknown-flag",
        flag.span,
        `${instruction.keyword} has no flag --${flag.name}`,
        near === undefined ? instructionRules[instruction.name].usage : `did you mean --${near}?`,
      );
      continue;
    }
    if (seen.has(flag.name) && rule.repeatable !== true) {
      problems.error("duplicate-flag", flag.span, `--${flag.name} is given twice`);
    }
    seen.add(flag.name);
    checkFlagValue(flag, rule, problems);
  }
}

function checkFlagValue(flag: Flag, rule: FlagRule, problems: DockerfileProblems): void {
  const { value } = flag;
  const wrong = (hint: string): void => {
    const message =
      value === undefined ? `--${flag.name} lacks its value` : `--${flag.name} can't be "${value}"`;
    problems.error("flag-value", flag.span, message, hint);
  };
  if (rule.value === "switch") {
    if (value !== undefined && !/^(true|false)$/i.test(value)) wrong("it is true or false, or stands alone");
  } else if (value === undefined) wrong(`write --${flag.name}=...`);
  else if (rule.value === "duration") {
    const length = durationNanoseconds(value);
    if (value !== "" && length === undefined) wrong("a duration is written as 30s, 1m30s or 500ms");
    else if (length !== undefined && length !== 0 && length < 1_000_000)
      wrong("it is one millisecond at least");
  } else if (rule.value === "count") {
    if (value !== "" && !/^\+?\d{1,9}$/.test(value)) wrong("it is a number that is not negative");
  } else if (rule.value !== "text" && !rule.value.includes(value)) {
    const near = nearestName(value, rule.value);
    wrong(near === undefined ? `it is one of ${rule.value.join(", ")}` : `did you mean ${near}?`);
  } else checkSupport(flag, value, rule, problems);
}

function checkSupport(flag: Flag, value: string, rule: FlagRule, problems: DockerfileProblems): void {
  const { refused = {}, support } = rule;
  const refusal = Object.hasOwn(refused, value) ? refused[value] : undefined;
  if (refusal !== undefined) {
    const { hint, reason } = refusal;
    problems.error("unsupported-flag", flag.span, `--${flag.name}=${value} ${reason}`, hint);
  } else if (support.state === "refused") {
    problems.error("unsupported-flag", flag.span, `--${flag.name} ${support.reason}`);
  }
}

function checkArguments(instruction: Instruction, problems: DockerfileProblems): void {
  const given = instruction.arguments;
  const count = countOf(given);
  const { usage } = instructionRules[instruction.name];
  const missing = (message: string): void => {
    problems.error("missing-argument", instruction.span, message, usage);
  };
  switch (instruction.name) {
    case "from":
      checkFrom(instruction, problems);
      return;
    case "copy":
    case "add":
      if (count < 2) missing(`${instruction.keyword} needs a source and a target`);
      else checkTarget(instruction, problems);
      return;
    case "run":
      // A shell can be given nothing to do; a program has a name.
      if (given.kind === "json" && count === 0) missing("RUN names no program");
      return;
    case "cmd":
    case "entrypoint":
      return;
    case "healthcheck":
      checkHealthcheck(instruction, problems);
      return;
    case "onbuild":
      checkTrigger(instruction, problems);
      return;
    case "shell":
      if (given.kind === "json" && count > 0) return;
      problems.error("wrong-argument", instruction.span, "SHELL takes the JSON form only", usage);
      return;
    case "volume":
      for (const word of given.kind === "json" || given.kind === "words" ? given.values : []) {
        if (word.text.trim() === "") problems.error("wrong-argument", word.span, "a volume has no path");
      }
      break;
    case "env":
    case "label":
    case "arg":
      for (const { name } of given.kind === "pairs" ? given.pairs : []) {
        if (name.text === "") problems.error("wrong-argument", name.span, "there is no name before the =");
      }
      break;
    default:
  }
  if (count === 0) missing(`${instruction.keyword} lacks its argument`);
}

function countOf(given: Arguments): number {
  switch (given.kind) {
    case "json":
    case "words":
      return given.values.length;
    case "text":
      return given.value.text === "" ? 0 : 1;
    case "pairs":
      return given.pairs.length;
    case "health":
      return given.test.text === "" ? 0 : 1;
    case "instruction":
      return 1;
  }
}

function checkFrom(instruction: Instruction, problems: DockerfileProblems): void {
  const words: readonly Word[] = instruction.arguments.kind === "words" ? instruction.arguments.values : [];
  const [image, as, name, excess] = words;
  const { usage } = instructionRules.from;
  if (image === undefined) {
    problems.error("missing-argument", instruction.span, "FROM names no image", usage);
  } else if (as !== undefined && as.text.toLowerCase() !== "as") {
    problems.error("extra-argument", as.span, `FROM takes an image and AS NAME, and no "${as.text}"`, usage);
  } else if (as !== undefined && name === undefined) {
    problems.error("missing-argument", as.span, "AS lacks the name of the stage", usage);
  } else if (excess !== undefined) {
    problems.error("extra-argument", excess.span, `FROM takes nothing after the name of the stage`, usage);
  } else if (name !== undefined && !/^[a-z][a-z0-9\-_.]*$/i.test(name.text)) {
    problems.error(
      "wrong-argument",
      name.span,
      `a stage can't be called ${name.text}`,
      "a name begins with a letter, and holds letters, digits, -, _ and .",
    );
  }
}

function checkTarget(instruction: Instruction, problems: DockerfileProblems): void {
  const given = instruction.arguments;
  const target = given.kind === "json" || given.kind === "words" ? given.values.at(-1) : undefined;
  if (target === undefined || heredocName(target.text) === undefined) return;
  problems.error(
    "wrong-argument",
    target.span,
    "a here-document can't be the target",
    "the target is the last argument",
  );
}

function checkHealthcheck(instruction: Instruction, problems: DockerfileProblems): void {
  const given = instruction.arguments;
  const { usage } = instructionRules.healthcheck;
  if (given.kind !== "health" || given.test.text === "") {
    problems.error("missing-argument", instruction.span, "HEALTHCHECK lacks CMD or NONE", usage);
    return;
  }
  const { test, command } = given;
  const count = countOf(command);
  const kind = test.text.toUpperCase();
  if (kind === "NONE") {
    if (count > 0)
      problems.error("extra-argument", instruction.span, "HEALTHCHECK NONE takes no command", usage);
  } else if (kind !== "CMD") {
    problems.error("wrong-argument", test.span, `HEALTHCHECK takes CMD or NONE, and no ${test.text}`, usage);
  } else if (count === 0) {
    problems.error("missing-argument", test.span, "HEALTHCHECK CMD lacks its command", usage);
  }
}

const noTriggers: readonly string[] = ["from", "maintainer", "onbuild"];

function checkTrigger(instruction: Instruction, problems: DockerfileProblems): void {
  const given = instruction.arguments;
  if (given.kind !== "instruction") {
    problems.error(
      "missing-argument",
      instruction.span,
      "ONBUILD lacks its instruction",
      instructionRules.onbuild.usage,
    );
    return;
  }
  const trigger = given.instruction;
  if (noTriggers.includes(trigger.name)) {
    problems.error("onbuild-trigger", trigger.span, `${trigger.keyword} can't be the trigger of ONBUILD`);
  }
  checkInstructionInto(trigger, problems);
}
