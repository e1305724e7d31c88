// RUN as a command in a sandbox (docs.docker.com/reference/dockerfile; moby/buildkit, dockerfile2llb/convert.go, dispatchRun).
import { posix } from "node:path";
import type { Span } from "../../../base/diagnostics.ts";
import type { ExecMount, ExecOperation } from "../../../graph/operation.ts";
import { type Vertex, vertexOf } from "../../../graph/vertex.ts";
import type { Heredoc, Instruction } from "../ast.ts";
import { chomped, heredocName } from "../heredoc.ts";
import { contextSource } from "./contexts.ts";
import { heredocFile } from "./heredoc-file.ts";
import { addHistory } from "./history.ts";
import { Mistake } from "./mistake.ts";
import { type Mount, readMount } from "./mounts.ts";
import { metaOf, numberedName, shownInstruction } from "./names.ts";
import { joined } from "./paths.ts";
import {
  type Command,
  expandIn,
  flagValue,
  type Scope,
  type StageState,
  spend,
  workingDirOf,
} from "./scope.ts";
import { scratchVertex } from "./scratch.ts";
import { shellCommand } from "./shell.ts";
import { copySource } from "./sources.ts";

/** Inputs of the step beside its root, and what it sees of them. */
interface Mounted {
  readonly inputs: Vertex[];
  readonly mounts: ExecMount[];
  /** Variables that hold secrets. */
  readonly masked: Set<string>;
  agents: number;
}

export function lowerRun(scope: Scope, state: StageState, command: Command): void {
  const { instruction } = command;
  const mounted: Mounted = { inputs: [], mounts: [], masked: new Set(), agents: 0 };
  const script = scriptOf(instruction, mounted);
  const isShell = instruction.arguments.kind !== "json";
  const argv = isShell ? shellCommand(state.image.config, script.words) : script.words;
  for (const [index, flag] of instruction.flags.filter((one) => one.name === "mount").entries()) {
    const expand = (text: string): string => expandIn(scope, state.env, { text, span: flag.span });
    const place = { scope, state, command, index, span: flag.span, mounted };
    addMount(place, readMount(flag.value ?? "", flag.span, expand));
  }
  if (state.local !== undefined) scope.locals.uses(state.local, "/");
  const network = flagValue(scope, state, instruction, "network")?.value ?? "default";
  const hostname = scope.options.buildArgs.get("BUILDKIT_SANDBOX_HOSTNAME");
  const env = environmentOf(state, mounted);
  spend(
    scope,
    env.reduce((sum, one) => sum + one.length, 0),
    instruction.span,
  );
  const operation: ExecOperation = {
    kind: "exec",
    argv,
    env,
    workingDir: workingDirOf(state),
    user: state.image.config.User ?? "",
    mounts: mounted.mounts,
    network: network === "none" || network === "host" ? network : "default",
    ...(hostname === undefined || hostname === "" ? {} : { hostname }),
    extraHosts: [],
    ulimits: [],
    platform: state.platform ?? scope.platform,
  };
  const shown = shownInstruction(scope, state, command, {
    keep: true,
    extra: script.summary,
    masked: mounted.masked,
  });
  const name = numberedName(scope, state, shown, command.onBuild);
  const meta = metaOf(state, instruction, name);
  state.vertex = vertexOf(operation, [state.vertex, ...mounted.inputs], meta);
  addHistory(scope, state, `RUN ${withArguments(state, argv)} # buildkit`, true);
}

/** "|2 A=1 B=2 /bin/sh -c ...": build arguments decide what a step does, and so stand before it. */
function withArguments(state: StageState, argv: readonly string[]): string {
  const given = [...state.buildArguments].map(([name, value]) => `${name}=${state.env.get(name) ?? value}`);
  return [...(given.length === 0 ? [] : [`|${given.length}`]), ...given, ...argv].join(" ");
}

interface Script {
  readonly words: readonly string[];
  /** Behind the instruction in progress. */
  readonly summary: string;
}

/** What is run: the words, or what here-documents make of them. */
function scriptOf({ arguments: given, heredocs }: Instruction, mounted: Mounted): Script {
  if (given.kind === "json") return { words: given.values.map((word) => word.text), summary: "" };
  const text = given.kind === "text" ? given.value.text : "";
  const [first] = heredocs;
  if (first === undefined) return { words: text === "" ? [] : [text], summary: "" };
  if (heredocName(text) === undefined) {
    // A shell that knows here-documents reads them itself.
    return {
      words: [[text, ...heredocs.map(({ content, name }) => `${content}${name}`)].join("\n")],
      summary: "",
    };
  }
  const content = first.chomp ? chomped(first.content) : first.content;
  const summary = ` (${summaryOf(first)})`;
  if (!content.startsWith("#!")) return { words: [content], summary };
  const name = heredocFile(first);
  const made = vertexOf(
    {
      kind: "file",
      actions: [
        {
          kind: "mkfile",
          path: `/${name}`,
          mode: 0o755,
          data: Buffer.from(content).toString("base64"),
        },
      ],
    },
    [scratchVertex],
    { name: "[internal] preparing inline document", span: first.span },
  );
  mounted.inputs.push(made);
  mounted.mounts.push({
    kind: "bind",
    input: mounted.inputs.length,
    source: "/",
    target: "/dev/pipes/",
    writable: false,
  });
  return { words: [posix.join("/dev/pipes", name)], summary };
}

