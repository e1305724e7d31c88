// What a name says of its value, and where texts of a config give names values: assignments of shells and Dockerfiles, options
// of commands. Every expression takes time in proportion to the text, which can be all of a config.
import { isPlaceholder } from "../../content/secrets/randomness.ts";

/** A value, and where in the text it stands. */
export interface Assignment {
  readonly name: string;
  readonly value: string;
  readonly at: number;
}

const assignment =
  /(?<![\w$-])(?:--?)?([A-Za-z_][\w-]{1,63})=(?:"((?:[^"\\]|\\.){1,2000})(?:"|$)|'([^']{1,2000})(?:'|$)|([^\s;|&"'`]{1,2000}))/dgs;
const option =
  /(?<!\S)--([a-z][a-z-]{2,40})[ \t]{1,100}(?:"([^"]{1,2000})(?:"|$)|'([^']{1,2000})(?:'|$)|([^\s;|&"'`-][^\s;|&"'`]{0,2000}))/dg;
/** Dockerfile's older form: `ENV NAME value`, as a history's entry ends. */
const oldForm = /(?<!\S)ENV\s{1,100}([A-Za-z_]\w{1,63})\s{1,100}([^\s=]{1,2000})\s{0,100}$/dgm;

/** What a line of a build sets: ENV, ARG, build arguments (`|1 TOKEN=x`), variables and options of a command. */
const forms = [assignment, option, oldForm];

/** Values whose name says that they are secret. */
export function namedSecrets(text: string): Assignment[] {
  const found: Assignment[] = [];
  for (const form of forms) {
    for (const match of text.matchAll(form)) {
      const [all, name = "", ...values] = match;
      const value = values.join("");
      // The value comes last, but for a quote or blanks.
      if (isNamedSecret(name, value)) found.push({ name, value, at: match.index + all.lastIndexOf(value) });
    }
  }
  return found;
}

/** The same of an argument list, by the word: `--password=x`, `--password x`, and what a command line among them assigns. */
export function namedSecretsOfWords(words: readonly (string | undefined)[]): (readonly Assignment[])[] {
  return words.map((word = "", index) => {
    const before = /^--?([A-Za-z][\w-]{0,63})$/.exec(words[index - 1] ?? "")?.[1];
    if (before !== undefined && !word.startsWith("-") && isNamedSecret(before, word))
      return [{ name: before, value: word, at: 0 }];
    const own = /^--?([A-Za-z][\w-]{0,63})=(.*)$/s.exec(word);
    if (own === null) return namedSecrets(word);
    const [, name = "", value = ""] = own;
    return isNamedSecret(name, value) ? [{ name, value, at: word.length - value.length }] : [];
  });
}

/** At the end of a name: DB_PASSWORD, dbPassword, SECRET_KEY_BASE, NPM_TOKEN; not TOKEN_TTL, not PASSWORD_FILE. */
const secretNames =
  /(?:password|passwd|passphrase|secret|token|api_?key|private_?key|access_?key|secret_?key(?:_?base)?|account_?key|signing_?key|encryption_?key|master_?key|deploy_?key|license_?key|credentials?|(?:^|_)(?:pass|pwd))\d{0,2}$/i;
/** Names that end like a secret's and hold none. */
const otherNames =
  /^(?:pwd|oldpwd)$|(?:public|publishable|anon|cancellation|csrf|next|page|continuation|max|min|no|use|allow|require|disable|enable|has|empty|random)[_-]?(?:\w+_)?(?:password|token|key|secret)$/i;
/** Longer than any name that somebody gave. */
const nameLengthMax = 200;
const valueLengthMin = 4;

/** Whether a name says that its value is secret, and the value can be one. */
export function isNamedSecret(name: string, value: string): boolean {
  if (name.length > nameLengthMax) return false;
  const plain = name.replaceAll(/[.-]/g, "_");
  return secretNames.test(plain) && !otherNames.test(plain) && isValue(value);
}

/** Whether it is a value, no reference to one: a path, a variable, a name of something that is filled in. */
function isValue(value: string): boolean {
  if (value.length < valueLengthMin || isPlaceholder(value)) return false;
  if (/^(?:\.{0,2}\/|~\/|file:|env:|vault:|secret:|arn:|projects\/)/.test(value)) return false;
  // A command fills it in, or a shell.
  return !/^\$|\$[({A-Z]|^`/.test(value);
}
