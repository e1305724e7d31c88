// COPY and ADD as operations on files (docs.docker.com/reference/dockerfile; moby/buildkit, dockerfile2llb/convert_copy.go).
import { posix } from "node:path";
import { type Digest, parseDigest } from "../../../base/digest.ts";
import type { CopyAction } from "../../../graph/operation.ts";
import { type Vertex, type VertexMeta, vertexOf } from "../../../graph/vertex.ts";
import type { Heredoc, Instruction, Word } from "../ast.ts";
import { chomped, heredocName } from "../heredoc.ts";
import { contextSource } from "./contexts.ts";
import { type GitSource, gitSource } from "./git.ts";
import { heredocFile } from "./heredoc-file.ts";
import { addHistory } from "./history.ts";
import { Mistake } from "./mistake.ts";
import { metaOf, numberedName, shownInstruction } from "./names.ts";
import { checkedMode, ownerOf } from "./owner.ts";
import { absolutePath, joined, targetPath } from "./paths.ts";
import {
  type Command,
  expandIn,
  flagSwitch,
  flagValue,
  flagValues,
  type Scope,
  type StageState,
  workingDirOf,
} from "./scope.ts";
import { scratchVertex } from "./scratch.ts";
import { copySource } from "./sources.ts";

interface Copying {
  readonly scope: Scope;
  readonly state: StageState;
  readonly command: Command;
  readonly instruction: Instruction;
  readonly isAdd: boolean;
  readonly target: string;
  readonly common: Pick<CopyAction, "exclude" | "owner" | "mode">;
  readonly meta: VertexMeta;
  /** From input 1 on. */
  readonly inputs: Vertex[];
}

export function lowerCopy(scope: Scope, state: StageState, command: Command): void {
  const { instruction } = command;
  const words =
    instruction.arguments.kind === "json" || instruction.arguments.kind === "words"
      ? instruction.arguments.values
      : [];
  const target = words.at(-1);
  if (target === undefined) return;
  const chown = flagValue(scope, state, instruction, "chown");
  const chmod = flagValue(scope, state, instruction, "chmod");
  const mode = chmod === undefined || chmod.value === "" ? undefined : checkedMode(chmod.value, chmod.flag);
  const sources = sourcesOf(words.slice(0, -1), instruction.heredocs);
  const paths = sources.paths.map((word) => ({ text: expandIn(scope, state.env, word), span: word.span }));
  const targetText = expandIn(scope, state.env, target);
  const name = numberedName(
    scope,
    state,
    shownInstruction(scope, state, command, { keep: false }),
    command.onBuild,
  );
  const copying: Copying = {
    scope,
    state,
    command,
    instruction,
    isAdd: instruction.name === "add",
    target: targetPath(workingDirOf(state), targetText),
    common: {
      exclude: flagValues(instruction, "exclude"),
      ...(chown === undefined || chown.value === "" ? {} : { owner: ownerOf(chown.value) }),
      ...(mode === undefined ? {} : { mode }),
    },
    meta: metaOf(state, instruction, name),
    inputs: [],
  };
  checkChecksum(copying, paths);
  const actions = [
    ...paths.map((word) => pathAction(copying, word)),
    ...sources.heredocs.map((heredoc) => heredocAction(copying, heredoc)),
  ];
  state.vertex = resultOf(copying, actions);
  const shown = [
    instruction.name.toUpperCase(),
    ...(flagSwitch(instruction, "parents") === true ? ["--parents"] : []),
    ...(chown === undefined || chown.value === "" ? [] : [`--chown=${chown.value}`]),
    ...(mode === undefined ? [] : [`--chmod=${mode}`]),
    ...paths.map((word) => word.text),
    ...sources.heredocs.map((heredoc) => `<<${heredoc.name}`),
    targetText,
  ];
  addHistory(scope, state, `${shown.join(" ")} # buildkit`, true);
}

/** Words that are marks of here-documents stand for those; where one name is given twice, for its last. */
function sourcesOf(
  words: readonly Word[],
  heredocs: readonly Heredoc[],
): { readonly paths: readonly Word[]; readonly heredocs: readonly Heredoc[] } {
  const byName = new Map(heredocs.map((heredoc) => [heredoc.name, heredoc]));
  const paths: Word[] = [];
  const documents: Heredoc[] = [];
  for (const word of words) {
    const name = heredocName(word.text);
    const heredoc = name === undefined ? undefined : byName.get(name);
    if (heredoc === undefined) paths.push(word);
    else documents.push(heredoc);
  }
  return { paths, heredocs: documents };
}

/** `--link` makes a layer that does not know what lies below it. */
function resultOf(
  { state, instruction, meta, inputs, common }: Copying,
  actions: readonly CopyAction[],
): Vertex {
  const linked = flagSwitch(instruction, "link") === true && common.mode === undefined;
  if (!linked) return vertexOf({ kind: "file", actions }, [state.vertex, ...inputs], meta);
  const own = vertexOf({ kind: "file", actions }, [scratchVertex, ...inputs], meta);
  return vertexOf({ kind: "merge" }, [state.vertex, own], {
    ...meta,
    name: meta.name.replace("] ", "] LINK "),
  });
}

function inputOf({ inputs }: Copying, vertex: Vertex): number {
  const index = inputs.findIndex((input) => input.digest === vertex.digest);
  return 1 + (index >= 0 ? index : inputs.push(vertex) - 1);
}

const plain = {
  kind: "copy",
  allowWildcard: false,
  allowEmptyWildcard: false,
  contentsOnly: false,
  followLinks: false,
  unpack: false,
  parents: false,
} as const;

