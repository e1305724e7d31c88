// Progress for logs: one line when something begins, one when it ends, in the order in which that happens.
import { unreachable } from "../../base/errors.ts";
import type { Event } from "../../base/events.ts";
import { printable } from "../text.ts";
import { formatSize, formatTime } from "../units.ts";
import { outputLine, type Progress, type ProgressOptions } from "./progress.ts";

export function plainProgress({ write, now }: ProgressOptions): Progress {
  const running = new Map<string, { readonly name: string; readonly startMs: number }>();
  const line = (text: string): void => write(`${printable(text)}\n`);
  const end = (id: string, what: (name: string, time: string) => string): void => {
    const unit = running.get(id);
    running.delete(id);
    line(what(unit?.name ?? id, unit === undefined ? "" : formatTime(now() - unit.startMs)));
  };
  const emit = (event: Event): void => {
    switch (event.type) {
      case "start": {
        running.set(event.id, { name: event.name, startMs: now() });
        const size =
          event.unit === "bytes" && event.total !== undefined ? ` (${formatSize(event.total)})` : "";
        line(`${event.name}${size} ...`);
        return;
      }
      case "advance":
      case "terminal":
        return;
      case "end": {
        const note = event.note === undefined ? "" : `: ${event.note}`;
        end(
          event.id,
          (name, time) => `${name} ${event.cached === true ? "cached" : `done in ${time}`}${note}`,
        );
        return;
      }
      case "fail":
        end(event.id, (name) => `${name} failed: ${event.message}`);
        return;
      case "output":
        line(outputLine(event));
        return;
      case "log":
        line(event.level === "warning" ? `warning: ${event.message}` : event.message);
        return;
      default:
        unreachable(event);
    }
  };
  return { emit, suspend: () => undefined, finish: () => undefined };
}
