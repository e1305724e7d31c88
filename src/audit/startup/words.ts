// Words of a shell script as far as they are known without running it: literal text, the image's environment, the arguments
// that the script is started with.
import { limits } from "../../base/limits.ts";
import type { ParameterPart, Word, WordPart } from "../../formats/shell/ast.ts";
import type { MaybeWord } from "./shells.ts";

export interface Scope {
  /** The value of a variable; undefined where only running the script tells. */
  readonly variable: (name: string) => string | undefined;
  /** "$@"; undefined where it isn't known. */
  readonly args: readonly MaybeWord[] | undefined;
}

/** The words of a command, no more than limits.startupWordsMax; `"$@"` is as many as there are arguments. */
export function expandWords(words: readonly Word[], scope: Scope): MaybeWord[] {
  const expanded: MaybeWord[] = [];
  for (const word of words) {
    if (expanded.length >= limits.startupWordsMax) break;
    if (isAllArguments(word)) expanded.push(...(scope.args ?? [undefined]));
    else expanded.push(textOf(word.parts, scope));
  }
  return expanded.slice(0, limits.startupWordsMax);
}

/** Whether a word is `"$@"` and nothing else. */
export function isAllArguments({ parts }: Word): boolean {
  const [first, ...more] = parts;
  if (first === undefined || more.length > 0) return false;
  if (first.kind === "double-quoted") return first.parts.length === 1 && first.parts.every(isArguments);
  return isArguments(first);
}

function isArguments(part: WordPart): boolean {
  return (
    part.kind === "parameter" && part.name === "@" && part.form === "value" && part.operation === undefined
  );
}

function textOf(parts: readonly WordPart[], scope: Scope): MaybeWord {
  let text = "";
  for (const part of parts) {
    const one = partText(part, scope);
    if (one === undefined) return undefined;
    text += one;
  }
  return text;
}

function partText(part: WordPart, scope: Scope): MaybeWord {
  switch (part.kind) {
    case "literal":
      return isActive(part.text) ? undefined : part.text;
    case "quoted":
      return part.text;
    case "double-quoted":
      return textOf(part.parts, scope);
    case "parameter":
      return parameterText(part, scope);
    default:
      return undefined;
  }
}

/** What a pattern, braces or a tilde come to is found out when it runs. */
function isActive(text: string): boolean {
  return /[*?{~]/.test(text) || (text.includes("[") && text !== "[" && text !== "[[");
}

function parameterText({ form, name, operation, subscript }: ParameterPart, scope: Scope): MaybeWord {
  if (form !== "value" || subscript !== undefined) return undefined;
  const value = scope.variable(name);
  if (operation === undefined) return value;
  return operation.operator === "-" || operation.operator === ":-" ? defaulted(value) : undefined;
}

/** `${x:-y}` is x where the image sets it; what it is without that, whoever starts the container decides. */
function defaulted(value: MaybeWord): MaybeWord {
  return value === "" ? undefined : value;
}
