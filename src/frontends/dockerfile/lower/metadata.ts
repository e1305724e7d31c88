// Instructions that change the image's config and no file of it (docs.docker.com/reference/dockerfile; the texts of the history
// are those of moby/buildkit, dockerfile2llb/convert.go).
import { nearestName } from "../../../base/nearest.ts";
import type { RunConfig } from "../../../oci/model.ts";
import type { Arguments, CommandArguments, Instruction, Word } from "../ast.ts";
import { durationNanoseconds, formatDuration } from "../duration.ts";
import { expandWords, isProblem } from "../expand/word.ts";
import { goList, goQuoteList } from "../quote.ts";
import { addHistory } from "./history.ts";
import { Mistake } from "./mistake.ts";
import { portsOf } from "./ports.ts";
import {
  type Command,
  configure,
  expandIn,
  flagValue,
  type Scope,
  type StageState,
  spanAt,
  withVariables,
} from "./scope.ts";
import { shellCommand } from "./shell.ts";
import { isSignal, signalNames } from "./signals.ts";

type Lower = (scope: Scope, state: StageState, command: Command) => void;

export const lowerEnv: Lower = (scope, state, { instruction }) => {
  const pairs = expandedPairs(scope, state, instruction);
  state.env = withVariables(state.env, pairs);
  // In a config a variable keeps the place that it has.
  const lines = new Map((state.image.config.Env ?? []).map((line) => [line.split("=", 1)[0] ?? "", line]));
  for (const [name, value] of pairs) lines.set(name, `${name}=${value}`);
  configure(state, { Env: [...lines.values()] });
  addHistory(scope, state, ["ENV", ...pairs.map((pair) => pair.join("="))].join(" "), false);
};

export const lowerLabel: Lower = (scope, state, { instruction }) => {
  const pairs = expandedPairs(scope, state, instruction);
  configure(state, { Labels: { ...state.image.config.Labels, ...Object.fromEntries(pairs) } });
  addHistory(scope, state, ["LABEL", ...pairs.map((pair) => pair.join("="))].join(" "), false);
};

function expandedPairs(
  scope: Scope,
  state: StageState,
  { arguments: given }: Instruction,
): readonly (readonly [string, string])[] {
  const pairs = given.kind === "pairs" ? given.pairs : [];
  return pairs.map(({ name, value }) => [
    expandIn(scope, state.env, name),
    value === undefined ? "" : expandIn(scope, state.env, value),
  ]);
}

export const lowerCmd: Lower = (scope, state, { instruction }) => {
  const argv = commandOf(state.image.config, instruction.arguments);
  state.commandGiven = true;
  configure(state, { Cmd: argv, ArgsEscaped: true });
  addHistory(scope, state, `CMD ${goQuoteList(argv)}`, false);
};

/** A command of the base image belongs to its entrypoint, and goes with it. */
export const lowerEntrypoint: Lower = (scope, state, { instruction }) => {
  const argv = commandOf(state.image.config, instruction.arguments);
  if (!state.commandGiven) {
    const { Cmd: _command, ...rest } = state.image.config;
    state.image = { ...state.image, config: rest };
  }
  configure(state, { Entrypoint: argv });
  addHistory(scope, state, `ENTRYPOINT ${goQuoteList(argv)}`, false);
};

function commandOf(config: RunConfig, given: Arguments): readonly string[] {
  if (given.kind === "json") return given.values.map((word) => word.text);
  return shellCommand(config, given.kind === "text" && given.value.text !== "" ? [given.value.text] : []);
}

export const lowerShell: Lower = (scope, state, { instruction }) => {
  const shell = words(instruction.arguments).map((word) => word.text);
  configure(state, { Shell: shell });
  addHistory(scope, state, `SHELL ${goList(shell)}`, false);
};

export const lowerUser: Lower = (scope, state, { instruction }) => {
  const user = expandedText(scope, state, instruction);
  configure(state, { User: user });
  addHistory(scope, state, `USER ${user}`, false);
};

export const lowerVolume: Lower = (scope, state, { instruction }) => {
  const paths = words(instruction.arguments).map((word) => {
    const path = expandIn(scope, state.env, { ...word, text: word.text.trim() });
    if (path === "")
      throw new Mistake("wrong-expansion", word.span, "the volume has no path once its variables are in");
    return path;
  });
  const volumes = Object.fromEntries(paths.map((path) => [path, {}]));
  configure(state, { Volumes: { ...state.image.config.Volumes, ...volumes } });
  addHistory(scope, state, `VOLUME ${goList(paths)}`, false);
};

