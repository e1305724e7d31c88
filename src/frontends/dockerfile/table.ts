// The instructions of docker/dockerfile 1.x and their flags: what the parser and the checks hold to, and what
// docs/reference/dockerfile.md says of them. Stable syntax only: of what a labs release adds, what is refused with a reason.
import type { InstructionName } from "./ast.ts";

/** What is done with a part of the language. */
export type State =
  | { readonly state: "supported" }
  /** A mistake, for the reason. */
  | { readonly state: "refused"; readonly reason: string }
  /** Read, and nothing comes of it. */
  | { readonly state: "ignored"; readonly reason: string };

export interface FlagRule {
  /** "switch": alone, or true or false. "text": any text. "duration": as Go writes it. "count": not negative. Else one of these. */
  readonly value: "switch" | "text" | "duration" | "count" | readonly string[];
  readonly repeatable?: boolean;
  readonly support: State;
  /** Values that are refused, and why. */
  readonly refused?: Readonly<Record<string, { readonly reason: string; readonly hint: string }>>;
  /** One line, for people. */
  readonly summary: string;
  /** The first version of docker/dockerfile that has it, where it is not as old as multi-stage builds. */
  readonly since?: string;
}

export interface InstructionRule {
  readonly flags: Readonly<Record<string, FlagRule>>;
  /** How its arguments are read. */
  readonly form: "words" | "pairs" | "text" | "json-or-words" | "json-or-text" | "healthcheck" | "onbuild";
  /** For people: `COPY [FLAGS] SOURCE... TARGET`. */
  readonly usage: string;
  readonly support: State;
  /** One line, for people. */
  readonly summary: string;
}

const supported: State = { state: "supported" };

function text(summary: string, since?: string): FlagRule {
  return { value: "text", support: supported, summary, ...(since === undefined ? {} : { since }) };
}

function switched(summary: string, since?: string): FlagRule {
  return { ...text(summary, since), value: "switch" };
}

function list(summary: string, since?: string): FlagRule {
  return { ...text(summary, since), repeatable: true };
}

function duration(summary: string): FlagRule {
  return { ...text(summary), value: "duration" };
}

const chmod = text("Mode of what is copied: octal digits, or symbols as chmod(1) takes them.", "1.2");
const chown = text("Owner of what is copied, by names of the image or by numbers; root without it.");
const exclude = list("What is left out: patterns relative to the source.", "1.19");
const link = switched("A layer that doesn't depend on what lies below it.", "1.4");

const addFlags: InstructionRule["flags"] = {
  checksum: text("What a download's content, or a repository's commit, has to be.", "1.6"),
  chmod,
  chown,
  exclude,
  "keep-git-dir": switched("A repository keeps its .git folder.", "1.1"),
  link,
  unpack: switched(
    "Whether archives are unpacked: without it, those of the context are and downloads are not.",
    "1.17",
  ),
};

const copyFlags: InstructionRule["flags"] = {
  chmod,
  chown,
  exclude,
  from: text("A stage by name or number, a named context, or an image, in place of the context."),
  link,
  parents: switched("The folders above a source come along; those before `/./` don't.", "1.20"),
};

const healthcheckFlags: InstructionRule["flags"] = {
  interval: duration("Time between checks."),
  retries: { ...text("How many failures in a row make it unhealthy."), value: "count" },
  "start-interval": duration("Time between checks while it starts."),
  "start-period": duration("Time in which failures don't count."),
  timeout: duration("Time after which a check has failed."),
};

const runFlags: InstructionRule["flags"] = {
  device: {
    ...list("Devices of the machine for this step."),
    support: { state: "refused", reason: "asks for a device of this machine, which steps don't see" },
    since: "1.14-labs",
  },
  mount: list("A folder, cache, secret or agent for this step; see below.", "1.2"),
  network: {
    ...text(
      "`default`: with the native engine that of the machine, without raw packets (NET_RAW); `none`: no network; `host`: that of the machine.",
      "1.3",
    ),
    value: ["default", "none", "host"],
  },
  security: {
    ...text("`sandbox`, which every step has.", "1.20"),
    value: ["sandbox", "insecure"],
    refused: {
      insecure: {
        reason: "asks for a step outside of the sandbox, which has all rights on this machine",
        hint: "remove it: what needs such rights is no step of a build",
      },
    },
  },
};

