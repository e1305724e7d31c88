// `--cache-to` and `--cache-from`, as docker build has them: "type=registry,ref=REF", "type=local,dest=DIR", "type=inline", or a
// reference alone.
import type { Diagnostic, Parsed } from "../../../base/diagnostics.ts";
import { nearestName } from "../../../base/nearest.ts";
import { optionFields } from "./option-fields.ts";

export type CacheOption =
  /** An OCI image layout; `path` as the user wrote it. */
  | { readonly type: "local"; readonly path: string; readonly mode: CacheMode }
  | { readonly type: "registry"; readonly reference: string; readonly mode: CacheMode }
  /** In the config of the image that is built. */
  | { readonly type: "inline"; readonly mode: "min" };

/** `min`: results that are layers of the image. `max`: those of every stage. */
type CacheMode = "min" | "max";

type Fields = ReadonlyMap<string, string | undefined>;

/** One value of the option. */
export function parseCacheOption(text: string, option: "cache-to" | "cache-from"): Parsed<CacheOption> {
  const fields = optionFields(text);
  if (fields === undefined) return wrong(option, text, "its fields are no KEY=VALUE, or one comes twice");
  if (fields.size === 1 && !text.includes("=")) return { value: registry(text), diagnostics: [] };
  const problem = problemOf(fields, option);
  if (problem !== undefined) return wrong(option, text, problem.message, problem.hint);
  const mode = fields.get("mode") === "max" ? "max" : "min";
  if (fields.get("type") === "inline") return { value: { type: "inline", mode: "min" }, diagnostics: [] };
  const value = fields.get(placeKey(fields, option)) ?? "";
  const parsed: CacheOption =
    fields.get("type") === "local" ? { type: "local", path: value, mode } : registry(value, mode);
  return { value: parsed, diagnostics: [] };
}

function registry(reference: string, mode: CacheMode = "min"): CacheOption {
  return { type: "registry", reference, mode };
}

/** Which field says where. */
function placeKey(fields: Fields, option: "cache-to" | "cache-from"): string {
  if (fields.get("type") !== "local") return "ref";
  return option === "cache-to" ? "dest" : "src";
}

interface Problem {
  readonly message: string;
  readonly hint?: string;
}

function problemOf(fields: Fields, option: "cache-to" | "cache-from"): Problem | undefined {
  const type = fields.get("type");
  const types = option === "cache-to" ? ["local", "registry", "inline"] : ["local", "registry"];
  if (type === undefined || !types.includes(type)) return unknownName("type", type, types);
  const place = placeKey(fields, option);
  const known = ["type", ...(type === "inline" ? [] : [place]), ...(option === "cache-to" ? ["mode"] : [])];
  for (const key of fields.keys()) if (!known.includes(key)) return unknownName("field", key, known);
  const mode = fields.get("mode");
  if (fields.has("mode") && mode !== "min" && mode !== "max")
    return unknownName("mode", mode, ["min", "max"]);
  if (type === "inline") {
    return mode === "max"
      ? { message: "an image holds no results but its own: mode=max can't be inline" }
      : undefined;
  }
  if ((fields.get(place) ?? "") !== "") return undefined;
  return { message: `type=${type} needs ${place}=${place === "ref" ? "REFERENCE" : "FOLDER"}` };
}

function unknownName(kind: string, given: string | undefined, known: readonly string[]): Problem {
  if (given === undefined || given === "")
    return { message: `it has no ${kind}`, hint: `it takes ${known.join(", ")}` };
  const near = nearestName(given, known);
  const hint = near === undefined ? `it takes ${known.join(", ")}` : `did you mean ${JSON.stringify(near)}?`;
  return { message: `there is no ${kind} ${JSON.stringify(given)}`, hint };
}

function wrong(option: string, text: string, message: string, hint?: string): Parsed<CacheOption> {
  const diagnostic: Diagnostic = {
    severity: "error",
    rule: "cache-option",
    message: `--${option} ${text}: ${message}`,
    ...(hint === undefined ? {} : { hint }),
  };
  return { value: undefined, diagnostics: [diagnostic] };
}
