// A bound on what happens at a time.

export interface Gate {
  /** Waits for a place; gives how to leave it. @throws the signal's reason */
  enter(signal: AbortSignal): Promise<() => void>;
}

/** A gate with `width` places. Who waits longest is let in first. */
export function openGate(width: number): Gate {
  let free = width;
  const waiting = new Set<() => void>();
  const leave = (): void => {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else {
      waiting.delete(next);
      next();
    }
  };
  return {
    enter: async (signal) => {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return leave;
      }
      await new Promise<void>((resolve, reject) => {
        const enter = (): void => {
          signal.removeEventListener("abort", giveUp);
          resolve();
        };
        const giveUp = (): void => {
          waiting.delete(enter);
          reject(signal.reason as Error);
        };
        waiting.add(enter);
        signal.addEventListener("abort", giveUp, { once: true });
      });
      return leave;
    },
  };
}
