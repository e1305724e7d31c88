// Options of the form key=value,key=value, as docker's command line takes them: one line of CSV (RFC 4180), whose fields may be
// quoted where a value holds a comma.

/** The fields in their order; undefined where the line isn't one. A field without "=" has the value undefined. */
export function optionFields(text: string): ReadonlyMap<string, string | undefined> | undefined {
  const fields = new Map<string, string | undefined>();
  const pattern = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    const field = match[1]?.replaceAll('""', '"') ?? match[2] ?? "";
    const cut = field.indexOf("=");
    const key = cut < 0 ? field : field.slice(0, cut);
    if (key === "" || fields.has(key)) return undefined;
    fields.set(key, cut < 0 ? undefined : field.slice(cut + 1));
    if (match[3] === "") return fields;
  }
}
