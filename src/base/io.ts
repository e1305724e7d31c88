// The world outside, injected: what a module may reach is what it is given.
import type { EventSink } from "./events.ts";

/** What long operations get from the command: how to stop, where to report, what time it is. */
export interface Task {
  readonly signal: AbortSignal;
  readonly emit: EventSink;
  /** Milliseconds since the epoch; injected, so that expiry can be tested. */
  readonly now: () => number;
}
