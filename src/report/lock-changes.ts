// What `distill update` shows: packages added, removed and changed, by platform and phase; then the images of stages.
import type { Digest } from "../base/digest.ts";
import type { ImageChange, PlatformChange } from "../graph/lock.ts";

/** One line for each package and image: `+` added, `-` removed, `~` changed. */
export function renderChanges(
  changes: readonly PlatformChange[],
  images: readonly ImageChange[] = [],
): string {
  if (changes.length + images.length === 0) return "nothing changed\n";
  const lines = [
    ...changes.flatMap(({ platform, phase, added, removed, changed }) => [
      `${platform} ${phase}`,
      ...added.map((one) => `  + ${one.name} ${one.version}`),
      ...removed.map((one) => `  - ${one.name} ${one.version}`),
      ...changed.map(({ before, after }) =>
        before.version === after.version
          ? `  ~ ${after.name} ${after.version} (built again)`
          : `  ~ ${after.name} ${before.version} -> ${after.version}`,
      ),
    ]),
    ...(images.length === 0 ? [] : ["images of stages", ...images.map(imageLine)]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function imageLine({ after, before, platform, reference }: ImageChange): string {
  const name = `${reference} for ${platform}`;
  if (before === undefined) return `  + ${name} ${shortened(after)}`;
  if (after === undefined) return `  - ${name} ${shortened(before)}`;
  return `  ~ ${name} ${shortened(before)} -> ${shortened(after)}`;
}

/** As much of a digest as tells two apart. */
function shortened(digest: Digest | undefined): string {
  return digest?.slice(0, "sha256:".length + 12) ?? "";
}
