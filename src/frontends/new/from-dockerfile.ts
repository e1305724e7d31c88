// A Dockerfile as a distill.yaml that builds the same: stages become `build`, the last one becomes `run`. What has no equivalent
// is a comment in its place, with the reason; nothing goes without a word.

import type { Json } from "../../base/canonical-json.ts";
import { limits } from "../../base/limits.ts";
import type { Dockerfile, Instruction } from "../dockerfile/ast.ts";
import { absolutePath, joined } from "../dockerfile/lower/paths.ts";
import { type Stage, stagesOf } from "../dockerfile/lower/stages.ts";
import { predefinedArguments } from "../dockerfile/lower/variables.ts";
import { type CopiedFile, copiesOf, copyItem } from "./copies.ts";
import { countComments, type Item, list, map, plain, printDraft, remark } from "./draft.ts";
import { noteLaunch, ofContainers } from "./launch.ts";
import { runPhase } from "./run-phase.ts";
import { runItem } from "./runs.ts";
import {
  type Action,
  type ContextFiles,
  type Conversion,
  fill,
  newBudget,
  newState,
  ownComments,
  type StageState,
  takeRoom,
  unknownFolder,
  unknownValues,
} from "./stage-state.ts";
import { fits, stageName, unsaid } from "./texts.ts";

export interface NewSpec {
  readonly text: string;
  /** Places with a comment. */
  readonly comments: number;
}

export interface FromDockerfileOptions {
  /** What the image is called. */
  readonly name: string;
  readonly files: ContextFiles;
  /** "linux/amd64": of the machine. */
  readonly platform: string;
}

/** `ast` has no mistakes (checkDockerfile). */
export async function specFromDockerfile(ast: Dockerfile, options: FromDockerfileOptions): Promise<NewSpec> {
  const { globals: globalInstructions, stages } = stagesOf(ast);
  const head = [`Made of ${ast.file} by distill new. Comments tell what it says otherwise, or can't say.`];
  const book = stageBook(stages);
  const conversion = {
    ast,
    files: options.files,
    budget: newBudget(),
    room: { left: limits.yamlNodesMax },
    globals: globalsOf(ast, globalInstructions, options.platform, head),
    stageOf: book.stageOf,
  };
  const states: StageState[] = [];
  for (const stage of stages) states.push(await convertStage(conversion, stage, states, book));
  const last = states.at(-1);
  if (last === undefined) return { text: "", comments: 0 };
  const asStage = last.image !== "scratch" && last.actions.some(({ kind }) => kind === "run");
  const { from, run } = runPhase(last, asStage);
  const needed = neededStages(asStage ? [...from, last.name] : from, states);
  const build: Record<string, Item> = {};
  for (const [image, name] of book.images) {
    if (needed.has(name)) build[name] = map({ image: imageItem(image, image) });
  }
  const unneeded: string[] = [];
  for (const state of states) {
    if (needed.has(state.name)) build[state.name] = stageItem(state, state === last);
    else if (state !== last && !isBase(state, states, needed))
      unneeded.push(`${state.stage.from.original}: nothing that ships needs this stage`);
  }
  const root = map({
    apiVersion: plain("distill/v1"),
    name: plain(options.name),
    ...(Object.keys(build).length === 0 ? {} : { build: map(build) }),
    run: { ...run, comments: [...unneeded, ...run.comments] },
  });
  return { text: printDraft(root, head), comments: countComments(root) };
}

interface StageBook {
  /** Names in the spec, by the Dockerfile's, or its numbers. */
  readonly nameOf: (stage: Stage) => string;
  readonly stageOf: (from: string) => string | undefined;
  /** Images that are copied from, and the stages that are made for them. */
  readonly images: ReadonlyMap<string, string>;
}

function stageBook(stages: readonly Stage[]): StageBook {
  const taken = new Set<string>();
  const take = (text: string): string => {
    const name = stageName(text, taken);
    taken.add(name);
    return name;
  };
  const names = new Map(stages.map((stage) => [stage, take(stage.name ?? `stage-${stage.index}`)]));
  const images = new Map<string, string>();
  const stageOf = (from: string): string | undefined => {
    const stage =
      stages.findLast(({ name }) => name === from.toLowerCase()) ??
      (/^\d+$/.test(from) ? stages[Number(from)] : undefined);
    if (stage !== undefined) return stage.base.text === "scratch" ? undefined : names.get(stage);
    if (!fits("image", from)) return undefined;
    const name = images.get(from) ?? take((from.split("/").at(-1) ?? from).replace(/[:@].*/, ""));
    images.set(from, name);
    return name;
  };
  return { nameOf: (stage) => names.get(stage) ?? "", stageOf, images };
}

