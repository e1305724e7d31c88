// Ranges of a file's bytes: merged, and what they leave.

/** A part of a file, in bytes; `end` is the first that is not in it. */
export interface Region {
  readonly start: number;
  readonly end: number;
}

/** In file order; what overlaps or touches becomes one, and empty ones go. */
export function merged(regions: readonly Region[]): readonly Region[] {
  const found: { start: number; end: number }[] = [];
  for (const { start, end } of [...regions].sort((a, b) => a.start - b.start)) {
    const last = found.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else if (end > start) found.push({ start, end });
  }
  return found;
}

/** What merged regions leave of the bytes from `start` to `end`. */
export function between(regions: readonly Region[], start: number, end: number): readonly Region[] {
  const gaps: Region[] = [];
  let at = start;
  for (const one of regions) {
    if (one.start >= end) break;
    if (one.start > at) gaps.push({ start: at, end: one.start });
    at = Math.max(at, one.end);
  }
  if (at < end) gaps.push({ start: at, end });
  return gaps;
}
