// Progress for programs: one JSON object per line, the events of base/events.ts with `timeMs` since the first of them.
// `advance` comes at most four times a second for one unit of work; `start`, `end` and `fail` are never left out.
import type { Progress, ProgressOptions } from "./progress.ts";

const advanceIntervalMs = 250;

export function jsonProgress({ write, now }: ProgressOptions): Progress {
  let startMs: number | undefined;
  const lastAdvanceMs = new Map<string, number>();
  return {
    emit: (event) => {
      const timeMs = now();
      startMs ??= timeMs;
      if (event.type === "advance") {
        if (timeMs - (lastAdvanceMs.get(event.id) ?? Number.NEGATIVE_INFINITY) < advanceIntervalMs) return;
        lastAdvanceMs.set(event.id, timeMs);
      }
      if (event.type === "end" || event.type === "fail") lastAdvanceMs.delete(event.id);
      write(`${JSON.stringify({ timeMs: timeMs - startMs, ...event })}\n`);
    },
    suspend: () => undefined,
    finish: () => undefined,
  };
}
