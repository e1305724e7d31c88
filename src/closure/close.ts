// The closure: from the launch to everything it needs, each file with its reasons. Pure: the same input gives the same
// outcome; nothing is read but the tree, its facts and what is said of packages.
import { keepAccounts } from "./accounts.ts";
import { certainlyMissing } from "./certainty.ts";
import type { Closure, ClosureInput } from "./closure.ts";
import { follow } from "./follow.ts";
import { keepDeclared, keepLaunch } from "./launch.ts";
import { keepPackageData } from "./package-data.ts";
import { roleOf } from "./role.ts";
import { startWork } from "./work.ts";

/**
 * Computes the closure of a launch. Where `deferred` of the result is not empty, unpack those packages, make the tree anew and
 * call again; only the closure without any is final.
 */
export function close(input: ClosureInput): Closure {
  const work = startWork(input);
  keepLaunch(work);
  keepAccounts(work);
  keepDeclared(work);
  follow(work);
  const leftOut = keepPackageData(work);
  const missing = certainlyMissing(work);
  const { deferred, mentioned, unproven } = work.findings;
  return {
    reasons: work.reasons,
    role: roleOf(work),
    missing,
    leftOut,
    mentioned: [...mentioned.values()],
    deferred,
    unproven: [...unproven.values()],
  };
}
