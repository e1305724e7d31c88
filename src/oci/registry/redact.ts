// Credentials never leave this folder: every text that goes into an error or an event passes through `redact`.

export interface Secrets {
  add(secret: string): void;
  /** `text` with every known secret, and everything that looks like one in a URL, replaced by "***". */
  redact(text: string): string;
}

/** Shorter ones would blank out ordinary words; they are still covered inside URLs and Authorization values. */
const secretLengthMin = 4;

export function createSecrets(): Secrets {
  const known = new Set<string>();
  return {
    add(secret) {
      if (secret.length < secretLengthMin) return;
      known.add(secret);
      known.add(encodeURIComponent(secret));
    },
    redact(text) {
      let clean = text;
      for (const secret of [...known].sort((a, b) => b.length - a.length))
        clean = clean.replaceAll(secret, "***");
      return clean
        .replace(/\/\/[^/\s@]*@/g, "//***@")
        .replace(/\b(basic|bearer)\s+[\w.~+/=-]{8,}/gi, "$1 ***");
    },
  };
}

/** A URL for messages: no user, no query (signed URLs carry their signature there), no fragment. */
export function describeUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** A server's words for a message: one line, no control characters, not too long. */
export function sanitize(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the purpose
  const line = text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
