// Every text of an image's config in which a secret can stand: environment, labels, arguments, history, and any other member,
// known or not (an author, triggers of ONBUILD, the config of the container that a build committed).
import { isObject } from "../../oci/json.ts";
import type { ImageConfig } from "../../oci/model.ts";
import { type Assignment, isNamedSecret, namedSecrets, namedSecretsOfWords } from "./names.ts";

export interface ConfigText {
  /** "the environment", "history entry 3". */
  readonly where: string;
  /** In which secrets are looked for by their structure. */
  readonly text: string;
  /** What it gives a value that its name says is secret. */
  readonly named: readonly Pick<Assignment, "name" | "value">[];
  /** A command that shows where, without the value. */
  readonly check: string;
}

/** What the config sets comes first: what is told of it isn't told again of where it was set. */
export function* configTexts(config: ImageConfig): Generator<ConfigText> {
  const { history = [], config: run = {}, ...others } = config;
  const { Cmd = [], Entrypoint = [], Env = [], Healthcheck, Labels = {}, ...rest } = run;
  for (const variable of Env) {
    const check = "jq -r '.config.Env[] | split(\"=\")[0]' CONFIG";
    yield { where: "the environment", text: variable, named: namedVariable(variable), check };
  }
  for (const [name, value] of Object.entries(Labels)) {
    const named = isNamedSecret(name, value) ? [{ name, value }] : [];
    yield { where: "a label", text: value, named, check: "jq '.config.Labels | keys' CONFIG" };
  }
  yield* words("Entrypoint", Entrypoint, []);
  yield* words("Cmd", Cmd, Entrypoint);
  const { Test = [], ...times } = Healthcheck ?? {};
  yield* words("Healthcheck.Test", Test, []);
  for (const [index, { comment = "", created_by: by = "", ...more }] of history.entries()) {
    const text = `${by}\n${comment}`;
    const where = `history entry ${index + 1}`;
    const check = `jq -r '.history[${index}].created_by' CONFIG | grep -oE '[A-Za-z_]+='`;
    yield { where, text, named: namedSecrets(text), check };
    yield* otherTexts(more, `history[${index}]`, "");
  }
  yield* otherTexts({ Healthcheck: times, ...rest }, "config", "");
  yield* otherTexts(others, "", "");
}

function namedVariable(variable: string): ConfigText["named"] {
  const [name = "", value = ""] = variable.split(/=(.*)/s);
  return isNamedSecret(name, value) ? [{ name, value }] : [];
}

/** An argument list; `before` is what stands before it when it is started. */
function* words(member: string, list: readonly string[], before: readonly string[]): Generator<ConfigText> {
  const named = namedSecretsOfWords([...before, ...list]).slice(before.length);
  yield {
    where: `the config's ${member}`,
    text: list.join("\n"),
    named: named.flat(),
    check: `jq '.config.${member} | map(length)' CONFIG`,
  };
}

const placeLengthMax = 100;

/** All texts below a value, the names of members too. Its depth is bounded by the reader's (limits.jsonDepthMax). */
function* otherTexts(value: unknown, place: string, name: string): Generator<ConfigText> {
  const where = `the config's ${place.slice(0, placeLengthMax)}`;
  const check = "jq -c 'paths(strings)' CONFIG";
  if (typeof value === "string") {
    const named = isNamedSecret(name, value) ? [{ name, value }] : namedSecrets(value);
    yield { where, text: value, named, check };
  } else if (Array.isArray(value)) {
    const list = value as readonly unknown[];
    const texts = list.filter((one) => typeof one === "string");
    const asWords = namedSecretsOfWords(texts);
    // A variable's value can have blanks in it, an option's can be the next word.
    const named = texts.flatMap((one, index) =>
      /^[\w.-]+=/.test(one) ? namedVariable(one) : (asWords[index] ?? []),
    );
    if (texts.length > 0) yield { where, text: texts.join("\n"), named, check };
    for (const one of list) if (typeof one !== "string") yield* otherTexts(one, place, name);
  } else if (isObject(value)) {
    for (const [member, one] of Object.entries(value)) {
      yield { where, text: member, named: namedSecrets(member), check };
      yield* otherTexts(one, place === "" ? member : `${place.slice(0, placeLengthMax)}.${member}`, member);
    }
  }
}
