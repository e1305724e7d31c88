// What a Dockerfile says of containers: the fields of `run` that are no files.
import { constants } from "node:os";
import type { Instruction, InstructionName } from "../dockerfile/ast.ts";
import { durationNanoseconds } from "../dockerfile/duration.ts";
import { Mistake } from "../dockerfile/lower/mistake.ts";
import { portsOf } from "../dockerfile/lower/ports.ts";
import { type Item, map, plain } from "./draft.ts";
import { type Conversion, fill, type Launch, type StageState } from "./stage-state.ts";
import { fits, plainWords, unsaid } from "./texts.ts";

/** What says something of containers alone. */
export const ofContainers: readonly InstructionName[] = [
  "cmd",
  "entrypoint",
  "expose",
  "healthcheck",
  "label",
  "maintainer",
  "stopsignal",
  "volume",
];

/** False where the instruction says nothing of containers alone. */
export function noteLaunch(conversion: Conversion, state: StageState, instruction: Instruction): boolean {
  const { launch } = state;
  switch (instruction.name) {
    case "entrypoint":
      launch.entrypoint = programOf(launch, instruction);
      if (!launch.commandGiven) launch.command = undefined;
      return true;
    case "cmd":
      launch.command = programOf(launch, instruction);
      launch.commandGiven = true;
      return true;
    case "expose":
      notePorts(conversion, state, instruction);
      return true;
    case "volume":
      for (const path of filledWords(conversion, state, instruction)) {
        if (!fits("absolute path", path))
          launch.comments.push(unsaid(instruction, "a volume is an absolute path"));
        else if (!launch.volumes.includes(path)) launch.volumes.push(path);
      }
      return true;
    case "label":
    case "maintainer":
      noteLabels(conversion, state, instruction);
      return true;
    case "stopsignal":
      noteSignal(conversion, state, instruction);
      return true;
    case "healthcheck":
      noteHealth(launch, instruction);
      return true;
    default:
      return false;
  }
}

function programOf(launch: Launch, instruction: Instruction): readonly string[] | undefined {
  const { arguments: given, keyword } = instruction;
  if (given.kind === "json")
    return given.values.length === 0 ? undefined : given.values.map(({ text }) => text);
  if (given.kind !== "text" || given.value.text === "") return undefined;
  const words = plainWords(given.value.text);
  launch.comments.push(
    words === undefined
      ? unsaid(
          instruction,
          "it needs a shell, and there is none: write the program and its arguments as a list",
        )
      : `${keyword} was in shell form: its words are a list here, and no shell starts the program`,
  );
  return words;
}

function filledWords(conversion: Conversion, state: StageState, instruction: Instruction): readonly string[] {
  const given = instruction.arguments;
  const words =
    given.kind === "json" || given.kind === "words"
      ? given.values
      : given.kind === "text"
        ? [given.value]
        : [];
  return words.map(({ text }) => fill(conversion, state.variables, text).value);
}

const portsMax = 100;

function notePorts(conversion: Conversion, state: StageState, instruction: Instruction): void {
  const { launch } = state;
  for (const text of filledWords(conversion, state, instruction).flatMap((word) => word.split(/\s+/))) {
    try {
      for (const port of portsOf(text, instruction.span).slice(0, portsMax)) {
        const short = port.replace(/\/tcp$/, "");
        if (fits("port", short) && !launch.ports.includes(short)) launch.ports.push(short);
      }
    } catch (thrown) {
      if (!(thrown instanceof Mistake)) throw thrown;
      launch.comments.push(unsaid(instruction, thrown.message));
    }
  }
}

function noteLabels(conversion: Conversion, state: StageState, instruction: Instruction): void {
  const { comments, labels } = state.launch;
  const given = instruction.arguments;
  if (given.kind === "text") labels.set("org.opencontainers.image.authors", given.value.text);
  for (const { name, value } of given.kind === "pairs" ? given.pairs : []) {
    const label = fill(conversion, state.variables, name.text).value;
    const text = fill(conversion, state.variables, value?.text ?? "").value;
    if (fits("label name", label) && fits("any", text)) labels.set(label, text);
    else comments.push(unsaid(instruction, "its name is none that a label of a spec has"));
  }
}

/** Names that a spec does not have, although the kernel does. */
const oddSignals: readonly string[] = ["SIGIOT", "SIGPOLL", "SIGSTKFLT", "SIGUNUSED"];

function noteSignal(conversion: Conversion, state: StageState, instruction: Instruction): void {
  const [text = ""] = filledWords(conversion, state, instruction);
  const named = Object.entries(constants.signals).filter(([name]) => !oddSignals.includes(name));
  const wanted = `SIG${text.toUpperCase().replace(/^SIG/, "")}`;
  const found = named.find(([name, number]) => name === wanted || String(number) === text);
  if (found !== undefined) [state.launch.stopSignal] = found;
  else state.launch.comments.push(unsaid(instruction, "it is no signal that a spec knows"));
}

function noteHealth(launch: Launch, instruction: Instruction): void {
  launch.healthcheck = undefined;
  const given = instruction.arguments;
  if (given.kind !== "health" || given.test.text.toUpperCase() === "NONE") return;
  const { command } = given;
  const words =
    command.kind === "json" ? command.values.map(({ text }) => text) : plainWords(command.value.text);
  if (words === undefined || words.length === 0) {
    launch.comments.push(unsaid(instruction, "its command needs a shell, and there is none"));
    return;
  }
  const fields: Record<string, Item> = { command: plain(words) };
  const comments: string[] = [];
  for (const { name, value = "" } of instruction.flags) {
    const duration = name === "retries" ? undefined : durationText(value);
    if (name === "retries" && /^[1-9]\d{0,2}$/.test(value)) fields[name] = plain(Number(value));
    else if (duration !== undefined && name !== "start-interval") fields[name] = plain(duration);
    else if (value !== "" && !/^0/.test(value)) comments.push(`--${name}=${value}: a spec has no equivalent`);
  }
  launch.healthcheck = map(fields, ...comments);
}

/** Whole milliseconds at least. */
function durationText(text: string): string | undefined {
  const nanoseconds = durationNanoseconds(text);
  if (nanoseconds === undefined || nanoseconds < 1_000_000) return undefined;
  const milliseconds = Math.round(nanoseconds / 1_000_000);
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}