function globalsOf(
  ast: Dockerfile,
  instructions: readonly Instruction[],
  platform: string,
  head: string[],
): ReadonlyMap<string, string> {
  const globals = predefinedArguments(new Map(), platform, platform, "default");
  const budget = newBudget();
  for (const instruction of instructions) {
    head.push(...ownComments(instruction));
    for (const { name, value } of instruction.arguments.kind === "pairs" ? instruction.arguments.pairs : []) {
      if (value !== undefined) globals.set(name.text, fill({ ast, budget }, globals, value.text).value);
    }
    head.push(unsaid(instruction, "a spec has no arguments; the default is written out"));
  }
  return globals;
}

async function convertStage(
  conversion: Conversion,
  stage: Stage,
  earlier: readonly StageState[],
  book: StageBook,
): Promise<StageState> {
  const { unset, value } = fill(conversion, conversion.globals, stage.base.text);
  const base = earlier.findLast((one) => one.stage.name !== undefined && one.stage.name === value);
  takeRoom(conversion.room, base?.size ?? 0);
  const state = newState(stage, book.nameOf(stage), base, base?.image ?? value);
  state.comments.push(...ownComments(stage.from));
  state.lastingComments.push(...unknownValues(unset));
  if (stage.platform !== undefined) {
    state.lastingComments.push(unsaid(stage.from, "stages are of the platform that is built for"));
  }
  if (base !== undefined) {
    state.comments.push(
      unsaid(stage.from, "a stage begins with packages or an image; the steps of the other are here too"),
    );
  }
  for (const instruction of [...triggersOf(base), ...stage.instructions]) {
    const actions = await convertInstruction(conversion, state, instruction);
    grow(conversion, state, actions.length * 5 + 1);
    const comments = ownComments(instruction);
    if (comments.length > 0) state.actions.push({ kind: "remark", comments });
    state.actions.push(...actions);
  }
  return state;
}

function grow({ room }: Conversion, state: StageState, count: number): void {
  takeRoom(room, count);
  state.size += count;
}

/** What the stage that another goes on from has for it. */
function triggersOf(base: StageState | undefined): readonly Instruction[] {
  return (base?.stage.instructions ?? []).flatMap(({ arguments: given }) =>
    given.kind === "instruction" ? [given.instruction] : [],
  );
}

async function convertInstruction(
  conversion: Conversion,
  state: StageState,
  instruction: Instruction,
): Promise<readonly Action[]> {
  if (noteLaunch(conversion, state, instruction)) return [];
  const text = instruction.arguments.kind === "text" ? instruction.arguments.value.text : "";
  switch (instruction.name) {
    case "run":
      grow(conversion, state, 2 * state.variables.size);
      return [{ kind: "run", item: runItem(conversion, state, instruction), instruction }];
    case "copy":
    case "add":
      return (await copiesOf(conversion, state, instruction)).map((copied) => ({ kind: "copy", copied }));
    case "env":
    case "arg":
      return remarks(setVariables(conversion, state, instruction));
    case "workdir": {
      const { unset, value } = fill(conversion, state.variables, text);
      const folder = joined(absolutePath(state.workingDir, value));
      if (value.startsWith("/")) state.workingDirKnown = true;
      if (folder !== "/" && !fits("absolute path", folder)) {
        return remarks([unsaid(instruction, "its path is none that a spec takes")]);
      }
      state.workingDir = folder;
      return remarks([...unknownValues(unset), ...unknownFolder(state)]);
    }
    case "user": {
      const { unset, value } = fill(conversion, state.variables, text);
      const isNone = value === "" || !fits("user", value);
      if (isNone) return remarks([unsaid(instruction, "it is no user that a spec takes")]);
      state.user = value;
      return remarks(unknownValues(unset));
    }
    case "shell": {
      const given = instruction.arguments;
      state.shell = given.kind === "json" ? given.values.map((word) => word.text) : undefined;
      return [];
    }
    default:
      return [];
  }
}

