import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Event } from "../../base/events.ts";
import { ttyProgress } from "./tty.ts";

/** A terminal that knows the sequences that the renderer uses, and no others. */
function createTerminal(): {
  write: (text: string) => void;
  rows: () => string[];
  cursorShown: () => boolean;
  bytes: () => number;
} {
  let lines: string[] = [""];
  let row = 0;
  let column = 0;
  let shown = true;
  let bytes = 0;
  const put = (character: string): void => {
    const line = (lines[row] ?? "").padEnd(column);
    lines[row] = line.slice(0, column) + character + line.slice(column + 1);
    column += 1;
  };
  return {
    write: (text) => {
      bytes += text.length;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is parsed
      for (const [token] of text.matchAll(/\u001b\[\?25[hl]|\u001b\[\d+A|\u001b\[J|\r|\n|[^\u001b]/gu)) {
        if (token === "\u001b[?25h") shown = true;
        else if (token === "\u001b[?25l") shown = false;
        else if (token === "\u001b[J") lines = [...lines.slice(0, row), (lines[row] ?? "").slice(0, column)];
        else if (token.startsWith("\u001b")) row -= Number.parseInt(token.slice(2), 10);
        else if (token === "\r") column = 0;
        else if (token === "\n") {
          row += 1;
          column = 0;
          lines[row] ??= "";
        } else put(token);
      }
    },
    rows: () => lines.slice(0, lines.at(-1) === "" ? -1 : undefined),
    cursorShown: () => shown,
    bytes: () => bytes,
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function createProgress(columns = 40): {
  progress: ReturnType<typeof ttyProgress>;
  terminal: ReturnType<typeof createTerminal>;
} {
  const terminal = createTerminal();
  const options = { write: terminal.write, now: Date.now, colour: false, columns: () => columns };
  return { progress: ttyProgress(options), terminal };
}

describe("a shell at the terminal", () => {
  test("is left alone until it ends; what was said meanwhile comes then", () => {
    const { progress, terminal } = createProgress();
    progress.emit({ type: "start", id: "a", name: "first" });
    vi.advanceTimersByTime(100);
    progress.emit({ type: "terminal", isTaken: true });
    const before = terminal.bytes();
    progress.emit({ type: "log", level: "warning", message: "meanwhile" });
    progress.emit({ type: "start", id: "b", name: "second" });
    vi.advanceTimersByTime(500);
    expect({ bytes: terminal.bytes(), rows: terminal.rows() }).toEqual({ bytes: before, rows: [] });
    expect(terminal.cursorShown()).toBe(true);
    progress.emit({ type: "terminal", isTaken: false });
    expect(terminal.rows()).toEqual(["warning: meanwhile"]);
    vi.advanceTimersByTime(100);
    expect(terminal.rows()).toHaveLength(4);
    progress.finish();
  });
});

describe("live lines", () => {
  test("show what runs, in place, and go when it ends", () => {
    const { progress, terminal } = createProgress();
    progress.emit({ type: "start", id: "1", name: "fetching libc6", total: 2_000_000, unit: "bytes" });
    progress.emit({ type: "start", id: "2", name: "unpacking perl" });
    vi.advanceTimersByTime(100);
    expect(terminal.rows()).toEqual(["  fetching libc6 0.10 s", "  unpacking perl 0.10 s", "  0 done"]);
    progress.emit({ type: "advance", id: "1", done: 1_000_000 });
    progress.emit({ type: "end", id: "2" });
    vi.advanceTimersByTime(100);
    expect(terminal.rows()).toEqual(["  fetching lib… 1.0 MB of 2.0 MB 0.20 s", "  1 done"]);
    progress.emit({ type: "end", id: "1" });
    expect(terminal.rows()).toEqual([]);
    expect(terminal.cursorShown()).toBe(true);
  });

  test("notes, warnings and failures stay above them", () => {
    const { progress, terminal } = createProgress();
    progress.emit({ type: "start", id: "1", name: "resolving" });
    progress.emit({ type: "start", id: "2", name: "fetching" });
    vi.advanceTimersByTime(100);
    progress.emit({ type: "log", level: "warning", message: "old key" });
    progress.emit({ type: "end", id: "1", note: "91 packages" });
    vi.advanceTimersByTime(100);
    expect(terminal.rows()).toEqual([
      "warning: old key",
      "✓ resolving: 91 packages 0.10 s",
      "  fetching 0.20 s",
      "  1 done",
    ]);
    progress.emit({ type: "fail", id: "2", message: "refused" });
    expect(terminal.rows()).toEqual([
      "warning: old key",
      "✓ resolving: 91 packages 0.10 s",
      "✗ fetching: refused",
    ]);
  });

  test("are few, and never wider than the terminal", () => {
    const { progress, terminal } = createProgress(20);
    for (let id = 0; id < 30; id++)
      progress.emit({ type: "start", id: String(id), name: `a rather long name 日本 ${id}` });
    vi.advanceTimersByTime(100);
    expect(terminal.rows().length).toBe(7);
    expect(terminal.rows().at(-1)).toContain("24 more");
    for (const row of terminal.rows()) expect(row.length).toBeLessThan(20);
  });

  test("are drawn ten times a second, however many events there are", () => {
    const { progress, terminal } = createProgress();
    progress.emit({ type: "start", id: "1", name: "fetching", total: 10_000, unit: "items" });
    for (let done = 0; done < 10_000; done++) {
      progress.emit({ type: "advance", id: "1", done });
      if (done % 10 === 0) vi.advanceTimersByTime(1);
    }
    expect(terminal.bytes()).toBeLessThan(10 * 120);
  });

  test("make room for other output, and come back", () => {
    const { progress, terminal } = createProgress();
    progress.emit({ type: "start", id: "1", name: "working" });
    vi.advanceTimersByTime(100);
    progress.suspend();
    terminal.write("result\n");
    progress.emit({ type: "advance", id: "1", done: 1 });
    vi.advanceTimersByTime(100);
    expect(terminal.rows()).toEqual(["result", "  working 0.20 s", "  0 done"]);
  });
});

test("after the end nothing is left of them, whatever the events were", () => {
  const id = fc.constantFrom("1", "2", "3");
  const event = fc.oneof<fc.Arbitrary<Event>[]>(
    fc.record({ type: fc.constant("start" as const), id, name: fc.string() }),
    fc.record({ type: fc.constant("advance" as const), id, done: fc.nat() }),
    fc.record({ type: fc.constant("end" as const), id, note: fc.constant("noted") }),
    fc.record({ type: fc.constant("end" as const), id }),
    fc.record({ type: fc.constant("fail" as const), id, message: fc.constant("failed") }),
    fc.record({
      type: fc.constant("log" as const),
      level: fc.constant("info" as const),
      message: fc.constant("said"),
    }),
    fc.record({
      type: fc.constant("output" as const),
      id,
      stage: fc.constantFrom("build", "run"),
      stream: fc.constantFrom("stdout" as const, "stderr" as const),
      text: fc.constant("said"),
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.nat(300)), { maxLength: 40 }), (events) => {
      const { progress, terminal } = createProgress();
      for (const [one, delayMs] of events) {
        progress.emit(one);
        vi.advanceTimersByTime(delayMs);
      }
      progress.finish();
      progress.emit({ type: "start", id: "late", name: "late" });
      vi.advanceTimersByTime(1000);
      expect(terminal.cursorShown()).toBe(true);
      expect(
        terminal.rows().filter((row) => !/noted|failed$|^(?:build \| |run \| )?said$/.test(row)),
      ).toEqual([]);
    }),
  );
});
