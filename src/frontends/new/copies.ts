// COPY and ADD as `copy`: one source each, with the full path that it gets.
import { basename } from "node:path/posix";
import { hasWildcard, parsePathPattern } from "../../formats/path-pattern.ts";
import type { Instruction } from "../dockerfile/ast.ts";
import { heredocName } from "../dockerfile/heredoc.ts";
import { joined, targetPath } from "../dockerfile/lower/paths.ts";
import { type Item, plain, remark } from "./draft.ts";
import { type Conversion, fill, type StageState, unknownFolder, unknownValues } from "./stage-state.ts";
import { fits, unsaid } from "./texts.ts";

/** A copy, or a comment in the place of one. */
export interface Copied {
  readonly comments: readonly string[];
  readonly copy?: {
    readonly from: string;
    readonly source: string;
    readonly target: string;
    readonly mode?: string;
    readonly owner?: string;
  };
  /** A here-document: a small file. */
  readonly file?: CopiedFile;
}

export interface CopiedFile {
  readonly path: string;
  readonly text: string;
  readonly mode?: string;
  readonly owner?: string;
}

export async function copiesOf(
  conversion: Conversion,
  state: StageState,
  instruction: Instruction,
): Promise<readonly Copied[]> {
  const given = instruction.arguments;
  const words = given.kind === "json" || given.kind === "words" ? given.values : [];
  const filled = words.map(({ text }) =>
    heredocName(text) === undefined ? fill(conversion, state.variables, text) : { value: text, unset: [] },
  );
  const sources = filled.slice(0, -1).map(({ value }) => value);
  const settings = settingsOf(conversion, state, instruction);
  const from = fromOf(conversion, instruction);
  const notes = [...unknownValues(filled.flatMap(({ unset }) => unset)), ...settings.comments];
  if (from === undefined) {
    return [
      {
        comments: [...notes, unsaid(instruction, "what it copies from is neither a stage nor an image here")],
      },
    ];
  }
  const written = filled.at(-1)?.value ?? "";
  const target = targetPath(state.workingDir, written);
  if (!written.startsWith("/")) notes.push(...unknownFolder(state));
  const copied: Copied[] = [];
  for (const source of sources) {
    const heredoc = heredocName(source);
    const request = { conversion, state, instruction, from, target, settings, several: sources.length > 1 };
    copied.push(
      ...(heredoc === undefined ? await copiesOfSource(request, source) : heredocFile(request, heredoc)),
    );
  }
  const [first, ...rest] = copied;
  return first === undefined ? [] : [{ ...first, comments: [...notes, ...first.comments] }, ...rest];
}

export function copyItem({ comments, copy }: Copied): Item {
  return copy === undefined ? remark(...comments) : plain({ ...copy }, ...comments);
}

interface Request {
  readonly conversion: Conversion;
  readonly state: StageState;
  readonly instruction: Instruction;
  /** A stage of the spec, or "context". */
  readonly from: string;
  readonly target: string;
  readonly settings: { readonly mode?: string; readonly owner?: string };
  readonly several: boolean;
}

/** Undefined where it is unknown. */
function fromOf({ stageOf }: Conversion, instruction: Instruction): string | undefined {
  const flag = instruction.flags.find(({ name }) => name === "from");
  return flag?.value === undefined ? "context" : stageOf(flag.value);
}

function settingsOf(
  conversion: Conversion,
  state: StageState,
  instruction: Instruction,
): { readonly mode?: string; readonly owner?: string; readonly comments: readonly string[] } {
  const comments: string[] = [];
  let mode: string | undefined;
  let owner: string | undefined;
  for (const { name, value = "" } of instruction.flags) {
    const text = fill(conversion, state.variables, value).value;
    if (name === "chmod" && /^0*[0-7]{1,4}$/.test(text))
      mode = `0${text.replace(/^0+/, "").padStart(3, "0")}`;
    else if (name === "chown" && fits("user", text)) owner = text;
    else if (name === "exclude") comments.push(`--exclude=${text}: leave it out with the .dockerignore`);
    else if (name === "link") comments.push("--link: distill decides about layers by itself");
    else if (!["from", "keep-git-dir", "checksum", "unpack"].includes(name)) {
      comments.push(`--${name}${text === "" ? "" : `=${text}`}: a copy of a spec has no equivalent`);
    }
  }
  return { comments, ...(mode === undefined ? {} : { mode }), ...(owner === undefined ? {} : { owner }) };
}

const archive = /\.(?:tar|tgz|tbz2?|txz|tzst|tar\.[a-z0-9]+)$/i;

