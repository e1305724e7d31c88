// Which roles of the closure explain a file.
import type { Role } from "../closure/closure.ts";

/** Whether the role is a reason to be there. `unproven` isn't one: what no rule tells is not vouched for. */
export function isExplained(role: Role): boolean {
  return role !== "foreign" && role !== "unproven";
}

/** Whether the entrypoint's closure needs it: package data and declared files have their reasons, but nothing runs them. */
export function isNeeded(role: Role): boolean {
  return role === "entrypoint-runtime" || role === "closure";
}
