// The arguments after a command's name, as its usage line says them: "IMAGE [PATH]", "[DIR]", "du|prune", "[-- ARGS]".
// Upper case stands for what the user chooses, lower case for words, brackets for what may be absent, "..." for repeats.
import type { Diagnostic } from "../base/diagnostics.ts";
import { nearestName } from "../base/nearest.ts";
import type { cliRules } from "./rules.ts";

interface Place {
  readonly name: string;
  readonly required: boolean;
  readonly repeats: boolean;
  /** Empty where the user chooses. */
  readonly words: readonly string[];
}

/** What differs from the usage line. */
export function checkArguments(
  usage: string,
  positionals: readonly string[],
  rest: readonly string[],
): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  const places = placesOf(usage);
  for (const [index, place] of places.entries()) {
    const given = positionals[index];
    if (given === undefined) {
      if (place.required) problems.push(problem("missing-argument", `${place.name} is missing`));
    } else if (place.words.length > 0 && !place.words.includes(given)) {
      const nearest = nearestName(given, place.words);
      const hint = nearest === undefined ? undefined : `did you mean ${nearest}?`;
      problems.push(problem("wrong-choice", `expected ${place.words.join(" or ")}; found ${given}`, hint));
    }
  }
  if (places.at(-1)?.repeats !== true) {
    for (const extra of positionals.slice(places.length)) {
      problems.push(problem("unexpected-argument", `unexpected argument ${extra}`));
    }
  }
  if (rest.length > 0 && !usage.includes("--")) {
    problems.push(problem("unexpected-argument", "nothing is expected after --"));
  }
  return problems;
}

function placesOf(usage: string): Place[] {
  const before = usage.replace(/\[?--.*$/, "");
  return [...before.matchAll(/(\[?)([A-Za-z0-9|-]+)(\.\.\.)?\]?/g)].map(([, open, name = "", repeats]) => ({
    name,
    required: open === "",
    repeats: repeats !== undefined,
    words: name === name.toLowerCase() ? name.split("|") : [],
  }));
}

function problem(rule: keyof typeof cliRules, message: string, hint?: string): Diagnostic {
  return { severity: "error", rule, message, ...(hint === undefined ? {} : { hint }) };
}
