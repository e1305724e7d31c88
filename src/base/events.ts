// Progress: typed events to an injected sink. Renderers (report/progress) turn them into a terminal's lines or JSON.

export type Event =
  /** A unit of work began. `id` is unique in the run; `total` is in `unit`s where known. */
  | {
      readonly type: "start";
      readonly id: string;
      readonly name: string;
      readonly total?: number;
      readonly unit?: "bytes" | "items";
    }
  | { readonly type: "advance"; readonly id: string; readonly done: number }
  /** It ended; `cached` where nothing had to be done. */
  | { readonly type: "end"; readonly id: string; readonly cached?: boolean; readonly note?: string }
  | { readonly type: "fail"; readonly id: string; readonly message: string }
  /** A line that a step of a build printed; `stage` is what it is prefixed with. */
  | {
      readonly type: "output";
      readonly id: string;
      readonly stage?: string;
      readonly stream: "stdout" | "stderr";
      readonly text: string;
    }
  /** A person's shell has the terminal, until it is given back: nothing else may write there. */
  | { readonly type: "terminal"; readonly isTaken: boolean }
  | {
      readonly type: "log";
      readonly id?: string;
      readonly level: "info" | "warning";
      readonly message: string;
    };

export type EventSink = (event: Event) => void;
