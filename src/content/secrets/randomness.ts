// Whether a text can be a secret that was made by a machine, or is what people write in its place: examples, placeholders,
// references to something that is filled in later.

/** Words of examples; in any case, anywhere in the value. */
const exampleWords =
  /example|placeholder|change[_-]?(?:me|it|this)|redacted|dummy|sample|replace|insert|your|todo|test[_-]?(?:key|token)|fake|x{4}|\*{3}|0{8}|12345678|abcdefgh/i;

/** Distinct characters per character, and neighbours in the alphabet per pair: 40 random characters of 62 have about 0.7 and 0.03. */
const distinctRatioMin = 0.3;
const distinctMin = 8;
const stepsRatioMax = 0.3;

/** Whether the characters look drawn at random: many different ones, no runs, no example. For texts of 16 characters and more. */
export function looksRandom(text: string): boolean {
  if (exampleWords.test(text)) return false;
  const distinct = new Set(text).size;
  if (
    distinct < Math.min(distinctMin, text.length) ||
    distinct / Math.min(text.length, 32) < distinctRatioMin
  )
    return false;
  let steps = 0;
  for (let at = 1; at < text.length; at++) {
    const distance = text.charCodeAt(at) - text.charCodeAt(at - 1);
    if (distance >= -1 && distance <= 1) steps += 1;
  }
  return steps / text.length < stepsRatioMax;
}

/** What is written where a secret is filled in later: $NAME, ${NAME}, <name>, {{ name }}, %s, or a word that says so. */
const references = /^(?:\$.*|<.*>|\{.*\}|\[.*\]|%.*|@.*@|["']?|`.*`)$/s;
const words =
  /^(?:pass(?:word|wd|phrase)?|passw0rd|pwd?|secret|token|user(?:name)?|foo|bar|baz|qux|xyz+y?|abc|abc123|admin|root|guest|anonymous|none|null|nil|undefined|unset|empty|default|true|false|yes|no|on|off|enabled?|disabled?|optional|required|auto|prompt|dummy|test(?:ing)?|redacted|hidden|removed|masked|public|development|production|\d{1,5}|(.)\1*|\.+)$/i;

/** Whether the value stands for a secret without being one. */
export function isPlaceholder(value: string): boolean {
  const text = value.trim();
  return references.test(text) || words.test(text) || exampleWords.test(text);
}
