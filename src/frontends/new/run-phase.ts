// The final stage as `run`: what it copies, what it starts with, who it runs as. Nothing of a base image comes along, so where
// there is one, packages take its place.
import type { Json } from "../../base/canonical-json.ts";
import { aptPackages, packagesFor, programFor } from "./base-packages.ts";
import { type Copied, copyItem } from "./copies.ts";
import { type Item, list, map, plain, remark } from "./draft.ts";
import type { StageState } from "./stage-state.ts";
import { fits, unsaid } from "./texts.ts";

export interface RunPhase {
  readonly run: Item;
  /** Stages that it copies from. */
  readonly from: readonly string[];
}

/** `asStage`: the final stage runs commands, so that it is a stage too, which `run` copies from. */
export function runPhase(state: StageState, asStage: boolean): RunPhase {
  const copies = uniqueTargets(asStage ? copiesOfStage(state) : copiesOfImage(state));
  const { files, hidden } = asStage ? { files: [], hidden: [] } : filesOf(state, copies);
  const comments = [
    ...baseComments(state, asStage),
    ...state.launch.comments,
    ...triggerComments(state),
    ...hidden,
  ];
  const { entrypoint, command, note } = startOf(state);
  const owners = copies.flatMap(({ copy }) => copy?.owner ?? []);
  const { launch } = state;
  const labels = Object.fromEntries(launch.labels);
  const run = map(
    {
      ...packagesOf(state, copies.some(({ copy }) => copy !== undefined) || files.length > 0),
      ...(copies.length === 0 ? {} : { copy: list(copies.map(copyItem)) }),
      ...(files.length === 0 ? {} : { files: map(Object.fromEntries(files)) }),
      ...usersOf([state.user, ...owners]),
      ...userOf(state),
      ...(state.workingDir === "/" ? {} : { "working-dir": plain(state.workingDir) }),
      entrypoint: plain(entrypoint, ...note),
      ...(command === undefined ? {} : { command: plain(command) }),
      ...optional("env", Object.fromEntries(state.env)),
      ...(launch.ports.length === 0 ? {} : { ports: plain(launch.ports.map(portValue)) }),
      ...(launch.volumes.length === 0 ? {} : { volumes: plain(launch.volumes) }),
      ...(launch.stopSignal === undefined ? {} : { "stop-signal": plain(launch.stopSignal) }),
      ...(launch.healthcheck === undefined ? {} : { healthcheck: launch.healthcheck }),
      ...optional("labels", labels),
    },
    ...(asStage ? [] : [...state.comments, ...state.lastingComments]),
    ...comments,
  );
  return { run, from: copies.flatMap(({ copy }) => copy?.from ?? []) };
}

function optional(name: string, values: Readonly<Record<string, Json>>): Readonly<Record<string, Item>> {
  return Object.keys(values).length === 0 ? {} : { [name]: plain(values) };
}

function portValue(port: string): Json {
  return /^\d+$/.test(port) ? Number(port) : port;
}

function baseComments({ image, stage }: StageState, asStage: boolean): readonly string[] {
  if (image === "scratch") return [];
  const what = `the last stage begins with ${image}, of which nothing ships here`;
  const then = asStage
    ? "what its commands make is copied from the stage; add what they make elsewhere"
    : "name the packages that the program needs";
  return [`${stage.from.original}: ${what}; ${then}`];
}

function triggerComments({ stage }: StageState): readonly string[] {
  const triggers = stage.instructions.filter(({ name }) => name === "onbuild");
  return triggers.map((instruction) => unsaid(instruction, "a spec is no base of others"));
}

/** COPY and ADD as they stand, and a comment for each RUN. */
function copiesOfImage({ actions }: StageState): readonly Copied[] {
  return actions.flatMap((action): Copied[] => {
    if (action.kind === "copy") return action.copied.file === undefined ? [action.copied] : [];
    if (action.kind === "remark") return [{ comments: action.comments }];
    return [
      { comments: [unsaid(action.instruction, "nothing is run in what ships; run it in a stage of build")] },
    ];
  });
}

/** What the stage copied, and its working folder, from the stage. */
function copiesOfStage({ actions, name, workingDir }: StageState): readonly Copied[] {
  const paths = actions.flatMap((action) =>
    action.kind === "copy" ? [action.copied.copy?.target ?? action.copied.file?.path ?? "/"] : [],
  );
  const all = [...new Set([...(workingDir === "/" ? [] : [workingDir]), ...paths])].filter(
    (path) => path !== "/",
  );
  const outermost = all.filter((path) => !all.some((other) => path.startsWith(`${other}/`)));
  return outermost.map((path) => ({ comments: [], copy: { from: name, source: path, target: path } }));
}

