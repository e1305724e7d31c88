// debconf (debconf-devel(7)): nobody is asked, so every question has the default of the package's templates, or what its
// config script set.
import { noteInert } from "../emit.ts";
import { known, unknown, type Value } from "../value.ts";
import { setVariable } from "../variables.ts";
import { type Call, type Handler, type Outcome, success } from "./call.ts";

function nameOf(call: Call, index = 0): string | undefined {
  const value = call.fields[index]?.value;
  return value?.known === true ? value.text : undefined;
}

function setReturn(call: Call, value: Value): Outcome {
  setVariable(call.state, "RET", value);
  return success;
}

/** The answer to a question: set by a script, or its template's default; a boolean without one is false. */
function answerOf(call: Call, question: string | undefined): Value {
  if (question === undefined) return unknown("which question is meant is not known");
  const answered = call.state.answers.get(question);
  if (answered !== undefined) return answered;
  const template = call.state.world.templates.get(question);
  if (template === undefined) return unknown(`the package has no template for ${question}`);
  return known(template.get("default") ?? (template.get("type") === "boolean" ? "false" : ""));
}

function get(call: Call): Outcome {
  return setReturn(call, answerOf(call, nameOf(call)));
}

function set(call: Call): Outcome {
  const question = nameOf(call);
  const value = call.fields.slice(1).map((field) => field.value);
  if (question !== undefined) {
    const only = value.length === 1 ? value[0] : undefined;
    call.state.answers.set(
      question,
      only ?? known(value.map((one) => (one.known ? one.text : "")).join(" ")),
    );
  }
  return success;
}

function reset(call: Call): Outcome {
  const question = nameOf(call);
  if (question !== undefined) call.state.answers.delete(question);
  return success;
}

function metaget(call: Call): Outcome {
  const template = call.state.world.templates.get(nameOf(call) ?? "");
  const value = template?.get((nameOf(call, 1) ?? "").toLowerCase());
  return setReturn(call, value === undefined ? unknown("the template has no such field") : known(value));
}

function silent(call: Call): Outcome {
  noteInert(call.state, call.extent, "debconf asks nothing while an image is composed");
  return success;
}

/** A question that isn't shown: the status 30 of confmodule, which scripts must allow for. */
function input(call: Call): Outcome {
  return { ...silent(call), status: 30 };
}

const silentCommands =
  "version capb title settitle subst go stop beginblock endblock info progress register unregister purge x_loadtemplatefile clear fset data";

export const debconfCommands: Readonly<Record<string, Handler>> = {
  ...Object.fromEntries(silentCommands.split(" ").map((name) => [`db_${name}`, silent])),
  db_input: input,
  db_get: get,
  db_set: set,
  db_reset: reset,
  db_metaget: metaget,
  db_fget: (call) => setReturn(call, known("false")),
};
