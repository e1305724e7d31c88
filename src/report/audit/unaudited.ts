// An image of several that couldn't be audited: reports of the others say that it is missing in them.

export interface Unaudited {
  /** As the user named it. */
  readonly reference: string;
  /** One line. */
  readonly why: string;
}
