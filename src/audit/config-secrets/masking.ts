// What is shown of a config, without the secrets in it. Detectors and the closure work on the real config; every text of it that
// is printed goes through here first, before it is shortened: half a secret is one too.
import { lazy } from "../../base/lazy.ts";
import { limits } from "../../base/limits.ts";
import { secretsIn } from "../../content/secrets/secrets.ts";
import { inMemory } from "../../formats/random-access.ts";
import type { ImageConfig } from "../../oci/model.ts";
import { type Assignment, isNamedSecret, namedSecrets, namedSecretsOfWords } from "./names.ts";
import { configTexts } from "./texts.ts";

export interface Masker {
  /** A text of the config, or of a script that it starts. */
  readonly text: (text: string) => string;
  /** An argument list; an unknown word stays one. */
  readonly words: <T extends string | undefined>(words: readonly T[]) => (T | string)[];
  /** What a member called `name` holds. */
  readonly value: (name: string, value: string) => string;
  /** A sentence that may quote the config. */
  readonly prose: (text: string) => string;
}

export const mask = "***";

/** For what isn't shown. */
export const unmasked: Masker = {
  text: (text) => text,
  words: (words) => [...words],
  value: (_, value) => value,
  prose: (text) => text,
};

/** The masker of a config; without one, what secrets are by their names and structure is all there is to go by. */
export function maskerOf(config: ImageConfig | undefined): Masker {
  const known = lazy(() => knownSecrets(config));
  const masked = (text: string, named: readonly Assignment[], others: readonly Place[]): string => {
    const places = named.map(({ at, value }): Place => ({ start: at, end: at + value.length }));
    const left = withoutPlaces(text, [...places, ...others]);
    const { values } = known();
    return values === undefined ? left : left.replace(values, mask);
  };
  const all = (text: string, named: readonly Assignment[]): string =>
    masked(text, named, structuralPlaces(text));
  return {
    text: (text) => all(text, namedSecrets(text)),
    words: (words) => {
      const named = namedSecretsOfWords(words);
      return words.map((word, index) => (word === undefined ? word : all(word, named[index] ?? [])));
    },
    value: (name, value) => (isNamedSecret(name, value) ? mask : all(value, namedSecrets(value))),
    // There are many, and where the config has no secret, none quotes one.
    prose: (text) => (known().any ? masked(text, namedSecrets(text), []) : text),
  };
}

interface Place {
  readonly start: number;
  readonly end: number;
}

function withoutPlaces(text: string, places: readonly Place[]): string {
  let left = "";
  let from = 0;
  for (const { end, start } of places.toSorted((a, b) => a.start - b.start)) {
    if (end <= from) continue;
    left += start < from ? "" : text.slice(from, start) + mask;
    from = end;
  }
  return left + text.slice(from);
}

/** Kinds that are one word from their place on; of the others, more of the text belongs to the secret. */
const oneWord: ReadonlySet<string> = new Set([
  "token",
  "google-api-key",
  "json-web-token",
  "webhook",
  "url-password",
]);

function structuralPlaces(text: string): Place[] {
  const bytes = Buffer.from(text);
  return secretsIn(inMemory(bytes), "text").map(({ at, id }): Place => {
    if (!oneWord.has(id)) return { start: 0, end: text.length };
    const start = bytes.toString("utf8", 0, at).length;
    const length = /^[^\s"'`]*/.exec(text.slice(start))?.[0].length ?? 0;
    return { start, end: start + length };
  });
}

interface KnownSecrets {
  readonly any: boolean;
  /** Those that are told apart from other words wherever they stand. */
  readonly values: RegExp | undefined;
}

function knownSecrets(config: ImageConfig | undefined): KnownSecrets {
  const values = new Set<string>();
  let any = false;
  for (const { named, text } of config === undefined ? [] : configTexts(config)) {
    const places = structuralPlaces(text);
    any ||= named.length + places.length > 0;
    for (const { value } of named) if (isDistinct(value)) values.add(value);
    for (const { end, start } of places) {
      for (const [part] of text.slice(start, end).matchAll(/[^\s"'`]{16,}/g)) values.add(part);
    }
  }
  return { any, values: anyOf(values) };
}

const distinctLengthMin = 6;

/** Not `postgres`, which is the password of many a database, and its program. */
function isDistinct(value: string): boolean {
  if (value.length < distinctLengthMin || value.length > limits.maskedValueLengthMax) return false;
  return !/^[a-z]{1,11}$/i.test(value);
}

function anyOf(values: ReadonlySet<string>): RegExp | undefined {
  if (values.size === 0) return undefined;
  // Of two that begin alike the longer one, or its end would be left.
  const parts = [...values]
    .slice(0, limits.maskedValuesMax)
    .sort((a, b) => b.length - a.length)
    .map((one) => one.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(parts.join("|"), "g");
}