/** The last one makes a path; one that is made again leaves a comment. */
function uniqueTargets(copies: readonly Copied[]): readonly Copied[] {
  const last = new Map(copies.map(({ copy }, index) => [copy?.target, index]));
  return copies.map((one, index) =>
    one.copy === undefined || last.get(one.copy.target) === index
      ? one
      : {
          comments: [
            ...one.comments,
            `${one.copy.source} went to ${one.copy.target}, which is copied again below`,
          ],
        },
  );
}

/** Here-documents by their paths; `hidden` tells those whose path something else takes. */
function filesOf(
  { actions }: StageState,
  copies: readonly Copied[],
): { readonly files: readonly (readonly [string, Item])[]; readonly hidden: readonly string[] } {
  const given = actions.flatMap((action) => {
    const { comments = [], file } = action.kind === "copy" ? action.copied : {};
    return file === undefined ? [] : [{ comments, file }];
  });
  const taken = [...copies.flatMap(({ copy }) => copy?.target ?? []), ...given.map(({ file }) => file.path)];
  const files = new Map<string, Item>();
  const hidden: string[] = [];
  for (const { comments, file } of given) {
    const { path, ...rest } = file;
    const isTaken =
      copies.some(({ copy }) => copy?.target === path) || taken.some((one) => one.startsWith(`${path}/`));
    if (isTaken) hidden.push(`a here-document goes to ${path}, which something else takes as well`);
    const fields = Object.entries(rest).map(([name, value]) => [name, plain(value)] as const);
    if (!isTaken) files.set(path, map(Object.fromEntries(fields), ...comments));
  }
  return { files: [...files], hidden };
}

/** In place of the base image; at least one where nothing else brings a file. */
function packagesOf(state: StageState, hasFiles: boolean): Readonly<Record<string, Item>> {
  const installed = state.actions.flatMap((action) =>
    action.kind === "run" ? aptPackages(action.instruction.original) : [],
  );
  const packages = [...new Set([...packagesFor(state.image), ...installed])];
  if (packages.length > 0) {
    return { packages: plain(packages, "look at these: they take the base image's place") };
  }
  if (hasFiles) return {};
  return {
    packages: plain(["base-files"], "name the packages that the program needs: nothing else is known"),
  };
}

function startOf({ image, launch }: StageState): {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[] | undefined;
  readonly note: readonly string[];
} {
  const { command } = launch;
  const [program, ...words] = launch.entrypoint ?? command ?? [];
  if (program !== undefined) {
    const debian = programFor(image, program);
    const start = [debian ?? program, ...words];
    const renamed = debian === undefined ? [] : [`${program} of ${image} is ${debian} in Debian`];
    if (launch.entrypoint !== undefined) return { entrypoint: start, command, note: renamed };
    const alone =
      image === "scratch" ? [] : [`CMD stands alone: ${image} may have an entrypoint that came before it`];
    return { entrypoint: start, command: undefined, note: [...alone, ...renamed] };
  }
  return {
    entrypoint: ["/usr/bin/program"],
    command: undefined,
    note: ["name the program: no ENTRYPOINT or CMD says it without a shell"],
  };
}

/** Accounts that every image has. */
const baseUsers: ReadonlySet<string> = new Set([
  "root",
  "daemon",
  "bin",
  "sys",
  "mail",
  "www-data",
  "nobody",
]);

const firstUid = 1000;

/** Users whose numbers only the base image knew. */
function usersOf(names: readonly string[]): Readonly<Record<string, Item>> {
  const users = [...new Set(names.map((text) => text.split(":")[0] ?? ""))].filter(
    (name) => /^[a-z_]/.test(name) && !baseUsers.has(name) && fits("user name", name),
  );
  if (users.length === 0) return {};
  const entries = users.map((name, index) => [name, plain({ uid: firstUid + index })] as const);
  return {
    users: map(Object.fromEntries(entries), "the Dockerfile does not tell their numbers: choose them"),
  };
}

/** Images for another user than root often say so in their tag, and mean distroless's number then. */
function userOf({ image, user }: StageState): Readonly<Record<string, Item>> {
  if (user !== "") return { user: plain(user) };
  if (image === "scratch") return {};
  return /nonroot/.test(image)
    ? { user: plain("65532:65532", `the user of ${image}, as far as its name tells`) }
    : { user: remark(`the user of ${image} is not known here: without a line it is root`) };
}
