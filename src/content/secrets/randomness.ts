// Whether a text can be a secret that was made by a machine, or is what people write in its place: examples, placeholders,
// references to something that is filled in later. What rejects a text of random characters has to be rarer than one in a
// billion of them: a secret that is missed by chance is missed in the image that matters.

/** Nats: of a billion random texts, one is as odd. */
const surpriseMax = 21;

interface Alphabet {
  readonly form: RegExp;
  readonly size: number;
  /** Of two random characters: how often they are equal or neighbours in ASCII. */
  readonly steps: number;
}

/** The first that a text fits; what has more characters than the last has fewer steps, so that nothing random is lost. */
const alphabets: readonly Alphabet[] = [
  { form: /^\d+$/, size: 10, steps: 0.28 },
  { form: /^(?:[0-9a-f]+|[0-9A-F]+)$/, size: 16, steps: 0.172 },
  { form: /^(?:[0-9a-z]+|[0-9A-Z]+)$/, size: 32, steps: 0.09 },
];
const mixed: Alphabet = { form: /^/, size: 62, steps: 0.047 };

/** Words that are too long to stand in random characters by chance, or that stand apart. */
const longWords =
  /example|placeholder|change[_-]?(?:me[_-]|this)|changeme|redacted|your[_-]?(?:token|key|secret|access|api|personal|own|pass)|replace[_-]?(?:me|with|this)|insert[_-]?(?:your|here)|1234567890|0123456789|abcdefghij|(?<![A-Za-z0-9])(?:sample|dummy|fake|todo|your|test|insert|replace)(?![A-Za-z0-9])/i;
/** Words and numbers in one case, joined. */
const joinedWords = /^(?:(?:[a-z]+|\d+)(?:[_-](?:[a-z]+|\d+))+|(?:[A-Z]+|\d+)(?:[_-](?:[A-Z]+|\d+))+)$/;

/** Whether the characters can have been drawn at random: many different ones, no rows, no repeats, no example. For 16 and more. */
export function looksRandom(text: string): boolean {
  if (longWords.test(text) || (/[_-]/.test(text) && joinedWords.test(text))) return false;
  const alphabet = alphabets.find(({ form }) => form.test(text)) ?? mixed;
  return !hasFew(text, alphabet) && !isRow(text, 1, alphabet) && !isRow(text, 2, alphabet) && !repeats(text);
}

/** Whether so few different characters are odd: the ways to choose them, times how often only they are drawn. */
function hasFew(text: string, { size }: Alphabet): boolean {
  const distinct = new Set(text).size;
  if (distinct >= size) return false;
  let ways = 0;
  for (let index = 0; index < distinct; index++) ways += Math.log((size - index) / (index + 1));
  return ways + text.length * Math.log(distinct / size) < -surpriseMax;
}

/** Whether so many pairs at this distance are equal or neighbours that it is odd (Chernoff's bound): "abcd", "aaaa", "a1b2c3". */
function isRow(text: string, stride: number, { steps }: Alphabet): boolean {
  const pairs = text.length - stride;
  let near = 0;
  for (let at = stride; at < text.length; at++)
    if (Math.abs(text.charCodeAt(at) - text.charCodeAt(at - stride)) <= 1) near += 1;
  const ratio = near / pairs;
  if (ratio <= steps) return false;
  const rest = ratio === 1 ? 0 : (1 - ratio) * Math.log((1 - ratio) / (1 - steps));
  return pairs * (ratio * Math.log(ratio / steps) + rest) > surpriseMax;
}

/** Whether the text is one part again and again: "deadbeefdeadbeef". */
function repeats(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period++)
    if (text.startsWith(text.slice(period))) return true;
  return false;
}

/** Words of three letters and more, joined as names in programs are; 40 random letters are that once in a billion, 20 once in 20,000. */
export function looksLikeName(text: string): boolean {
  return /^[a-z]*(?:[_/+-]+[a-z]*|[A-Z][a-z]{2,})*$/.test(text);
}

/** What is written where a secret is filled in later: $NAME, ${NAME}, <name>, {{ name }}, %s, or a word that says so. */
const references = /^(?:\$.*|<.*>|\{.*\}|\[.*\]|%.*|@.*@|["']?|`.*`)$/s;
const words =
  /^(?:pass(?:word|wd|phrase)?|passw0rd|pwd?|secret|token|user(?:name)?|foo|bar|baz|qux|xyz+y?|abc|abc123|admin|root|guest|anonymous|none|null|nil|undefined|unset|empty|default|true|false|yes|no|on|off|enabled?|disabled?|optional|required|auto|prompt|dummy|test(?:ing)?|redacted|hidden|removed|masked|public|development|production|\d{1,5}|(.)\1*|\.+)$/i;
/** Words of examples, and what stands with them in one; letters that are left make it a value of its own. */
const exampleWords =
  /example|placeholder|change[_-]?(?:me|it|this)|redacted|dummy|sample|replace|insert|your|todo|test[_-]?(?:key|token)|fake|x{4,}|\*{3,}|0{8,}|12345678|abcdefgh/gi;
const fillers =
  /pass(?:word|wd|phrase|code)?|pwd|secret|token|access|private|public|client|api|auth|hash|keys?|user(?:name)?|login|account|admin|root|database|db|here|goes|value|string|some|real|actual|own|only|default|demo|name|docs?|text|config|github|gitlab|npm|slack|aws|the|this|my|me|with|from|for|in|is|of|to|an?|id|it|[^a-z]/gi;

/** Whether the value stands for a secret without being one: as a whole, a password may hold any word. */
export function isPlaceholder(value: string): boolean {
  const text = value.trim();
  if (references.test(text) || words.test(text)) return true;
  const rest = text.replace(exampleWords, "");
  return rest.length < text.length && rest.replace(fillers, "") === "";
}
