// Rules about instructions, each looked at with the variables that are set before it (moby/buildkit, dockerfile2llb/convert.go,
// dispatch).
import { nearestName } from "../../../base/nearest.ts";
import type { Arguments, Instruction, InstructionName, Word } from "../ast.ts";
import { expandedParts } from "../expand/table.ts";
import type { ExpandOptions } from "../expand/word.ts";
import { heredocName } from "../heredoc.ts";
import { type Checks, checksAbove } from "./checks.ts";
import { checkIgnoredSource } from "./ignored-source.ts";
import { expand, type File, pairsOf, type Report, type StageSeen } from "./seen.ts";
import { checkDescription } from "./stage-rules.ts";

/** What a stage has at an instruction. */
interface State {
  readonly variables: Map<string, string>;
  /** ARGs, also those without a value. */
  readonly declared: Set<string>;
  /** All that may be set is known. */
  readonly complete: boolean;
  shell: boolean;
  workingDir: boolean;
  readonly last: Map<InstructionName, Instruction>;
}

interface Seen {
  readonly file: File;
  readonly stage: StageSeen;
  readonly state: State;
  readonly instruction: Instruction;
  readonly checks: Checks;
  readonly report: Report;
}

export function checkInstructions(file: File, report: Report): void {
  const states = new Map<StageSeen, State>();
  for (const stage of file.stages) {
    const state = stateOf(stage, stage.base === undefined ? undefined : states.get(stage.base));
    states.set(stage, state);
    for (const instruction of stage.instructions) {
      const checks = checksAbove(file.checks, instruction);
      checkInstruction({ file, stage, state, instruction, checks, report });
    }
  }
}

function stateOf({ image }: StageSeen, base: State | undefined): State {
  if (base !== undefined) {
    const { complete, declared, shell, variables, workingDir } = base;
    return {
      variables: new Map(variables),
      declared: new Set(declared),
      complete,
      shell,
      workingDir,
      last: new Map(),
    };
  }
  const variables = new Map([["PATH", ""]]);
  for (const line of image?.config.Env ?? []) {
    const cut = line.indexOf("=");
    variables.set(line.slice(0, cut), line.slice(cut + 1));
  }
  return {
    variables,
    declared: new Set(),
    complete: image !== undefined,
    shell: (image?.config.Shell ?? []).length > 0,
    workingDir: false,
    last: new Map(),
  };
}

function checkInstruction(seen: Seen): void {
  const { checks, instruction, report, state } = seen;
  if (instruction.name === "arg") {
    checkDescription(instruction, checks, report);
    checkDefinitions(seen);
    return;
  }
  const values = expandParts(seen);
  switch (instruction.name) {
    case "add":
    case "copy":
      checkIgnoredSource(seen.file, instruction, values, checks, report);
      break;
    case "cmd":
    case "entrypoint":
      checkRepeated(seen);
      checkJson(seen);
      break;
    case "env":
      checkPairs(seen);
      for (const { name, value } of pairsOf([instruction])) {
        checkSecretName(seen, name);
        const expanded = values.get(name) ?? name.text;
        state.variables.set(expanded, (value === undefined ? undefined : values.get(value)) ?? "");
      }
      break;
    case "expose":
      checkPorts(seen, values);
      break;
    case "healthcheck":
      checkRepeated(seen);
      break;
    case "label":
      checkPairs(seen);
      break;
    case "maintainer": {
      const message = "MAINTAINER is deprecated";
      const hint = "write LABEL org.opencontainers.image.authors=...";
      report({ rule: "maintainer-deprecated", checks, span: instruction.span, message, hint });
      break;
    }
    case "shell":
      state.shell = true;
      break;
    case "workdir":
      checkWorkdir(seen, values);
      break;
    default:
  }
}

/** Values become variables one after the other; a value that is given is not looked at. */
function checkDefinitions(seen: Seen): void {
  const { file, instruction, state } = seen;
  for (const { name, value } of pairsOf([instruction])) {
    checkSecretName(seen, name);
    const given = file.context.buildArgs?.get(name.text);
    const chosen =
      given ?? (value === undefined ? file.globals.get(name.text) : expandWordSeen(seen, value, value.text));
    if (chosen !== undefined) state.variables.set(name.text, chosen);
    state.declared.add(name.text);
  }
}

/** What becomes of each word; undefined variables are told. Flags by their own words. */
function expandParts(seen: Seen): ReadonlyMap<Word, string> {
  const { instruction } = seen;
  const parts = expandedParts[instruction.name];
  const values = new Map<Word, string>();
  for (const { name, span, value } of instruction.flags) {
    if (value !== undefined && parts.flags.includes(name)) expandWordSeen(seen, { span }, value);
  }
  if (parts.arguments !== "all") return values;
  for (const word of wordsOf(instruction.arguments)) {
    const value = expandWordSeen(seen, word, word.text);
    if (value !== undefined) values.set(word, value);
  }
  for (const { content, expand: expands, span } of instruction.heredocs) {
    if (expands) expandWordSeen(seen, { span }, content, { literalQuotes: true, escape: "\\" });
  }
  return values;
}

