// Passwords in addresses: scheme://user:password@host (RFC 3986 3.2.1).
import { isPlaceholder } from "./randomness.ts";
import type { Verified } from "./rule.ts";

const at = 0x40;
const userInfo = new Uint8Array(256);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%!$&'()*+,;=:#^")
  userInfo[character.charCodeAt(0)] = 1;
const userInfoBytesMax = 512;
/** Of the text around an address's "//" that tell it: the scheme; user, password and host. */
export const addressBytesBefore = 40;
export const addressBytesMax: number = userInfoBytesMax + 300;

/** Calls `found` with the place of the "//" of every address that has a user and a password. */
export function addressPlaces(bytes: Buffer, found: (place: number) => void): void {
  for (let sign = bytes.indexOf(at); sign >= 0; sign = bytes.indexOf(at, sign + 1)) {
    let start = sign - 1;
    let colons = 0;
    const least = Math.max(2, sign - userInfoBytesMax);
    while (start >= least && userInfo[bytes[start] as number] === 1) {
      if (bytes[start] === 0x3a) colons += 1;
      start -= 1;
    }
    if (colons > 0 && bytes[start] === 0x2f && bytes[start - 1] === 0x2f && bytes[start - 2] === 0x3a)
      found(start - 1);
  }
}

const address =
  /([a-z][a-z0-9+.-]{1,30}):\/\/([^\s:@/]{0,200}):([^\s@/]{1,400})@((?:[A-Za-z0-9-]{1,63}\.){0,8}[A-Za-z0-9-]{1,63}|\[[0-9a-f:.]+\])/;
/** Names that documents use (RFC 2606), and words that stand for a host. */
const sampleHosts =
  /(?:^|\.)(?:example(?:\.(?:com|org|net|edu))?|test|invalid|domain\.(?:tld|com)|foo\.(?:com|org|bar)|bar\.com)$|^(?:host(?:name)?|server|proxy(?:host|server)?|hostspec|domain|address|url|myproxy|my-?server|some-?host|ftp\.server|site)$/i;
const sampleUsers = /^(?:user(?:name)?|login|anonymous|foo|name|me|john|joe|alice|bob|you|myuser|u)$/i;
const passwordLengthMin = 6;

/** The address whose "//" is at `place` of the text. */
export function addressAt(text: string, place: number): Verified | undefined {
  const start = Math.max(0, place - addressBytesBefore);
  const match = address.exec(text.slice(start, place + addressBytesMax));
  if (match === null) return undefined;
  const [whole, scheme = "", user = "", password = "", host = ""] = match;
  const begin = start + match.index;
  if (begin + scheme.length + 1 !== place || whole === "") return undefined;
  if (password.length < passwordLengthMin || isPlaceholder(password) || sampleHosts.test(host))
    return undefined;
  if (isFilledIn(password) || isPassword(password)) return undefined;
  if (sampleUsers.test(user) || password.toLowerCase() === user.toLowerCase()) return undefined;
  return { id: "url-password", what: `an address with a password (${scheme})`, at: begin };
}

/** What a program fills in, or a shell; expressions, formats, masks, entities, and what only follows a port. */
function isFilledIn(password: string): boolean {
  return (
    /[{}<>"`]|\$\(|\(\)|\.[*+]|\(\?|\*{3}|&(?:[a-z]{2,8}|#\d{1,5});/i.test(password) ||
    /^['$(]|['(]$|['"][+.,]|[+.,]['"]|^\d{1,5}[),;&]/.test(password) ||
    /%(?:[-+#\d.]{0,5}[sdrvqxu](?![0-9A-Fa-f])|\(|$)/.test(password)
  );
}

const passwordWords = /p[a4@]ss(?:w[o0]?r?d|phrase)?|s[e3]cret|anon(?:ymous)?/gi;
const wordsBeside =
  /your|my|our|the|some|user|name|db|data|base|admin|root|test|super|very|strong|long|safe|word|app|here|foo|bar|ftp|cvs|pserver|svn|git|rsync|[^a-z]/gi;

/** The words themselves, and the ways to the public archives of old. */
function isPassword(password: string): boolean {
  const rest = password.replace(passwordWords, "");
  return rest.length < password.length && rest.replace(wordsBeside, "") === "";
}
