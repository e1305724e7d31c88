// Lines of systemd's declarative files (sysusers.d(5), tmpfiles.d(5)): fields separated by blanks, some of them quoted.

/** The fields of a line; none where it is blank or a comment. */
export function splitConfigLine(line: string): string[] {
  const fields: string[] = [];
  if (/^\s*(?:#|$)/.test(line)) return fields;
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+))/y;
  for (;;) {
    const match = pattern.exec(line);
    if (match === null) return fields;
    fields.push((match[1] ?? match[2] ?? match[3] ?? "").replace(/\\(["'\\])/g, "$1"));
  }
}
