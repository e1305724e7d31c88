// What the ways to look into a container share: limits in depth and number, and how a failure is told.
import { ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Failure } from "./expand.ts";
import type { Gatherer, Part } from "./gather.ts";

/** Does the work on this part one level deeper; unless that is too deep, which is told once of it. */
export function deeper(found: Gatherer, part: Part, what: string, work: () => void): void {
  const { budget } = found;
  if (budget.depth <= 0) {
    found.account(part.start, part.start + part.sizeBytes);
    found.hide("limit", `${what}, nested deeper than nestedDepthMax (${limits.nestedDepthMax})`);
    return;
  }
  budget.depth -= 1;
  try {
    work();
  } finally {
    budget.depth += 1;
  }
}

/** Whether there is room for one more member. */
export function counts(found: Gatherer): boolean {
  if (found.budget.members <= 0) return false;
  found.budget.members -= 1;
  if (found.budget.members === 0)
    found.hide("limit", `more members than nestedMembersMax (${limits.nestedMembersMax})`);
  return found.budget.members > 0;
}

export function fail(found: Gatherer, failure: Failure, place: string, check: string): void {
  const why =
    failure === "limit"
      ? `${place} is larger than is followed (nestedMemberBytesMax, nestedBytesMax)`
      : `${place} is corrupt or cut short`;
  found.hide(failure, why, check);
}

/** Whether reading an archive ended early, and why. */
export function archiveOutcome(work: () => void): Failure | undefined {
  try {
    work();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    return thrown.code === "limit" ? "limit" : "corrupt";
  }
}
