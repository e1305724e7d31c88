// What a step prints: lines for progress, and the last of them for the error where it fails. Bounded in memory and in number;
// whatever a terminal would obey is taken out.

import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { EventSink } from "../../../../base/events.ts";
import { limits } from "../../../../base/limits.ts";

export interface StepOutput {
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Tells the last lines, also those without an end. */
  finish(): void;
  /** The last limits.failureLinesMax lines of both streams. */
  tail(): readonly string[];
}

export interface OutputOptions {
  readonly id: string;
  /** What the step is called. */
  readonly name: string;
  readonly stage?: string;
  readonly emit: EventSink;
}

/** Colours, cursor movements, titles (ECMA-48 section 5.4, and the strings that xterm takes). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const sequences = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** A line without what a terminal would obey: sequences are left out, other controls are shown as U+FFFD. */
export function harmless(line: string): string {
  return line.replace(sequences, "").replace(controls, "\ufffd");
}

/** Two streams into events and a tail. */
export function stepOutput({ emit, id, name, stage }: OutputOptions): StepOutput {
  const last: string[] = [];
  let told = 0;
  const tell = (stream: "stdout" | "stderr", raw: string): void => {
    const text = harmless(raw);
    last.push(text);
    if (last.length > limits.failureLinesMax) last.shift();
    told += text.length + 1;
    if (told > limits.stepOutputLengthMax) return;
    const cut = told + limits.stepLineLengthMax > limits.stepOutputLengthMax;
    emit({ type: "output", id, ...(stage === undefined ? {} : { stage }), stream, text });
    if (!cut) return;
    told = limits.stepOutputLengthMax;
    const message = `${name} printed more than ${limits.stepOutputLengthMax} characters; the rest is not shown`;
    emit({ type: "log", id, level: "warning", message });
  };
  const streams = [lines((text) => tell("stdout", text)), lines((text) => tell("stderr", text))] as const;
  return {
    stdout: streams[0].stream,
    stderr: streams[1].stream,
    finish: () => {
      for (const { end } of streams) end();
    },
    tail: () => last,
  };
}

/** Lines end with a line feed, or a carriage return: bars of progress. Of one that is too long, the beginning is kept. */
function lines(tell: (line: string) => void): { readonly stream: Writable; readonly end: () => void } {
  const decoder = new StringDecoder("utf8");
  let held = "";
  const take = (text: string): void => {
    // A carriage return at the end may be half of a line's end.
    const whole = text.endsWith("\r") ? text.slice(0, -1) : text;
    const parts = whole.split(/\r\n|[\r\n]/);
    const rest = parts.pop() ?? "";
    for (const part of parts) tell(shortened(part));
    // One more than is told: so that it is seen to be cut.
    held = `${rest.slice(0, limits.stepLineLengthMax + 1)}${whole === text ? "" : "\r"}`;
  };
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      take(`${held}${decoder.write(chunk)}`);
      done();
    },
  });
  const end = (): void => {
    const rest = `${held}${decoder.end()}`;
    held = "";
    if (rest !== "") tell(shortened(rest.replace(/\r$/, "")));
  };
  return { stream, end };
}

function shortened(line: string): string {
  const max = limits.stepLineLengthMax;
  return line.length <= max ? line : `${line.slice(0, max)} ... cut at ${max} characters`;
}