/** The first line of a script. */
function summaryOf({ content }: Heredoc): string {
  const [line = "", ...more] = content.trim().split(/\r?\n/);
  return more.length === 0 ? line : `${line}...`;
}

function environmentOf(state: StageState, { mounts }: Mounted): readonly string[] {
  const env = [...state.env].map(([name, value]) => `${name}=${value}`);
  const agent = mounts.find((mount) => mount.kind === "ssh");
  return agent === undefined || state.env.has("SSH_AUTH_SOCK")
    ? env
    : [...env, `SSH_AUTH_SOCK=${agent.target}`];
}

interface MountPlace {
  readonly scope: Scope;
  readonly state: StageState;
  readonly command: Command;
  /** Of the flag, among those of its name. */
  readonly index: number;
  readonly span: Span;
  readonly mounted: Mounted;
}

function addMount(place: MountPlace, mount: Mount): void {
  const { scope, state, command, index, span, mounted } = place;
  switch (mount.kind) {
    case "secret":
      mounted.mounts.push(secretMount(mount, mounted));
      return;
    case "ssh":
      mounted.mounts.push({
        kind: "ssh",
        id: mount.id === "" ? "default" : mount.id,
        target: mount.target === "" ? `/run/buildkit/ssh_agent.${mounted.agents}` : mount.target,
        required: mount.required,
        mode: mount.mode ?? 0o600,
        uid: mount.uid ?? 0,
        gid: mount.gid ?? 0,
      });
      mounted.agents++;
      return;
    case "tmpfs":
      mounted.mounts.push({
        kind: "tmpfs",
        target: mountTarget(state, mount, span),
        ...(mount.sizeBytes === undefined || mount.sizeBytes === 0 ? {} : { sizeBytes: mount.sizeBytes }),
      });
      return;
    case "bind": {
      const source = mount.from === "" ? contextSource(scope) : copySource(state, command, index, span);
      if (source?.local !== undefined) scope.locals.uses(source.local, mount.source);
      mounted.mounts.push({
        kind: "bind",
        input: inputOf(mounted, source?.vertex ?? scratchVertex),
        source: joined(mount.source),
        target: mountTarget(state, mount, span),
        writable: !mount.readOnly,
      });
      return;
    }
    case "cache":
      mounted.mounts.push(cacheMount(place, mount));
  }
}

function cacheMount(place: MountPlace, mount: Mount): ExecMount {
  const { scope, state, command, index, span, mounted } = place;
  const source = mount.from === "" ? undefined : copySource(state, command, index, span);
  if (source?.local !== undefined) scope.locals.uses(source.local, mount.source);
  return {
    kind: "cache",
    id: mount.id === "" ? posix.normalize(mount.target).replace(/(.)\/$/, "$1") : mount.id,
    target: mountTarget(state, mount, span),
    sharing: mount.sharing,
    ...(source === undefined ? {} : { input: inputOf(mounted, source.vertex), source: joined(mount.source) }),
    readOnly: mount.readOnly,
    mode: mount.mode ?? 0o755,
    uid: mount.uid ?? 0,
    gid: mount.gid ?? 0,
  };
}

function secretMount(mount: Mount, { masked }: Mounted): ExecMount {
  const { source, target, variable } = mount;
  const named = source === "" ? mount.id : source;
  const id = named === "" ? posix.basename(target) : named;
  const name = variable === "" ? id : variable;
  if (name !== undefined) masked.add(name);
  const file = target === "" && name === undefined ? `/run/secrets/${posix.basename(id)}` : target;
  return {
    kind: "secret",
    id,
    ...(file === "" ? {} : { target: file }),
    ...(name === undefined ? {} : { variable: name }),
    required: mount.required,
    mode: mount.mode ?? 0o400,
    uid: mount.uid ?? 0,
    gid: mount.gid ?? 0,
  };
}

/** Relative to the working directory. */
function mountTarget(state: StageState, { target }: Mount, span: Span): string {
  const absolute = target.startsWith("/") ? target : joined(workingDirOf(state), target);
  if (joined(absolute) !== "/") return absolute;
  throw new Mistake(
    "wrong-mount",
    span,
    "nothing can be mounted over the root",
    "name a folder with target=",
  );
}

function inputOf({ inputs }: Mounted, vertex: Vertex): number {
  const index = inputs.findIndex((input) => input.digest === vertex.digest);
  return 1 + (index >= 0 ? index : inputs.push(vertex) - 1);
}