async function copiesOfSource(request: Request, written: string): Promise<readonly Copied[]> {
  const { from, instruction } = request;
  if (from !== "context") return copiesFromStage(request, written);
  if (/^(?:[a-z][a-z0-9+.-]*:\/\/|git@)/i.test(written)) {
    return [
      { comments: [unsaid(instruction, "a spec downloads nothing: fetch it in a run step of a stage")] },
    ];
  }
  const source = written.split("/").filter((part) => part !== "" && part !== ".");
  if (source.includes("..")) {
    return [{ comments: [unsaid(instruction, "it leads out of the context")] }];
  }
  const path = source.join("/");
  if (instruction.name === "add" && archive.test(path)) {
    return [
      { comments: [unsaid(instruction, "a copy unpacks no archive: unpack it in a run step of a stage")] },
    ];
  }
  if (hasWildcard(path)) return copiesOfPattern(request, path);
  const kind = path === "" ? "folder" : await request.conversion.files.kind(path);
  return kind === "folder" ? copiesOfFolder(request, path) : [copyOf(request, path, kind ?? "unknown")];
}

function copiesFromStage(request: Request, written: string): readonly Copied[] {
  const path = joined(written);
  if (hasWildcard(path)) {
    return [{ comments: [unsaid(request.instruction, "a copy takes no pattern: name each file")] }];
  }
  return [copyOf(request, path, written.endsWith("/") ? "folder" : "unknown")];
}

/** The files that the pattern fits today. */
async function copiesOfPattern(request: Request, path: string): Promise<readonly Copied[]> {
  const { conversion, instruction } = request;
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const pattern = parsePathPattern(basename(path), "filepath-match");
  const names = hasWildcard(folder) || pattern === undefined ? [] : await conversion.files.names(folder);
  const fitting = names.filter((name) => pattern?.matches(name) === true);
  if (fitting.length === 0) {
    return [
      {
        comments: [unsaid(instruction, "a copy takes no pattern, and nothing fits this one: name each file")],
      },
    ];
  }
  const copied: Copied[] = [];
  for (const name of fitting) {
    const found = folder === "" ? name : `${folder}/${name}`;
    const kind = (await conversion.files.kind(found)) ?? "unknown";
    const within = { ...request, several: request.several || fitting.length > 1 };
    copied.push(...(kind === "folder" ? await copiesOfFolder(within, found) : [copyOf(within, found, kind)]));
  }
  const note = `a copy takes no pattern: these fit ${path} now`;
  return copied.map((one, index) => (index === 0 ? { ...one, comments: [note, ...one.comments] } : one));
}

/** A folder gives its content; into "/", which is no target, each entry by itself. */
async function copiesOfFolder(request: Request, path: string): Promise<readonly Copied[]> {
  if (joined(request.target) !== "/") return [copyOf(request, path === "" ? "." : path, "folder")];
  const names = await request.conversion.files.names(path);
  const copied: Copied[] = [];
  for (const name of names) {
    const entry = path === "" ? name : `${path}/${name}`;
    const kind = (await request.conversion.files.kind(entry)) ?? "unknown";
    copied.push(copyOf({ ...request, target: `/${name}` }, entry, kind));
  }
  const note = unsaid(request.instruction, "/ is no target of a copy: this is what is there now");
  const [first, ...rest] = copied;
  return first === undefined
    ? [{ comments: [note] }]
    : [{ ...first, comments: [note, ...first.comments] }, ...rest];
}

/** "/app/" gets a file under its own name, and what a folder holds. */
function copyOf(
  { from, instruction, settings, several, target: written }: Request,
  source: string,
  kind: "file" | "folder" | "unknown",
): Copied {
  const isFolder = written.endsWith("/") || written.endsWith("/.") || several;
  const name = basename(source);
  const target = isFolder && kind !== "folder" ? joined(written, name) : joined(written);
  const comments =
    isFolder && kind === "unknown" && name !== ""
      ? [`if ${source} is a folder, its content goes to ${joined(written)}`]
      : [];
  if (!fits("absolute path", target) || !fits("source", source)) {
    return { comments: [unsaid(instruction, "its paths are none that a spec takes")] };
  }
  return { comments, copy: { from, source, target, ...settingOf(settings) } };
}

function settingOf({ mode, owner }: Request["settings"]): Request["settings"] {
  return { ...(mode === undefined ? {} : { mode }), ...(owner === undefined ? {} : { owner }) };
}

function heredocFile(request: Request, name: string): readonly Copied[] {
  const { conversion, instruction, settings, state, target } = request;
  const heredoc = instruction.heredocs.find((one) => one.name === name);
  const raw = heredoc?.content ?? "";
  const text = heredoc?.chomp === true ? raw.replace(/^\t+/gm, "") : raw;
  const { unset, value } =
    heredoc?.expand === true
      ? fill(conversion, state.variables, text, { literalQuotes: true, escape: "\\" })
      : { unset: [], value: text };
  const path = target.endsWith("/") || request.several ? joined(target, name) : joined(target);
  return fits("absolute path", path) && fits("any", value)
    ? [{ comments: unknownValues(unset), file: { path, text: value, ...settingOf(settings) } }]
    : [{ comments: [unsaid(instruction, "its path is none that a spec takes")] }];
}
