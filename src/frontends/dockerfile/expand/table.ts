// Where variables are expanded (docs.docker.com/reference/dockerfile, "Environment replacement"). What isn't named here is left
// to the shell, or is taken as it is written.
import type { InstructionName } from "../ast.ts";

export interface ExpandedParts {
  /** Its words or its text; of ARG the values alone; of COPY and ADD also the here-documents whose mark has no quotes. */
  readonly arguments: "all" | "values" | "none";
  /** Whether a variable with blanks becomes several words. */
  readonly splits: boolean;
  readonly flags: readonly string[];
}

const none: ExpandedParts = { arguments: "none", splits: false, flags: [] };
const all: ExpandedParts = { arguments: "all", splits: false, flags: [] };

export const expandedParts: Readonly<Record<InstructionName, ExpandedParts>> = {
  add: { ...all, flags: ["checksum", "chmod", "chown"] },
  arg: { ...none, arguments: "values" },
  cmd: none,
  copy: { ...all, flags: ["chmod", "chown"] },
  entrypoint: none,
  env: all,
  expose: { ...all, splits: true },
  /** Only ARGs before the first FROM and the predefined ones are set. */
  from: { ...all, flags: ["platform"] },
  healthcheck: none,
  label: all,
  maintainer: none,
  onbuild: none,
  run: { ...none, flags: ["mount"] },
  shell: none,
  stopsignal: all,
  user: all,
  volume: all,
  workdir: all,
};
