// What the readers of rpm's databases have in common: each goes through the records of bytes, and throws ToolError "malformed",
// with the place, as soon as it meets what can't be.

/** One value of the database: a package's header. */
export interface RpmRecord {
  readonly header: Uint8Array;
  /** Where it begins: "byte 4096", "page 12". */
  readonly at: string;
}