export const lowerExpose: Lower = (scope, state, { instruction }) => {
  const given = words(instruction.arguments).toSorted((a, b) =>
    a.text < b.text ? -1 : a.text > b.text ? 1 : 0,
  );
  const ports = given.flatMap((word) => {
    const options = { variables: state.env, escape: scope.escape, budget: scope.budget };
    const expanded = expandWords(word.text, options);
    if (isProblem(expanded)) {
      throw new Mistake("wrong-expansion", spanAt(word, expanded.at), `"${word.text}": ${expanded.problem}`);
    }
    return expanded.words.flatMap(({ text }) => portsOf(text, word.span));
  });
  const exposed = Object.fromEntries(ports.map((port) => [port, {}]));
  configure(state, { ExposedPorts: { ...state.image.config.ExposedPorts, ...exposed } });
  addHistory(scope, state, `EXPOSE ${goList(ports)}`, false);
};

export const lowerStopSignal: Lower = (scope, state, { instruction }) => {
  const signal = expandedText(scope, state, instruction);
  if (!isSignal(signal)) {
    const near = nearestName(signal, signalNames);
    throw new Mistake(
      "wrong-signal",
      instruction.span,
      `${signal} is no signal of Linux`,
      near === undefined ? "it is a name like SIGTERM, or a number" : `did you mean ${near}?`,
    );
  }
  configure(state, { StopSignal: signal });
  addHistory(scope, state, `STOPSIGNAL ${signal}`, false);
};

export const lowerMaintainer: Lower = (scope, state, { instruction }) => {
  const author = instruction.arguments.kind === "text" ? instruction.arguments.value.text : "";
  state.image = { ...state.image, document: { ...state.image.document, author } };
  addHistory(scope, state, `MAINTAINER ${author}`, false);
};

/** Is recorded for images that are built on this one; leaves no history. */
export const lowerOnBuild: Lower = (_scope, state, { instruction }) => {
  if (instruction.arguments.kind !== "instruction") return;
  const { original } = instruction.arguments.instruction;
  const documents = instruction.heredocs.map(({ content, name }) => `\n${content}${name}`);
  configure(state, { OnBuild: [...(state.image.config.OnBuild ?? []), `${original}${documents.join("")}`] });
};

export const lowerHealthcheck: Lower = (scope, state, { instruction }) => {
  const given = instruction.arguments;
  if (given.kind !== "health") return;
  const isNone = given.test.text.toUpperCase() === "NONE";
  const time = (name: string): number =>
    isNone ? 0 : (durationNanoseconds(flagValue(scope, state, instruction, name)?.value ?? "") ?? 0);
  const test = isNone ? ["NONE"] : healthTest(given.command);
  const retries = isNone ? 0 : Number(flagValue(scope, state, instruction, "retries")?.value ?? 0);
  const [interval, timeout, period, first] = [
    time("interval"),
    time("timeout"),
    time("start-period"),
    time("start-interval"),
  ];
  configure(state, {
    Healthcheck: {
      Test: test,
      ...(interval === 0 ? {} : { Interval: interval }),
      ...(timeout === 0 ? {} : { Timeout: timeout }),
      ...(period === 0 ? {} : { StartPeriod: period }),
      ...(first === 0 ? {} : { StartInterval: first }),
      ...(retries === 0 ? {} : { Retries: retries }),
    },
  });
  const shown = [
    `Test:${goList(test)}`,
    `Interval:${formatDuration(interval)}`,
    `Timeout:${formatDuration(timeout)}`,
    `StartPeriod:${formatDuration(period)}`,
    `StartInterval:${formatDuration(first)}`,
    `Retries:${retries}`,
  ];
  addHistory(scope, state, `HEALTHCHECK {${shown.join(" ")}}`, false);
};

function healthTest(command: CommandArguments): readonly string[] {
  return command.kind === "json"
    ? ["CMD", ...command.values.map((word) => word.text)]
    : ["CMD-SHELL", command.value.text];
}

function words(given: Arguments): readonly Word[] {
  return given.kind === "json" || given.kind === "words" ? given.values : [];
}

function expandedText(scope: Scope, state: StageState, { arguments: given }: Instruction): string {
  return given.kind === "text" ? expandIn(scope, state.env, given.value) : "";
}
