// `local`, `export`, `readonly` and their relatives: words of the form name=value are assignments, so they aren't split.
import type { SimpleCommand, Word } from "../../formats/shell/ast.ts";
import { expandFields, expandWord } from "./expand.ts";
import type { State } from "./state.ts";
import { makeLocal, setVariable } from "./variables.ts";

const declaring: ReadonlySet<string> = new Set(["local", "export", "readonly", "declare", "typeset"]);
const scoped: ReadonlySet<string> = new Set(["local", "declare", "typeset"]);

/** Runs a declaring command; undefined where it is another one. */
export function runDeclaration(state: State, command: SimpleCommand): State[] | undefined {
  const [first, ...words] = command.words;
  const part = first?.parts[0];
  if (part?.kind !== "literal" || first?.parts.length !== 1 || !declaring.has(part.text)) return undefined;
  for (const word of words) declareWord(state, word, scoped.has(part.text));
  state.status = 0;
  return [state];
}

function declareWord(state: State, word: Word, local: boolean): void {
  const [first, ...rest] = word.parts;
  const assignment = first?.kind === "literal" ? /^([A-Za-z_]\w*)=(.*)$/s.exec(first.text) : null;
  if (first?.kind !== "literal" || assignment === null) {
    for (const { value } of expandFields(state, [word])) {
      if (local && value.known && /^[A-Za-z_]\w*$/.test(value.text)) declareEmpty(state, value.text);
    }
    return;
  }
  const [, name = "", text = ""] = assignment;
  const only = rest[0];
  const value =
    only?.kind === "array"
      ? {
          elements: only.elements.flatMap((one) =>
            expandFields(state, [one.value]).map((field) => field.value),
          ),
        }
      : expandWord(state, { ...word, parts: text === "" ? rest : [{ ...first, text }, ...rest] });
  if (local) makeLocal(state, name);
  setVariable(state, name, value);
}

/** dash's `local x` keeps the outer value; most scripts don't care, and then either is right. */
function declareEmpty(state: State, name: string): void {
  makeLocal(state, name);
}