export const instructionRules: Readonly<Record<InstructionName, InstructionRule>> = {
  add: {
    flags: addFlags,
    form: "json-or-words",
    usage: "ADD [FLAGS] SOURCE... TARGET",
    support: supported,
    summary: "Copies from the context, unpacks archives, downloads, clones repositories.",
  },
  arg: {
    flags: {},
    form: "pairs",
    usage: "ARG NAME[=DEFAULT]...",
    support: supported,
    summary: "A variable of the build; before the first FROM one for all FROM lines.",
  },
  cmd: {
    flags: {},
    form: "json-or-text",
    usage: 'CMD ["PROGRAM", "ARGUMENT"]',
    support: supported,
    summary: "What a container runs, or the arguments of its ENTRYPOINT.",
  },
  copy: {
    flags: copyFlags,
    form: "json-or-words",
    usage: "COPY [FLAGS] SOURCE... TARGET",
    support: supported,
    summary: "Copies from the context, a stage or an image; a here-document becomes a file.",
  },
  entrypoint: {
    flags: {},
    form: "json-or-text",
    usage: 'ENTRYPOINT ["PROGRAM", "ARGUMENT"]',
    support: supported,
    summary: "The program that a container runs.",
  },
  env: {
    flags: {},
    form: "pairs",
    usage: "ENV NAME=VALUE...",
    support: supported,
    summary: "Variables of the steps that follow and of containers.",
  },
  expose: {
    flags: {},
    form: "words",
    usage: "EXPOSE PORT[/PROTOCOL]...",
    support: supported,
    summary: "Ports that a container listens on; ranges too.",
  },
  from: {
    flags: {
      platform: text("The platform of the image, such as `$BUILDPLATFORM`; that of the result without it."),
    },
    form: "words",
    usage: "FROM [--platform=PLATFORM] IMAGE [AS NAME]",
    support: supported,
    summary: "Begins a stage with an image, an earlier stage, or `scratch`.",
  },
  healthcheck: {
    flags: healthcheckFlags,
    form: "healthcheck",
    usage: "HEALTHCHECK [FLAGS] CMD COMMAND, or HEALTHCHECK NONE",
    support: supported,
    summary: "How engines see whether a container works.",
  },
  label: {
    flags: {},
    form: "pairs",
    usage: "LABEL NAME=VALUE...",
    support: supported,
    summary: "Labels of the image.",
  },
  maintainer: {
    flags: {},
    form: "text",
    usage: "MAINTAINER NAME",
    support: supported,
    summary: "The image's author. Deprecated in favour of a label.",
  },
  onbuild: {
    flags: {},
    form: "onbuild",
    usage: "ONBUILD INSTRUCTION",
    support: supported,
    summary: "An instruction for stages that begin with this image.",
  },
  run: {
    flags: runFlags,
    form: "json-or-text",
    usage: "RUN [FLAGS] COMMAND",
    support: supported,
    summary: "Runs a command in a sandbox; what it changes is a layer. A here-document is a script.",
  },
  shell: {
    flags: {},
    form: "json-or-text",
    usage: 'SHELL ["PROGRAM", "ARGUMENT"]',
    support: supported,
    summary: "The shell of the shell forms that follow.",
  },
  stopsignal: {
    flags: {},
    form: "text",
    usage: "STOPSIGNAL SIGNAL",
    support: supported,
    summary: "The signal that ends a container.",
  },
  user: {
    flags: {},
    form: "text",
    usage: "USER NAME[:GROUP]",
    support: supported,
    summary: "Who runs the steps that follow and the container.",
  },
  volume: {
    flags: {},
    form: "json-or-words",
    usage: "VOLUME PATH...",
    support: supported,
    summary: "Folders that outlive a container.",
  },
  workdir: {
    flags: {},
    form: "text",
    usage: "WORKDIR PATH",
    support: supported,
    summary: "The folder of the instructions that follow and of the container; made where it isn't there.",
  },
};

/** What is no instruction and no flag. */
export interface Feature {
  readonly name: string;
  readonly support: State;
  readonly summary: string;
  readonly since?: string;
}

export const directiveRows: readonly Feature[] = [
  {
    name: "# syntax=IMAGE",
    support: {
      state: "ignored",
      reason: "names what is built in here; no frontend's image is run",
    },
    summary: "The frontend that reads the file.",
  },
  {
    name: "# escape=CHARACTER",
    support: supported,
    summary: "The escape character: a backslash or a backquote.",
  },
  {
    name: "# check=skip=RULES;error=BOOLEAN",
    support: supported,
    summary:
      "Rules of lint that are off (`all`: every one), and whether a finding is an error. A comment above an instruction says it for that one.",
    since: "1.8",
  },
];

export const mountRows: readonly Feature[] = [
  {
    name: "type=bind",
    support: supported,
    summary: "Files of the context, a stage or an image. What is written is dropped.",
    since: "1.2",
  },
  {
    name: "type=cache",
    support: supported,
    summary: "A folder that outlives the build: `sharing` is shared, private or locked.",
    since: "1.2",
  },
  { name: "type=tmpfs", support: supported, summary: "A folder in memory.", since: "1.2" },
  {
    name: "type=secret",
    support: supported,
    summary: "A secret as a file, or with `env` as a variable; in no layer and no cache key.",
    since: "1.2",
  },
  { name: "type=ssh", support: supported, summary: "The socket of an ssh agent.", since: "1.2" },
];

export const formRows: readonly Feature[] = [
  {
    name: "<<NAME, <<-NAME",
    support: supported,
    summary: "Here-documents of RUN, COPY and ADD.",
    since: "1.4",
  },
  {
    name: "${X:-w} ${X:+w} ${X:?w}",
    support: supported,
    summary: "And without the colon: a value in place of another, or a mistake.",
  },
  {
    name: "${X#p} ${X##p} ${X%p} ${X%%p}",
    support: supported,
    summary: "The value without a beginning or an end that a pattern fits.",
    since: "1.7",
  },
  {
    name: "${X/p/w} ${X//p/w}",
    support: supported,
    summary: "The value with the first fit, or every one, replaced.",
    since: "1.7",
  },
  {
    name: "BUILDPLATFORM, TARGETPLATFORM ...",
    support: supported,
    summary: "The predefined ARGs, with -OS, -ARCH and -VARIANT; and TARGETSTAGE.",
  },
  {
    name: "HTTP_PROXY, NO_PROXY ...",
    support: supported,
    summary: "ARGs that need no ARG line, and that are no part of cache keys.",
  },
  {
    name: "FILE.dockerignore, .dockerignore",
    support: supported,
    summary: "What of the context isn't there; the first that exists.",
  },
];

export const instructionNames: readonly string[] = Object.keys(instructionRules);

/** The name of an instruction, however it is written. */
export function instructionName(word: string): InstructionName | undefined {
  const name = word.toLowerCase();
  return Object.hasOwn(instructionRules, name) ? (name as InstructionName) : undefined;
}