function wordsOf(given: Arguments): readonly Word[] {
  switch (given.kind) {
    case "json":
    case "words":
      return given.values.filter((word) => heredocName(word.text) === undefined);
    case "text":
      return [given.value];
    case "pairs":
      return given.pairs.flatMap(({ name, value }) => (value === undefined ? [name] : [name, value]));
    default:
      return [];
  }
}

function expandWordSeen(
  { checks, file, instruction, report, state }: Seen,
  { span }: Pick<Word, "span">,
  text: string,
  settings: Partial<ExpandOptions> = {},
): string | undefined {
  const expanded = expand(file, state.variables, text, settings);
  // What EXPOSE lacks is seen at once: there is no port.
  for (const name of instruction.name === "expose" ? [] : (expanded?.unset ?? [])) {
    if (state.declared.has(name)) continue;
    const names = [...state.variables.keys()];
    const near = state.complete ? nearestName(name, names) : mistyped(name, names);
    if (near === undefined && !state.complete) continue;
    report({
      rule: "undefined-variable",
      checks,
      span,
      message: `nothing sets ${name} before this`,
      hint: near === undefined ? undefined : `did you mean ${near}?`,
    });
  }
  return expanded?.value;
}

/** A name that is a long one but for one letter. */
function mistyped(name: string, names: readonly string[]): string | undefined {
  return name.length < 4 ? undefined : nearestName(name, names, 1);
}

/** The earlier one is told, as it is what counts for nothing. */
function checkRepeated({ checks, instruction, report, state }: Seen): void {
  const earlier = state.last.get(instruction.name);
  state.last.set(instruction.name, instruction);
  if (earlier === undefined) return;
  const { keyword, span } = earlier;
  const message = `this ${keyword} counts for nothing: the stage has a later one`;
  report({ rule: "repeated-instruction", checks, span, message, hint: "remove it" });
}

function checkJson({ checks, instruction, report, state }: Seen): void {
  const { arguments: given, keyword, span } = instruction;
  if (given.kind !== "text" || state.shell) return;
  report({
    rule: "json-arguments",
    checks,
    span,
    message: `${keyword} in shell form: a shell starts the program, and does not hand it signals`,
    hint: `write ${keyword} ["program", "argument"]`,
  });
}

function checkPairs({ checks, instruction, report }: Seen): void {
  const { arguments: given, keyword, span } = instruction;
  if (given.kind !== "pairs" || !given.legacy) return;
  const message = `${keyword} with a blank in place of =`;
  const hint = `write ${keyword} ${given.pairs[0]?.name.text ?? "NAME"}=...`;
  report({ rule: "legacy-pairs", checks, span, message, hint });
}

const secretWords: ReadonlySet<string> = new Set(
  "apikey auth credential credentials key password pword passwd secret token".split(" "),
);
const harmlessWords: ReadonlySet<string> = new Set(["public", "file", "version"]);

function checkSecretName({ checks, instruction, report }: Seen, { span, text }: Word): void {
  const words = text.toLowerCase().split("_");
  if (!words.some((word) => secretWords.has(word)) || words.some((word) => harmlessWords.has(word))) return;
  report({
    rule: "secret-name",
    checks,
    span,
    message: `${instruction.keyword} ${text} has the name of a secret, and its value stays in the image`,
    hint: "hand secrets to steps with RUN --mount=type=secret, and to containers when they start",
  });
}

function checkWorkdir({ checks, instruction, report, state }: Seen, values: ReadonlyMap<Word, string>): void {
  const [path] = values.values();
  if (!state.workingDir && path !== undefined && !path.startsWith("/")) {
    const message = `the base image decides where ${path} lies`;
    const hint = "let the first WORKDIR be absolute";
    report({ rule: "relative-workdir", checks, span: instruction.span, message, hint });
  }
  state.workingDir = true;
}

function checkPorts({ checks, report }: Seen, values: ReadonlyMap<Word, string>): void {
  for (const [{ span }, value] of values) {
    for (const port of value.split(/\s+/)) {
      const protocol = port.slice(port.lastIndexOf(":") + 1).split("/")[1] ?? "";
      if (protocol !== protocol.toLowerCase()) {
        const message = `the protocol of ${port} has capitals`;
        report({
          rule: "port-protocol-casing",
          checks,
          span,
          message,
          hint: `write ${protocol.toLowerCase()}`,
        });
      }
      if (!port.includes(":")) continue;
      const message = `${port} holds an address or a port of the host, which say nothing to an image`;
      const hint = `write EXPOSE ${port.slice(port.lastIndexOf(":") + 1)}`;
      report({ rule: "port-mapping", checks, span, message, hint });
    }
  }
}
