// Removes credentials from everything that is printed: the password of a URL, Authorization headers, and the secrets that
// the program was given. Invariant: all output passes through one `Redactor`.

const mark = "***";
/** Shorter texts are not credentials, and removing them everywhere would make output unreadable. */
const secretLengthMin = 6;

export interface Redactor {
  /** Never print this text again, in its plain, URL or Base64 spelling. */
  readonly hide: (secret: string) => void;
  readonly clean: (text: string) => string;
}

export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  return {
    hide(secret) {
      if (secret.length < secretLengthMin) return;
      for (const spelling of spellings(secret)) secrets.add(spelling);
    },
    clean(text) {
      let cleaned = text;
      // Longest first: a secret may be part of another one's spelling.
      for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
        if (cleaned.includes(secret)) cleaned = cleaned.replaceAll(secret, mark);
      }
      return (
        cleaned
          // The scheme is looked back for, and not further than its end: text of dots and letters is read once.
          .replace(/(?<=[a-z0-9+.-]):\/\/[^\s/?#"'<>]*@/gi, `://${mark}@`)
          .replace(
            /\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:basic|bearer|digest|token)\s+)[^\s"',]+/gi,
            `$1${mark}`,
          )
          .replace(
            /([?&](?:[a-z_-]*token|password|secret|signature|x-amz-[a-z-]+)=)[^&\s"'#]+/gi,
            `$1${mark}`,
          )
      );
    },
  };
}

function spellings(secret: string): string[] {
  const lines = secret.includes("\n")
    ? secret.split("\n").filter((line) => line.length >= secretLengthMin)
    : [];
  const base64 = Buffer.from(secret, "utf8").toString("base64");
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, encodeURIComponent(secret), json, base64, base64.replace(/=+$/, ""), ...lines];
}
