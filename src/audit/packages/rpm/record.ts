// What the readers of rpm's databases have in common.

/** One value of the database: a package's header. */
export interface RpmRecord {
  readonly header: Uint8Array;
  /** Where it begins: "byte 4096", "page 12". */
  readonly at: string;
}

/** The records of a database. Throws ToolError "malformed", with the place, as soon as it meets what can't be. */
export type RecordReader = (bytes: Uint8Array, what: string) => Iterable<RpmRecord>;
