// What a renderer of progress is. All of them write to stderr; which one is chosen by --progress and the terminal.
import type { Event, EventSink } from "../../base/events.ts";
import { printable } from "../text.ts";

export interface Progress {
  readonly emit: EventSink;
  /** Takes the live lines away, for other output to be written. They come back with the next event. */
  readonly suspend: () => void;
  /** The end: no live line stays, the cursor is restored. Events after it are ignored. */
  readonly finish: () => void;
}

export interface ProgressOptions {
  readonly write: (text: string) => void;
  readonly now: () => number;
  readonly colour: boolean;
  /** The terminal's width at this moment. */
  readonly columns: () => number;
}

/** Only warnings: --quiet. */
export function quietProgress({ write }: ProgressOptions): Progress {
  return {
    emit: (event) => {
      if (event.type === "log" && event.level === "warning") write(`warning: ${printable(event.message)}\n`);
    },
    suspend: () => undefined,
    finish: () => undefined,
  };
}

/** A step's line after the name of its stage: "build | go: downloading ...". */
export function outputLine({ stage, text }: Extract<Event, { type: "output" }>): string {
  return stage === undefined || stage === "" ? text : `${stage} | ${text}`;
}
