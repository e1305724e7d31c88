// Variables and parameters (XCU 2.5). A script starts with what dpkg gives it (dpkg(1) "Internal environment"); any other
// variable is unset, since an image must not depend on who builds it.
import type { State, Variable } from "./state.ts";
import { concat, known, unknown, type Value } from "./value.ts";

/** The environment of a maintainer script on a fresh installation without questions. */
export function initialVariables(
  packageName: string,
  architecture: string,
  script: string,
): Map<string, Variable> {
  const values = {
    DPKG_MAINTSCRIPT_PACKAGE: packageName,
    DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT: "1",
    DPKG_MAINTSCRIPT_ARCH: architecture,
    DPKG_MAINTSCRIPT_NAME: script,
    DPKG_MAINTSCRIPT_DEBUG: "0",
    DPKG_ADMINDIR: "/var/lib/dpkg",
    DPKG_ROOT: "",
    DEBIAN_FRONTEND: "noninteractive",
    DEBCONF_NONINTERACTIVE_SEEN: "true",
    HOME: "/root",
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    PWD: "/",
    LC_ALL: "C.UTF-8",
  };
  return new Map(Object.entries(values).map(([name, text]) => [name, known(text)]));
}

/** A parameter's value; undefined where it is unset. */
export function lookUp(state: State, name: string): Value | undefined {
  if (/^[0-9]+$/.test(name)) {
    return name === "0" ? known(state.running.file) : state.positional[Number(name) - 1];
  }
  switch (name) {
    case "#":
      return known(String(state.positional.length));
    case "?":
      return state.status === undefined ? unknown(state.statusWhy) : known(String(state.status));
    case "@":
    case "*":
      return concat(
        state.positional.flatMap((value, index) => (index === 0 ? [value] : [known(" "), value])),
      );
    case "-":
      return known(state.errexit ? "e" : "");
    case "$":
    case "!":
      return unknown("it is the number of a process");
    default: {
      const variable = state.variables.get(name);
      return variable === undefined || "known" in variable ? variable : variable.elements[0];
    }
  }
}

export function elementsOf(state: State, name: string): readonly Value[] {
  const variable = state.variables.get(name);
  if (variable === undefined) return [];
  return "known" in variable ? [variable] : variable.elements;
}

export function setVariable(state: State, name: string, value: Variable): void {
  state.variables.set(name, value);
}

/** `local name`: the outer value comes back when the function returns. */
export function makeLocal(state: State, name: string): void {
  const top = state.locals.at(-1);
  if (top === undefined || top.has(name)) return;
  state.locals = [...state.locals.slice(0, -1), new Map([...top, [name, state.variables.get(name)]])];
}

/** Ends a function: takes off its scope. */
export function leaveScope(state: State): void {
  for (const [name, before] of state.locals.at(-1) ?? []) {
    if (before === undefined) state.variables.delete(name);
    else state.variables.set(name, before);
  }
  state.locals = state.locals.slice(0, -1);
}
