// The shape of the tables of programs: rows of names that give the same primitives. Who adds a program adds it to one row.
import type { Primitive } from "../primitives.ts";

export interface ProgramRow {
  readonly gives: readonly Primitive[];
  /** Fingerprint ids, or base names of files, apart by spaces. */
  readonly programs: string;
}

/** The table by program. A program of several rows gives what all of them say, in the order of the first. */
export function byProgram(rows: readonly ProgramRow[]): ReadonlyMap<string, readonly Primitive[]> {
  const table = new Map<string, readonly Primitive[]>();
  for (const { gives, programs } of rows) {
    for (const program of programs.split(/\s+/)) {
      if (program !== "") table.set(program, [...new Set([...(table.get(program) ?? []), ...gives])]);
    }
  }
  return table;
}
