// What `distill update` shows: packages added, removed and changed, by platform and phase.
import type { PlatformChange } from "../graph/lock.ts";

/** One line for each package: `+` added, `-` removed, `~` changed. */
export function renderChanges(changes: readonly PlatformChange[]): string {
  if (changes.length === 0) return "nothing changed\n";
  return changes
    .flatMap(({ platform, phase, added, removed, changed }) => [
      `${platform} ${phase}`,
      ...added.map((one) => `  + ${one.name} ${one.version}`),
      ...removed.map((one) => `  - ${one.name} ${one.version}`),
      ...changed.map(({ before, after }) =>
        before.version === after.version
          ? `  ~ ${after.name} ${after.version} (built again)`
          : `  ~ ${after.name} ${before.version} -> ${after.version}`,
      ),
    ])
    .map((line) => `${line}\n`)
    .join("");
}
