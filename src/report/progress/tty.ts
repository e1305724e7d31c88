// Progress on a terminal: the work that is running, a line each, redrawn in place below what stays (notes, warnings,
// failures). Invariants: what is drawn is never wider than the terminal, so a line is a row; after `suspend` and `finish`
// no live row is left and the cursor is where the first one was.
import { unreachable } from "../../base/errors.ts";
import type { Event } from "../../base/events.ts";
import { type Style, styleFor } from "../style.ts";
import { printable, shorten } from "../text.ts";
import { formatSize, formatTime } from "../units.ts";
import { outputLine, type Progress, type ProgressOptions } from "./progress.ts";

const drawIntervalMs = 100;
const rowsMax = 6;
const nameColumnsMin = 8;
const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";
const eraseBelow = "\u001b[J";

interface Unit {
  readonly name: string;
  readonly startMs: number;
  readonly total: number | undefined;
  readonly unit: "bytes" | "items" | undefined;
  done: number;
}

export function ttyProgress(options: ProgressOptions): Progress {
  const { write, now, columns } = options;
  const style = styleFor(options.colour);
  const running = new Map<string, Unit>();
  let ended = 0;
  let rows = 0;
  let finished = false;
  let timer: NodeJS.Timeout | undefined;
  /** What is to stay, said while a shell has the terminal. */
  let held: string[] | undefined;

  const erase = (): string => (rows === 0 ? "" : `\r\u001b[${rows}A${eraseBelow}`);
  const suspend = (): void => {
    if (rows > 0) write(`${erase()}${showCursor}`);
    rows = 0;
    clearInterval(timer);
    timer = undefined;
  };
  const draw = (): void => {
    const lines = liveLines(running, ended, now(), columns() - 1).map((line) => style("dim", line));
    if (lines.length === 0) {
      suspend();
      return;
    }
    write(`${hideCursor}${erase()}${lines.map((line) => `${line}\n`).join("")}`);
    rows = lines.length;
  };
  const keep = (text: string): void => {
    if (held !== undefined) {
      held.push(text);
      return;
    }
    suspend();
    write(`${text}\n`);
  };
  const give = (isTaken: boolean): void => {
    suspend();
    const said = held ?? [];
    held = isTaken ? said : undefined;
    if (!isTaken) for (const text of said) keep(text);
  };
  const note = (event: Exclude<Event, { type: "terminal" }>): void => {
    if (event.type === "start") running.set(event.id, unitOf(event, now()));
    else if (event.type === "advance") {
      const unit = running.get(event.id);
      if (unit !== undefined) unit.done = event.done;
    } else {
      const unit = event.id === undefined ? undefined : running.get(event.id);
      const ends = event.type === "end" || event.type === "fail";
      if (ends && running.delete(event.id)) ended += 1;
      const text = keptLine(event, unit, now(), style);
      if (text !== undefined) keep(text);
    }
  };
  return {
    emit: (event) => {
      if (finished) return;
      if (event.type === "terminal") give(event.isTaken);
      else note(event);
      if (held !== undefined) return;
      // Drawn by the clock, not by events: a thousand events a second cost ten drawings.
      timer ??= setInterval(draw, drawIntervalMs).unref();
      if (running.size === 0) suspend();
    },
    suspend,
    finish: () => {
      give(false);
      finished = true;
    },
  };
}

function unitOf(event: Extract<Event, { type: "start" }>, nowMs: number): Unit {
  return { name: printable(event.name), startMs: nowMs, total: event.total, unit: event.unit, done: 0 };
}

/** The line that stays when something ended or is said; undefined where the live lines told enough. */
function keptLine(
  event: Exclude<Event, { type: "start" | "advance" | "terminal" }>,
  unit: Unit | undefined,
  nowMs: number,
  style: Style,
): string | undefined {
  switch (event.type) {
    case "end": {
      if (unit === undefined || event.note === undefined) return undefined;
      const time = event.cached === true ? "cached" : formatTime(nowMs - unit.startMs);
      return `${style("green", "✓")} ${unit.name}: ${printable(event.note)} ${style("dim", time)}`;
    }
    case "fail":
      return `${style("red", "✗")} ${unit?.name ?? printable(event.id)}: ${printable(event.message)}`;
    case "output":
      return printable(outputLine(event));
    case "log": {
      const text = printable(event.message);
      return event.level === "warning" ? `${style("yellow", "warning:")} ${text}` : text;
    }
    default:
      return unreachable(event);
  }
}

/** The longest running work first, and how much more there is. */
function liveLines(
  running: ReadonlyMap<string, Unit>,
  ended: number,
  nowMs: number,
  columns: number,
): string[] {
  const units = [...running.values()];
  const lines = units.slice(0, rowsMax).map((unit) => {
    const figures = ` ${amountOf(unit)}${formatTime(nowMs - unit.startMs)}`;
    return `  ${shorten(unit.name, Math.max(columns - figures.length - 2, nameColumnsMin))}${figures}`;
  });
  const more = units.length > rowsMax ? `, ${units.length - rowsMax} more running` : "";
  const all = lines.length === 0 ? [] : [...lines, `  ${ended} done${more}`];
  return all.map((line) => shorten(line, columns));
}

function amountOf({ done, total, unit }: Unit): string {
  if (unit === undefined || done === 0) return "";
  const say = unit === "bytes" ? formatSize : String;
  return total === undefined ? `${say(done)} ` : `${say(done)} of ${say(total)} `;
}