function pathAction(copying: Copying, word: Word): CopyAction {
  const { scope, isAdd, instruction, target, common } = copying;
  const git = gitSource(word.text, word.span);
  if (git !== undefined) return gitAction(copying, git, word);
  if (/^https?:\/\//.test(word.text)) return httpAction(copying, word);
  const from = copySource(copying.state, copying.command, 0, instruction.span);
  const { vertex, local } = from ?? contextSource(scope);
  const parents = flagSwitch(instruction, "parents") === true;
  if (local !== undefined) scope.locals.uses(local, word.text);
  return {
    ...plain,
    input: inputOf(copying, vertex),
    source: parents ? parentsPath(word.text) : absolutePath("/", word.text),
    target,
    ...common,
    allowWildcard: true,
    allowEmptyWildcard: true,
    contentsOnly: true,
    followLinks: true,
    unpack: isAdd && (flagSwitch(instruction, "unpack") ?? true),
    parents,
  };
}

/** What stands before "/./" is no part of what comes along. */
function parentsPath(text: string): string {
  const pivot = text.indexOf("/./");
  if (pivot < 0) return joined(text);
  const above = joined(text.slice(0, pivot));
  return `${above === "/" ? "" : above}/.${joined(text.slice(pivot + 3))}`;
}

function gitAction(copying: Copying, git: GitSource, word: Word): CopyAction {
  const { isAdd, instruction, target, common, meta } = copying;
  if (!isAdd) {
    throw new Mistake("wrong-source", word.span, "COPY can't fetch a repository", "ADD can");
  }
  const keep = flagSwitch(instruction, "keep-git-dir");
  if (keep !== undefined && git.keepGitFolder !== undefined && keep !== git.keepGitFolder) {
    throw new Mistake("wrong-source", word.span, "--keep-git-dir and keep-git-dir of the URL differ");
  }
  const given = checksumOf(copying);
  if (given !== undefined && git.checksum !== undefined && given !== git.checksum) {
    throw new Mistake("wrong-checksum", word.span, "--checksum and the checksum of the URL differ");
  }
  const checksum = given ?? git.checksum;
  const vertex = vertexOf(
    {
      kind: "git",
      ...git,
      keepGitFolder: git.keepGitFolder ?? keep ?? false,
      ...(checksum === undefined ? {} : { checksum }),
    },
    [],
    meta,
  );
  return { ...plain, input: inputOf(copying, vertex), source: "/", target, ...common, contentsOnly: true };
}

function httpAction(copying: Copying, word: Word): CopyAction {
  const { isAdd, instruction, target, common, meta } = copying;
  if (!isAdd) throw new Mistake("wrong-source", word.span, "COPY can't fetch a URL", "ADD can");
  const name = fileNameOf(word.text);
  const given = checksumOf(copying);
  const checksum = given === undefined ? undefined : digestOfChecksum(given, instruction);
  const vertex = vertexOf(
    {
      kind: "http",
      url: word.text,
      ...(checksum === undefined ? {} : { checksum }),
      name,
      mode: 0o600,
      uid: 0,
      gid: 0,
    },
    [],
    meta,
  );
  const unpack = flagSwitch(instruction, "unpack") === true;
  return { ...plain, input: inputOf(copying, vertex), source: `/${name}`, target, ...common, unpack };
}

function fileNameOf(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : "";
  const base = posix.basename(decoded(path));
  return base === "" || base === "." || base === ".." || base.includes("\0") ? "__unnamed__" : base;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function heredocAction(copying: Copying, heredoc: Heredoc): CopyAction {
  const { scope, state, target, common } = copying;
  const content = heredoc.chomp ? chomped(heredoc.content) : heredoc.content;
  const text = heredoc.expand
    ? expandIn(scope, state.env, { text: content, span: heredoc.span }, { escape: "\\", literalQuotes: true })
    : content;
  const path = `/${heredocFile(heredoc)}`;
  const made = vertexOf(
    {
      kind: "file",
      actions: [{ kind: "mkfile", path, mode: 0o644, data: Buffer.from(text).toString("base64") }],
    },
    [scratchVertex],
    { ...copying.meta, name: "[internal] preparing inline document" },
  );
  return { ...plain, input: inputOf(copying, made), source: path, target, ...common };
}

function checksumOf({ scope, state, instruction }: Copying): string | undefined {
  const given = flagValue(scope, state, instruction, "checksum");
  return given === undefined || given.value === "" ? undefined : given.value;
}

function digestOfChecksum(text: string, { flags, span }: Instruction): Digest {
  const digest = parseDigest(text);
  if (digest !== undefined) return digest;
  const flag = flags.find((one) => one.name === "checksum");
  throw new Mistake(
    "wrong-checksum",
    flag?.span ?? span,
    `${text} is no checksum`,
    "it is sha256: and 64 hexadecimal digits",
  );
}

function checkChecksum(copying: Copying, paths: readonly Word[]): void {
  const { instruction } = copying;
  if (checksumOf(copying) === undefined) return;
  const flag = instruction.flags.find((one) => one.name === "checksum");
  const [path, second] = paths;
  const fetched =
    path !== undefined && (/^https?:\/\//.test(path.text) || gitSource(path.text, path.span) !== undefined);
  if (fetched && second === undefined) return;
  throw new Mistake(
    "wrong-checksum",
    flag?.span ?? instruction.span,
    "--checksum is for one source that is fetched",
    "it is the only source then, a URL or a repository",
  );
}
