// The simple commands of a shell script, wherever they stand in it: in compound commands, functions, substitutions,
// redirections. Depth is bounded by the parser's (limits.shellNestingMax).
import type {
  Command,
  CommandList,
  Conditional,
  Redirect,
  SimpleCommand,
  Word,
  WordPart,
} from "../../formats/shell/ast.ts";

export interface FoundCommand {
  readonly command: SimpleCommand;
  /** The innermost function around it. */
  readonly inside: string | undefined;
}

interface Walk {
  readonly commands: FoundCommand[];
  readonly functions: Set<string>;
  /** Variables that the script sets in one way or another. */
  readonly assigned: Set<string>;
  /** Folders for scripts that are started in turn: "/docker-entrypoint.d". */
  readonly folders: Set<string>;
}

/** In the order of the text. */
export function commandsOf(list: CommandList): Walk {
  const walk: Walk = { commands: [], functions: new Set(), assigned: new Set(), folders: new Set() };
  walkList(walk, list, undefined);
  return walk;
}

function walkList(walk: Walk, list: CommandList, inside: string | undefined): void {
  for (const { first, rest } of list) {
    for (const pipeline of [first, ...rest.map((one) => one.pipeline)]) {
      for (const command of pipeline.commands) walkCommand(walk, command, inside);
    }
  }
}

function walkCommand(walk: Walk, command: Command, inside: string | undefined): void {
  const lists = (...all: readonly CommandList[]): void => {
    for (const one of all) walkList(walk, one, inside);
  };
  const words = (...all: readonly Word[]): void => {
    for (const one of all) walkParts(walk, one.parts, inside);
  };
  switch (command.kind) {
    case "simple":
      walkSimple(walk, command, inside);
      break;
    case "group":
    case "subshell":
      lists(command.body);
      break;
    case "if":
      for (const branch of command.branches) lists(branch.condition, branch.body);
      if (command.otherwise !== undefined) lists(command.otherwise);
      break;
    case "while":
    case "until":
      lists(command.condition, command.body);
      break;
    case "for":
    case "select":
      walk.assigned.add(command.variable);
      words(...(command.words ?? []));
      lists(command.body);
      break;
    case "arithmetic-for":
      words(command.header);
      lists(command.body);
      break;
    case "case":
      words(command.subject, ...command.clauses.flatMap((one) => one.patterns));
      lists(...command.clauses.map((one) => one.body));
      break;
    case "function":
      walk.functions.add(command.name);
      walkCommand(walk, command.body, command.name);
      break;
    case "arithmetic":
      words(command.expression);
      break;
    case "conditional":
      walkConditional(walk, command.expression, inside);
      break;
    case "coprocess":
      walkCommand(walk, command.body, inside);
  }
  for (const redirect of command.redirects) walkRedirect(walk, redirect, inside);
}

function walkSimple(walk: Walk, command: SimpleCommand, inside: string | undefined): void {
  // What is substituted runs before the command itself.
  for (const { name, subscript, value } of command.assignments) {
    walk.assigned.add(name);
    if (subscript !== undefined) walkParts(walk, subscript.parts, inside);
    walkParts(walk, value.parts, inside);
  }
  for (const word of command.words) walkParts(walk, word.parts, inside);
  if (command.words.length === 0) return;
  walk.commands.push({ command, inside });
  const [first, ...rest] = command.words.map(literalOf);
  if (first !== undefined && declares.test(first)) {
    for (const one of rest) walk.assigned.add(/^\w+/.exec(one ?? "")?.[0] ?? "");
  }
}

/** Builtins that set the variables that they are given. */
const declares =
  /^(?:export|readonly|local|declare|typeset|read|getopts|mapfile|readarray|unset|printf|let)$/;

/** The beginning of a word, as far as it is literal. */
function literalOf({ parts: [first] }: Word): string | undefined {
  return first?.kind === "literal" || first?.kind === "quoted" ? first.text : undefined;
}

function walkRedirect(walk: Walk, { body, target }: Redirect, inside: string | undefined): void {
  walkParts(walk, target.parts, inside);
  if (body !== undefined) walkParts(walk, body.parts, inside);
}

function walkConditional(walk: Walk, expression: Conditional, inside: string | undefined): void {
  switch (expression.kind) {
    case "and":
    case "or":
      walkConditional(walk, expression.left, inside);
      walkConditional(walk, expression.right, inside);
      break;
    case "not":
      walkConditional(walk, expression.operand, inside);
      break;
    case "unary":
      walkParts(walk, expression.operand.parts, inside);
      break;
    case "binary":
      walkParts(walk, expression.left.parts, inside);
      walkParts(walk, expression.right.parts, inside);
      break;
    case "word":
      walkParts(walk, expression.word.parts, inside);
  }
}

function walkParts(walk: Walk, parts: readonly WordPart[], inside: string | undefined): void {
  for (const part of parts) {
    switch (part.kind) {
      case "double-quoted":
        walkParts(walk, part.parts, inside);
        break;
      case "command":
      case "process":
        walkList(walk, part.body, inside);
        break;
      case "arithmetic":
        walkParts(walk, part.expression.parts, inside);
        break;
      case "array":
        for (const { subscript, value } of part.elements) {
          if (subscript !== undefined) walkParts(walk, subscript.parts, inside);
          walkParts(walk, value.parts, inside);
        }
        break;
      case "parameter":
        walkParameter(walk, part, inside);
        break;
      case "literal":
      case "quoted": {
        const folder = scriptFolder.exec(part.text.slice(0, folderLengthMax))?.[1];
        if (folder !== undefined) walk.folders.add(folder);
      }
    }
  }
}

/** As entrypoints call them, whatever loop goes through them: an absolute name that ends in ".d", of something that starts. */
const scriptFolder = /^((?:\/[\w.-]+)*\/[\w-]*(?:entrypoint|init|start)[\w-]*\.d)(?:\/|$)/;

/** Nobody calls a folder longer; a text of an image can be of any length. */
const folderLengthMax = 200;

function walkParameter(
  walk: Walk,
  { name, operation, subscript }: WordPart & { readonly kind: "parameter" },
  inside: string | undefined,
): void {
  if (subscript !== undefined) walkParts(walk, subscript.parts, inside);
  if (operation === undefined) return;
  if (operation.operator.endsWith("=")) walk.assigned.add(name);
  walkParts(walk, operation.word.parts, inside);
  if (operation.second !== undefined) walkParts(walk, operation.second.parts, inside);
}
