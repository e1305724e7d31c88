// The instructions of docker/dockerfile 1.x and their flags, as the checks know them. Stable syntax only: what a labs release
// adds is not here.
import type { InstructionName } from "./ast.ts";

export interface FlagRule {
  /** "switch": alone, or true or false. "text": any text. "duration": as Go writes it. "count": not negative. Else one of these. */
  readonly value: "switch" | "text" | "duration" | "count" | readonly string[];
  readonly repeatable?: boolean;
}

export interface InstructionRule {
  readonly flags: Readonly<Record<string, FlagRule>>;
  /** How its arguments are read. */
  readonly form: "words" | "pairs" | "text" | "json-or-words" | "json-or-text" | "healthcheck" | "onbuild";
  /** For people: `COPY [FLAGS] SOURCE... TARGET`. */
  readonly usage: string;
}

const text: FlagRule = { value: "text" };
const switched: FlagRule = { value: "switch" };
const duration: FlagRule = { value: "duration" };
const list: FlagRule = { value: "text", repeatable: true };

export const instructionRules: Readonly<Record<InstructionName, InstructionRule>> = {
  add: {
    flags: {
      checksum: text,
      chmod: text,
      chown: text,
      exclude: list,
      "keep-git-dir": switched,
      link: switched,
      unpack: switched,
    },
    form: "json-or-words",
    usage: "ADD [FLAGS] SOURCE... TARGET",
  },
  arg: { flags: {}, form: "pairs", usage: "ARG NAME[=DEFAULT]..." },
  cmd: { flags: {}, form: "json-or-text", usage: 'CMD ["PROGRAM", "ARGUMENT"]' },
  copy: {
    flags: { chmod: text, chown: text, exclude: list, from: text, link: switched, parents: switched },
    form: "json-or-words",
    usage: "COPY [FLAGS] SOURCE... TARGET",
  },
  entrypoint: { flags: {}, form: "json-or-text", usage: 'ENTRYPOINT ["PROGRAM", "ARGUMENT"]' },
  env: { flags: {}, form: "pairs", usage: "ENV NAME=VALUE..." },
  expose: { flags: {}, form: "words", usage: "EXPOSE PORT[/PROTOCOL]..." },
  from: { flags: { platform: text }, form: "words", usage: "FROM [--platform=PLATFORM] IMAGE [AS NAME]" },
  healthcheck: {
    flags: {
      interval: duration,
      retries: { value: "count" },
      "start-interval": duration,
      "start-period": duration,
      timeout: duration,
    },
    form: "healthcheck",
    usage: "HEALTHCHECK [FLAGS] CMD COMMAND, or HEALTHCHECK NONE",
  },
  label: { flags: {}, form: "pairs", usage: "LABEL NAME=VALUE..." },
  maintainer: { flags: {}, form: "text", usage: "MAINTAINER NAME" },
  onbuild: { flags: {}, form: "onbuild", usage: "ONBUILD INSTRUCTION" },
  run: {
    flags: {
      device: list,
      mount: list,
      network: { value: ["default", "none", "host"] },
      security: { value: ["sandbox", "insecure"] },
    },
    form: "json-or-text",
    usage: "RUN [FLAGS] COMMAND",
  },
  shell: { flags: {}, form: "json-or-text", usage: 'SHELL ["PROGRAM", "ARGUMENT"]' },
  stopsignal: { flags: {}, form: "text", usage: "STOPSIGNAL SIGNAL" },
  user: { flags: {}, form: "text", usage: "USER NAME[:GROUP]" },
  volume: { flags: {}, form: "json-or-words", usage: "VOLUME PATH..." },
  workdir: { flags: {}, form: "text", usage: "WORKDIR PATH" },
};

export const instructionNames: readonly string[] = Object.keys(instructionRules);

/** The name of an instruction, however it is written. */
export function instructionName(word: string): InstructionName | undefined {
  const name = word.toLowerCase();
  return Object.hasOwn(instructionRules, name) ? (name as InstructionName) : undefined;
}
