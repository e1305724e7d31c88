// What the runner (the programs in bin/, made from the C sources beside this) is told and tells. The setup of a step is a
// list of instructions, in the form that setup.h has; the status is lines: "error <errno> <text>", "exit <code>", "signal <number>".
import { constants } from "node:os";

/** Its name first, as setup.c and mounts.c know it. */
export type Instruction = readonly [string, ...(string | number | Uint8Array)[]];

/** A length of all, the number of instructions; of each the number of fields; of each field its length, its bytes, a zero byte. */
export function encodeSetup(instructions: readonly Instruction[]): Uint8Array {
  const chunks: Buffer[] = [numberBytes(instructions.length)];
  for (const fields of instructions) {
    chunks.push(numberBytes(fields.length));
    for (const field of fields) {
      const bytes = typeof field === "object" ? Buffer.from(field) : Buffer.from(String(field));
      chunks.push(numberBytes(bytes.length), bytes, Buffer.of(0));
    }
  }
  const body = Buffer.concat(chunks);
  return Buffer.concat([numberBytes(body.length), body]);
}

function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export interface RunnerStatus {
  /** What could not be done, with the system's own name of the failure. */
  readonly error?: string;
  readonly exitCode?: number;
  readonly signal?: string;
}

/** The status as a whole, once the runner has ended. The first error counts: others follow from it. */
export function parseStatus(text: string): RunnerStatus {
  const status: { error?: string; exitCode?: number; signal?: string } = {};
  for (const line of text.split("\n")) {
    const [, word = "", number = "", rest = ""] =
      /^(error|exit|signal) (\d{1,10})(?: (.*))?$/.exec(line) ?? [];
    if (word === "error") status.error ??= errorText(Number(number), rest.trim());
    if (word === "exit") status.exitCode = Number(number);
    if (word === "signal") status.signal = nameOf(constants.signals, Number(number)) ?? `signal ${number}`;
  }
  return status;
}

function errorText(code: number, what: string): string {
  return code === 0 ? what : `${what}: ${nameOf(constants.errno, code) ?? `error ${code}`}`;
}

function nameOf(table: Readonly<Record<string, number>>, value: number): string | undefined {
  return Object.keys(table).find((name) => table[name] === value);
}
