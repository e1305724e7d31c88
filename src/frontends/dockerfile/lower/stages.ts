// A Dockerfile's stages, and the ARGs before the first of them.
import type { Dockerfile, Flag, Instruction, Word } from "../ast.ts";

/** FROM and what follows it. */
export interface Stage {
  readonly index: number;
  /** In lower case. */
  readonly name?: string;
  readonly base: Word;
  readonly platform?: Flag;
  readonly from: Instruction;
  readonly instructions: readonly Instruction[];
}

/** `dockerfile` has no errors (checkDockerfile). */
export function stagesOf(dockerfile: Dockerfile): {
  readonly globals: readonly Instruction[];
  readonly stages: readonly Stage[];
} {
  const globals: Instruction[] = [];
  const stages: Stage[] = [];
  let instructions: Instruction[] = [];
  for (const instruction of dockerfile.instructions) {
    if (instruction.name !== "from") {
      (stages.length === 0 ? globals : instructions).push(instruction);
      continue;
    }
    instructions = [];
    stages.push(stageOf(instruction, stages.length, instructions));
  }
  return { globals, stages };
}

function stageOf(from: Instruction, index: number, instructions: readonly Instruction[]): Stage {
  const [base, , name] = from.arguments.kind === "words" ? from.arguments.values : [];
  const platform = from.flags.find((flag) => flag.name === "platform");
  return {
    index,
    base: base ?? { text: "", span: from.span },
    from,
    instructions,
    ...(name === undefined ? {} : { name: name.text.toLowerCase() }),
    ...(platform === undefined ? {} : { platform }),
  };
}
