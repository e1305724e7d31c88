// PEM private keys in another writing: in base64 (Kubernetes' Secrets, variables of builds), in UTF-16, as a form's field.
import { pemRule } from "./private-keys.ts";
import type { Verified } from "./rule.ts";

const words = "PRIVATE KEY";
const headerBytesMax = 96;

/** The words of a header in base64, which depends on where they stand in a group of three bytes; `phase` characters of theirs come first. */
export const base64KeyWords: readonly { readonly words: string; readonly phase: number }[] = [0, 1, 2].map(
  (before) => {
    const phase = Math.ceil((before * 8) / 6);
    const whole = Math.floor(((before + words.length) * 8) / 6);
    const text = Buffer.from(" ".repeat(before) + words, "latin1").toString("base64");
    return { words: text.slice(phase, whole), phase };
  },
);

/** The key whose header's words stand at `at` in base64, in one line or several. */
export function base64KeyAt(text: string, at: number, phase: number): Verified | undefined {
  const before = text.slice(Math.max(0, at - 2 * headerBytesMax), at).replace(/\s+/g, "");
  const run = /[A-Za-z0-9+/]*$/.exec(before)?.[0] ?? "";
  const whole = run.slice((run.length - phase) % 4);
  if (run.length < phase) return undefined;
  // A kubeconfig's key has a rule of its own.
  if (
    /client-key-data["']?\s*:\s*["']?[A-Za-z0-9+/]*$/.test(
      text.slice(Math.max(0, at - 2 * headerBytesMax), at),
    )
  )
    return undefined;
  const after = /^(?:[A-Za-z0-9+/]|\\n|\s)*/.exec(text.slice(at))?.[0] ?? "";
  const plain = Buffer.from(whole + after.replace(/\\n|\s/g, ""), "base64").toString("latin1");
  // At these words, no others: those of the line that ends a key stand after the same header.
  const place = ((whole.length - phase) / 4) * 3 + Math.floor((phase * 6) / 8);
  const key = pemRule(plain, place);
  return key === undefined ? undefined : { ...key, what: `${key.what} in base64`, at };
}

/** Every second byte, from those that stand at `at` on and before it. */
export function wideKeyAt(text: string, at: number): Verified | undefined {
  const first =
    Math.max(0, at - 2 * headerBytesMax) + (at % 2 === Math.max(0, at - 2 * headerBytesMax) % 2 ? 0 : 1);
  let narrow = "";
  for (let place = first; place < text.length; place += 2) narrow += text[place] ?? "";
  const key = pemRule(narrow, (at - first) / 2);
  return key === undefined ? undefined : { ...key, what: `${key.what} in UTF-16`, at: first + 2 * key.at };
}

/** As `application/x-www-form-urlencoded` and addresses write it. */
export function percentKeyAt(text: string, at: number): Verified | undefined {
  const start = Math.max(0, at - 2 * headerBytesMax);
  const plain = (part: string): string =>
    part
      .replaceAll("+", " ")
      .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const before = plain(text.slice(start, at));
  const key = pemRule(before + plain(text.slice(at)), before.length);
  return key === undefined ? undefined : { ...key, what: `${key.what} in an address or a form`, at };
}
