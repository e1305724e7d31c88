// What a stage has at an instruction: variables, folder, user, shell; and its steps so far.
import { InvalidInput } from "../../base/diagnostics.ts";
import type { Dockerfile, Instruction } from "../dockerfile/ast.ts";
import { type MatchBudget, matchBudget } from "../dockerfile/expand/pattern.ts";
import { type ExpandOptions, expandWord, isProblem } from "../dockerfile/expand/word.ts";
import type { Stage } from "../dockerfile/lower/stages.ts";
import type { Copied } from "./copies.ts";
import { type Item, plain } from "./draft.ts";

/** The files of the context, as far as the conversion has to look. */
export interface ContextFiles {
  /** Undefined where there is nothing. `path` is relative, without "..". */
  kind(path: string): Promise<"file" | "folder" | undefined>;
  /** What a folder holds, sorted, without what the .dockerignore leaves out. */
  names(folder: string): Promise<readonly string[]>;
}

export interface Conversion {
  readonly ast: Dockerfile;
  readonly files: ContextFiles;
  /** ARGs before the first FROM, and the predefined ones. */
  readonly globals: ReadonlyMap<string, string>;
  readonly budget: MatchBudget;
  readonly room: Room;
  /** The stage that an instruction means by a name or number; made for images that are only copied from. */
  readonly stageOf: (from: string) => string | undefined;
}

export interface StageState {
  readonly stage: Stage;
  /** In the spec. */
  readonly name: string;
  readonly base: StageState | undefined;
  /** Of the stage at the bottom: an image's name, or "scratch". */
  readonly image: string;
  /** Above the stage in the spec; those of the second kind are told of stages that go on from it as well. */
  readonly comments: string[];
  readonly lastingComments: string[];
  readonly actions: Action[];
  readonly launch: Launch;
  /** Of the image's config: what ENV set. */
  readonly env: Map<string, string>;
  /** ENV and ARG. */
  readonly variables: Map<string, string>;
  workingDir: string;
  /** False where the base image's own counts, which is taken for "/". */
  workingDirKnown: boolean;
  user: string;
  /** About how much of a spec it takes. */
  size: number;
  shell: readonly string[] | undefined;
}

/** What containers are told: the fields of `run` that are no files. */
export interface Launch {
  entrypoint: readonly string[] | undefined;
  command: readonly string[] | undefined;
  /** CMD stands in this stage, not in one that it begins with. */
  commandGiven: boolean;
  healthcheck: Item | undefined;
  stopSignal: string | undefined;
  readonly ports: string[];
  readonly volumes: string[];
  readonly labels: Map<string, string>;
  /** What has no equivalent. */
  readonly comments: string[];
}

/** What the spec may still grow by: stages repeat the steps of those that they go on from, and steps their variables. */
export interface Room {
  left: number;
}

/** @throws InvalidInput "spec-too-large" */
export function takeRoom(room: Room, count: number): void {
  room.left -= count;
  if (room.left >= 0) return;
  throw new InvalidInput([
    {
      severity: "error",
      rule: "spec-too-large",
      message: "written out, its stages are more than a spec can hold (yamlNodesMax)",
    },
  ]);
}

/** What an instruction does to files. */
export type Action =
  | { readonly kind: "copy"; readonly copied: Copied }
  | { readonly kind: "run"; readonly item: Item; readonly instruction: Instruction }
  | { readonly kind: "remark"; readonly comments: readonly string[] };

/** Where nobody said what an image's PATH is (moby/buildkit, util/system, DefaultPathEnv). */
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function newState(
  stage: Stage,
  name: string,
  base: StageState | undefined,
  image: string,
): StageState {
  return {
    stage,
    name,
    base,
    image,
    comments: [],
    lastingComments: [...(base?.lastingComments ?? [])],
    actions: [...(base?.actions ?? [])],
    launch: launchOf(base?.launch),
    env: new Map(base?.env),
    variables: new Map(base?.variables ?? [["PATH", defaultPath]]),
    workingDir: base?.workingDir ?? "/",
    workingDirKnown: base?.workingDirKnown ?? image === "scratch",
    user: base?.user ?? "",
    size: base?.size ?? 0,
    shell: base?.shell,
  };
}

function launchOf(base: Launch | undefined): Launch {
  return {
    entrypoint: base?.entrypoint,
    command: base?.command,
    commandGiven: false,
    healthcheck: base?.healthcheck,
    stopSignal: base?.stopSignal,
    ports: [...(base?.ports ?? [])],
    volumes: [...(base?.volumes ?? [])],
    labels: new Map(base?.labels),
    comments: [...(base?.comments ?? [])],
  };
}

/** The text with its variables filled in, and the names of those that have no value; the text itself where it can't be. */
export function fill(
  { ast, budget }: Pick<Conversion, "ast" | "budget">,
  variables: ReadonlyMap<string, string>,
  text: string,
  settings: Partial<ExpandOptions> = {},
): { readonly value: string; readonly unset: readonly string[] } {
  const options = { variables, escape: ast.directives.escape, budget, ...settings };
  const expanded = expandWord(text, options);
  return isProblem(expanded) ? { value: text, unset: [] } : expanded;
}

export function newBudget(): MatchBudget {
  return matchBudget();
}

/** A comment for variables whose value only the base image, or whoever builds, knows. */
export function unknownValues(unset: readonly string[]): readonly string[] {
  if (unset.length === 0) return [];
  const names = [...new Set(unset)].join(", ");
  return [`${names}: no value is known here, so that it is left empty`];
}

/** A comment for what is relative to a folder that only the base image knows. */
export function unknownFolder({ image, workingDirKnown }: StageState): readonly string[] {
  return workingDirKnown ? [] : [`the working folder of ${image} is not known here: it is taken for /`];
}

/** What a RUN of the stage has beside its command: only what the file set. */
export function stepSettings(state: StageState): Readonly<Record<string, Item | undefined>> {
  const env = [...state.variables].filter(([name, value]) => name !== "PATH" || value !== defaultPath);
  return {
    ...(state.workingDir === "/" ? {} : { "working-dir": plain(state.workingDir) }),
    ...(env.length === 0 ? {} : { env: plain(Object.fromEntries(env)) }),
    ...(state.user === "" ? {} : { user: plain(state.user) }),
  };
}

/** The comments above an instruction that are for people. */
export function ownComments({ comments }: Instruction): readonly string[] {
  return comments.filter((comment) => !/^(?:check|syntax|escape)\s*=/i.test(comment));
}
