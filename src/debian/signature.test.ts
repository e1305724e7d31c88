// Files in testing/corpus/signatures were made by gpg 2.2 on 2026-11-24 with one RSA key: the same text signed with SHA-1, with
// SHA-256, and with SHA-256 for one day only (--default-sig-expire 1d).
import { readFile } from "node:fs/promises";
import { generateKey } from "openpgp";
import { describe, expect, test } from "vitest";
import { clearSign, makeKey } from "../../testing/debian-repository.ts";
import { ToolError } from "../base/errors.ts";
import { readKeyring } from "./keyring.ts";
import { unverifiedText, verifyClearSigned } from "./signature.ts";

const corpus = (name: string): Promise<Buffer> =>
  readFile(new URL(`../../testing/corpus/signatures/${name}.asc`, import.meta.url));
const keyring = await readKeyring([{ name: "key.asc", content: await corpus("key") }]);
const sameDay = new Date("2026-11-24T23:00:00Z");
const weekLater = new Date("2026-12-01T00:00:00Z");

async function outcome(content: Uint8Array, now: Date, fingerprints?: readonly string[]): Promise<string> {
  try {
    const { text } = await verifyClearSigned(content, keyring, now, "a test", fingerprints);
    return text;
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    return `${thrown.code}: ${thrown.why}`;
  }
}

const text = "Suite: stable\n- dashed";
const fingerprint = keyring.keys[0]?.getFingerprint() ?? "";

describe("what gpg signed", () => {
  test.each<[summary: string, file: string, now: Date, expected: string | RegExp]>([
    ["SHA-256", "sha256", weekLater, text],
    ["SHA-1 is too weak", "sha1", sameDay, /^signature: key [0-9A-F]{16}: .*SHA1/],
    ["for one day, on that day", "one-day", sameDay, text],
    ["for one day, a week later", "one-day", weekLater, /^signature: key [0-9A-F]{16}: .*expired/],
    ["before it was signed", "sha256", new Date("2026-11-23T00:00:00Z"), /^signature: .*future/],
  ])("%s", async (_, file, now, expected) => {
    const found = await outcome(await corpus(file), now);
    if (typeof expected === "string") expect(found).toBe(expected);
    else expect(found).toMatch(expected);
  });

  test("the day on which it ends is known", async () => {
    const { notAfter } = await verifyClearSigned(await corpus("one-day"), keyring, sameDay, "a test");
    expect(new Date(notAfter).toISOString().slice(0, 10)).toBe("2026-11-25");
    expect((await verifyClearSigned(await corpus("sha256"), keyring, sameDay, "a test")).notAfter).toBe(
      Infinity,
    );
  });

  test.each<[string, readonly string[], boolean]>([
    ["the key", [fingerprint], true],
    ["the key exactly", [`${fingerprint.toLowerCase()}!`], true],
    ["another", ["F".repeat(40)], false],
  ])("restricted to %s", async (_, fingerprints, isValid) => {
    const found = await outcome(await corpus("sha256"), sameDay, fingerprints);
    expect(found === text).toBe(isValid);
    if (!isValid) expect(found).toMatch(/^signature: /);
  });
});

describe("a subkey's signature, restricted to", () => {
  const created = new Date("2026-01-01T00:00:00Z");
  const signing = generateKey({
    userIDs: [{ name: "Test archive" }],
    date: created,
    subkeys: [{ sign: true }, {}],
    format: "object",
  });
  const print = (key: { getFingerprint(): string } | undefined): string => key?.getFingerprint() ?? "";

  test.each<[string, (primary: string, signer: string, other: string) => readonly string[], boolean]>([
    ["the primary key", (primary) => [primary], true],
    ["the primary key exactly", (primary) => [`${primary}!`], false],
    ["the subkey", (_, signer) => [signer], true],
    ["the subkey exactly", (_, signer) => [`${signer}!`], true],
    ["another subkey", (_, __, other) => [other], false],
    ["another subkey and this one", (_, signer, other) => [other, `${signer}!`], true],
  ])("%s", async (_, choose, isValid) => {
    const { privateKey, publicKey } = await signing;
    const [signer, other] = publicKey.subkeys;
    const signed = await clearSign(
      "a",
      [{ privateKey: privateKey.armor(), publicKey: publicKey.write() }],
      sameDay,
    );
    const own = await readKeyring([{ name: "own", content: publicKey.write() }]);
    const fingerprints = choose(print(publicKey), print(signer), print(other));
    const verified = verifyClearSigned(Buffer.from(signed), own, weekLater, "a test", fingerprints);
    if (isValid) expect((await verified).signer).toBe(print(publicKey).toUpperCase());
    else
      await expect(verified).rejects.toMatchObject({
        code: "signature",
        why: expect.stringMatching(/Signed-By/) as string,
      });
  });
});

describe("a signature says nothing about", () => {
  test.each<[summary: string, edit: (signed: string) => string]>([
    ["a changed letter", (signed) => signed.replace("stable", "stablf")],
    ["an added line", (signed) => signed.replace("Suite", "Evil: yes\nSuite")],
    [
      "a line after the text",
      (signed) => signed.replace("\n-----BEGIN PGP SIGNATURE", "\nEvil: yes\n-----BEGIN PGP SIGNATURE"),
    ],
    [
      "a line in the armour's head",
      (signed) => signed.replace("Hash: SHA256\n", "Hash: SHA256\nEvil: yes\n"),
    ],
    ["text before it", (signed) => `Evil: yes\n\n${signed}`],
    ["text after it", (signed) => `${signed}Evil: yes\n`],
    [
      "a message before it",
      (signed) => `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nEvil: yes\n${signed}`,
    ],
  ])("%s", async (_, edit) => {
    const signed = (await corpus("sha256")).toString();
    expect(edit(signed)).not.toBe(signed);
    expect(await outcome(Buffer.from(edit(signed)), sameDay)).toMatch(/^signature: /);
  });
});

test("the unverified text is the signed one, dashes undone", async () => {
  expect(unverifiedText(await corpus("sha256")).trimEnd()).toBe(text);
  expect(unverifiedText(Buffer.from("Suite: plain\n"))).toBe("Suite: plain\n");
});

test("trailing blanks and other line ends are not part of what is signed, nor of what comes out", async () => {
  const key = await makeKey(new Date("2026-01-01T00:00:00Z"));
  const signed = await clearSign("a  \nb\t\n", [key], sameDay);
  const own = await readKeyring([{ name: "own", content: key.publicKey }]);
  const padded = signed.replace("\nb", "\nb  ");
  expect(padded).not.toBe(signed);
  const { text: found } = await verifyClearSigned(Buffer.from(padded), own, weekLater, "a test");
  expect(found).toBe("a\nb\n");
});
