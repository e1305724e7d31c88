// A parsed Dockerfile as nested lists, one instruction a line: the form in which moby/buildkit's parser dumps what it read, and
// its test data is kept.
import type { Arguments, Dockerfile, Instruction, InstructionName, Pair, Word } from "./ast.ts";
import { goQuote, goQuoteList } from "./quote.ts";

/** Ends with a line feed where there is an instruction. */
export function printDockerfile(dockerfile: Dockerfile): string {
  return dockerfile.instructions.map((one) => `(${printInstruction(one)})\n`).join("");
}

function printInstruction(instruction: Instruction): string {
  const flags = instruction.flags.map(
    ({ name, value }) => `--${name}${value === undefined ? "" : `=${value}`}`,
  );
  return [
    instruction.name,
    ...(flags.length === 0 ? [] : [goQuoteList(flags)]),
    ...printArguments(instruction.arguments, instruction.name),
  ].join(" ");
}

function printArguments(given: Arguments, name: InstructionName): readonly string[] {
  switch (given.kind) {
    case "json":
    case "words":
      return given.values.map((word) => goQuote(word.text));
    case "text":
      return quoted(given.value);
    case "pairs":
      return given.pairs.flatMap((pair) =>
        name === "arg" ? printDefinition(pair) : printPair(pair, given.legacy),
      );
    case "health":
      return [...quoted(given.test), ...printArguments(given.command, name)];
    case "instruction":
      return [`(${printInstruction(given.instruction)})`];
  }
}

function quoted({ text }: Word): readonly string[] {
  return text === "" ? [] : [goQuote(text)];
}

function printDefinition({ name, value }: Pair): readonly string[] {
  return [goQuote(value === undefined ? name.text : `${name.text}=${value.text}`)];
}

function printPair({ name, value }: Pair, legacy: boolean): readonly string[] {
  return [goQuote(name.text), goQuote(value?.text ?? ""), goQuote(legacy ? "" : "=")];
}
