// What a user asks for, one entry of a `packages:` list:
//
//   nginx             the best version            nginx=1.22.1-9    exactly this version
//   nginx=1.22*       the best that starts so     nginx/bookworm    the version of that suite
//   !debconf          left out, even where something depends on it
import { ToolError } from "../base/errors.ts";
import type { Candidate } from "./candidate.ts";

export type PackageRequest =
  | { readonly kind: "want"; readonly name: string; readonly text: string; readonly pin: Pin }
  | { readonly kind: "exclude"; readonly name: string; readonly text: string };

export type Pin =
  | { readonly kind: "best" }
  | { readonly kind: "version"; readonly version: string }
  | { readonly kind: "prefix"; readonly prefix: string }
  | { readonly kind: "suite"; readonly suite: string };

const namePattern = /^[a-z0-9][a-z0-9+.-]*$/;

/** @throws ToolError "invalid-input" for an entry that has none of the forms */
export function parseRequest(text: string): PackageRequest {
  const excluded = text.startsWith("!");
  const match = /^!?([^=/\s]*)(?:([=/])(\S+))?$/.exec(text.trim());
  const [, name = "", sign, rest = ""] = match ?? [];
  if (match === null || !namePattern.test(name) || (excluded && sign !== undefined)) {
    throw new ToolError("invalid-input", {
      what: `reading the package ${JSON.stringify(text)}`,
      why: name.includes(":")
        ? "an architecture can't be named here: the platform decides it"
        : "it is not a package's name",
      hint: "write name, name=version, name=prefix*, name/suite or !name",
    });
  }
  return excluded ? { kind: "exclude", name, text } : { kind: "want", name, text, pin: pinOf(sign, rest) };
}

function pinOf(sign: string | undefined, rest: string): Pin {
  if (sign === undefined) return { kind: "best" };
  if (sign === "/") return { kind: "suite", suite: rest };
  return rest.endsWith("*")
    ? { kind: "prefix", prefix: rest.slice(0, -1) }
    : { kind: "version", version: rest };
}

/** Whether a candidate is one that the pin allows. */
export function pinAllows(pin: Pin, candidate: Candidate): boolean {
  switch (pin.kind) {
    case "best":
      return true;
    case "version":
      return candidate.version === pin.version;
    case "prefix":
      return candidate.version.startsWith(pin.prefix);
    case "suite":
      return candidate.suites.includes(pin.suite);
  }
}