function remarks(comments: readonly string[]): readonly Action[] {
  return comments.length === 0 ? [] : [{ kind: "remark", comments }];
}

/** Comments for what has no value, or no name that a spec takes. */
function setVariables(
  conversion: Conversion,
  state: StageState,
  instruction: Instruction,
): readonly string[] {
  const comments: string[] = [];
  const { arguments: given, name: kind } = instruction;
  // The values of one ENV don't see each other.
  const before = kind === "env" ? new Map(state.variables) : state.variables;
  for (const { name, value } of given.kind === "pairs" ? given.pairs : []) {
    const variable = kind === "env" ? fill(conversion, before, name.text).value : name.text;
    const filled = value === undefined ? undefined : fill(conversion, before, value.text);
    const text = filled?.value ?? (kind === "arg" ? conversion.globals.get(variable) : "");
    comments.push(...unknownValues(filled?.unset ?? []));
    if (!fits("variable name", variable) || (text !== undefined && !fits("any", text))) {
      comments.push(unsaid(instruction, "its name or value is none that a spec takes"));
    } else if (text === undefined) {
      comments.push(unsaid(instruction, "a spec has no arguments, and this one has no default"));
    } else {
      state.variables.set(variable, text);
      if (kind === "arg")
        comments.push(unsaid(instruction, "a spec has no arguments; the default is written out"));
      if (kind === "env") state.env.set(variable, text);
      if (variable === "PATH" && state.image !== "scratch") {
        comments.push(unsaid(instruction, `the PATH of ${state.image} is not known here: ${text}`));
      }
    }
  }
  return [...new Set(comments)];
}

/** Whether a stage that is written down, or the last one, goes on from it. */
function isBase(state: StageState, states: readonly StageState[], needed: ReadonlySet<string>): boolean {
  return states.some((one, index) => {
    if (index < states.length - 1 && !needed.has(one.name)) return false;
    for (let base = one.base; base !== undefined; base = base.base) if (base === state) return true;
    return false;
  });
}

/** Those that `from` names, and those that they copy from. */
function neededStages(from: readonly string[], states: readonly StageState[]): ReadonlySet<string> {
  const needed = new Set(from);
  for (const name of needed) {
    const actions = states.find((state) => state.name === name)?.actions ?? [];
    for (const action of actions) {
      if (action.kind === "copy" && action.copied.copy !== undefined) needed.add(action.copied.copy.from);
    }
  }
  needed.delete("context");
  return needed;
}

function stageItem(state: StageState, ships: boolean): Item {
  const { actions, comments, image, lastingComments, stage } = state;
  const silent = ships
    ? []
    : stage.instructions
        .filter(({ name }) => ofContainers.includes(name))
        .map((instruction) => unsaid(instruction, "it is about containers, and the stage does not ship"));
  return map(
    { image: imageItem(image, stage.base.text), steps: list(actions.map(stepItem)) },
    ...comments,
    ...lastingComments,
    ...silent,
  );
}

function imageItem(image: string, written: string): Item {
  return fits("image", image) && image !== "scratch"
    ? plain(image)
    : plain("scratch", `${written} is no image that a stage can begin with: name one`);
}

function stepItem(action: Action): Item {
  if (action.kind === "remark") return remark(...action.comments);
  if (action.kind === "run") return action.item;
  const { copied } = action;
  if (copied.file !== undefined) return fileItem(copied.file, copied.comments);
  if (copied.copy === undefined) return copyItem(copied);
  return plain({ copy: { ...copied.copy } satisfies Json }, ...copied.comments);
}

/** A step has no files of its own: its shell writes them. */
function fileItem({ mode, owner, path, text }: CopiedFile, comments: readonly string[]): Item {
  const folder = path.slice(0, path.lastIndexOf("/"));
  const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
  const lines = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  let mark = "END";
  while (lines.split("\n").includes(mark)) mark += "_";
  const make = folder === "" ? "" : `mkdir -p ${quoted(folder)} && `;
  const change = (program: string, value: string | undefined): string =>
    value === undefined ? "" : `${program} ${value} ${quoted(path)}\n`;
  const command = `${make}cat > ${quoted(path)} <<'${mark}'\n${lines}${mark}\n${change("chown", owner)}${change("chmod", mode)}`;
  return map({ run: plain(command), user: plain("0") }, ...comments);
}
