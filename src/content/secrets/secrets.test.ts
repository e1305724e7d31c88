// No secret stands here: keys are made when the tests run, tokens are put together from parts.
import { createHash, generateKeyPairSync, type KeyExportOptions } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { damaged, sequence } from "../../../testing/corpus.ts";
import { limits } from "../../base/limits.ts";
import { inMemory, type RandomAccess } from "../../formats/random-access.ts";
import type { Magic } from "../facts.ts";
import { searchSecrets, secretsIn } from "./secrets.ts";
import { checksumOf } from "./tokens.ts";

function found(content: string | Buffer, magic: Magic = "text"): string[] {
  const bytes = typeof content === "string" ? Buffer.from(content, "latin1") : content;
  return secretsIn(inMemory(bytes), magic).map(
    ({ at, id, line, what }) => `${id} ${at}:${line ?? "-"} ${what}`,
  );
}

const whats = (content: string | Buffer, magic: Magic = "text"): string[] =>
  found(content, magic).map((one) => one.replace(/^\S+ \S+ /, ""));

const digits = sequence(11);
function drawn(
  length: number,
  alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
): string {
  return Array.from({ length }, () => alphabet[digits(alphabet.length)] ?? "").join("");
}
const hex = "0123456789abcdef";

const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const dsa = generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 }).privateKey;
const ed = generateKeyPairSync("ed25519").privateKey;
const pem = (key: typeof rsa, type: "pkcs1" | "pkcs8" | "sec1", locked = false): string =>
  key
    .export({
      format: "pem",
      type,
      ...(locked ? { cipher: "aes-256-cbc", passphrase: "x" } : {}),
    } as KeyExportOptions<"pem">)
    .toString();

/** Apart from the rest, so that no header stands here. */
const word = ["PRI", "VATE"].join("");

/** PROTOCOL.key of OpenSSH, with random bytes where keys are. */
function openssh(cipher: string): string {
  const string = (value: string): string => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(value.length);
    return length.toString("latin1") + value;
  };
  const body = `openssh-key-v1\0${string(cipher)}${string("none")}${string("")}\0\0\0\u0001${string(drawn(51))}${string(drawn(136))}`;
  const base64 = Buffer.from(body, "latin1").toString("base64").replace(/.{70}/g, "$&\n");
  return `-----BEGIN OPENSSH ${word} KEY-----\n${base64}\n-----END OPENSSH ${word} KEY-----\n`;
}

/** A secret key packet of version 4, RSA, with an unprotected (0) or protected (254) secret part. */
function pgp(usage: number, gnu = ""): string {
  const number = `${String.fromCharCode(4, 0)}${drawn(128)}`;
  const packet = `\u0004\0\0\0\0\u0001${number}\0\u0011\u0001\0\u0001${String.fromCharCode(usage)}\u0009\u0003${gnu}${drawn(200)}`;
  const body = Buffer.from(
    `\u0095${String.fromCharCode(packet.length >> 8, packet.length & 255)}${packet}`,
    "latin1",
  );
  return `-----BEGIN PGP ${word} KEY BLOCK-----\nVersion: x\n\n${body.toString("base64")}\n=abcd\n-----END PGP ${word} KEY BLOCK-----\n`;
}

/** Encrypted anew, with another salt, until a line of the base64 begins with two slashes: one key in 150 has such a line. */
function keyWithSlashes(): string {
  for (;;) {
    const text = pem(rsa, "pkcs8", true);
    if (/^\/\//m.test(text)) return text;
  }
}

describe("private keys", () => {
  test.each<[string, string, string]>([
    ["PKCS#8", pem(rsa, "pkcs8"), "a PEM private key (PKCS#8, RSA)"],
    ["PKCS#1", pem(rsa, "pkcs1"), "a PEM private key (RSA)"],
    ["SEC1", pem(ec, "sec1"), "a PEM private key (EC)"],
    ["an elliptic curve in PKCS#8", pem(ec, "pkcs8"), "a PEM private key (PKCS#8, EC)"],
    ["DSA", pem(dsa, "pkcs8"), "a PEM private key (PKCS#8, DSA)"],
    ["Ed25519", pem(ed, "pkcs8"), "a PEM private key (PKCS#8, Ed25519)"],
    ["PKCS#8, encrypted", pem(rsa, "pkcs8", true), "a PEM private key (PKCS#8, encrypted)"],
    ["encrypted the old way", pem(rsa, "pkcs1", true), "a PEM private key (RSA, encrypted)"],
    ["OpenSSH", openssh("none"), "an OpenSSH private key"],
    ["OpenSSH, encrypted", openssh("aes256-ctr"), "an OpenSSH private key (encrypted)"],
    ["PGP", pgp(0), "a PGP private key"],
    ["PGP, encrypted", pgp(254), "a PGP private key (encrypted)"],
    [
      "with Windows' line ends",
      pem(rsa, "pkcs8").replaceAll("\n", "\r\n"),
      "a PEM private key (PKCS#8, RSA)",
    ],
    ["in a JSON string", JSON.stringify({ key: pem(ec, "pkcs8") }), "a PEM private key (PKCS#8, EC)"],
    ["indented in YAML", pem(ec, "pkcs8").replace(/^/gm, "    "), "a PEM private key (PKCS#8, EC)"],
    [
      "in source code, a string a line",
      pem(ec, "pkcs8")
        .trim()
        .split("\n")
        .map((line) => `  "${line}\\n" +`)
        .join("\n"),
      "a PEM private key (PKCS#8, EC)",
    ],
    ["in a comment", pem(ec, "pkcs8").trim().replace(/^/gm, "//"), "a PEM private key (PKCS#8, EC)"],
    ["a line that begins like a comment", keyWithSlashes(), "a PEM private key (PKCS#8, encrypted)"],
    [
      "a service account",
      JSON.stringify({ type: "service_account", private_key_id: "1", private_key: pem(rsa, "pkcs8") }),
      "the key of a Google service account",
    ],
  ])("%s", (_, content, expected) => {
    expect(whats(content)).toEqual([expected]);
    expect(whats(`${"x y\n".repeat(70_000)}${content}`)).toEqual([expected]);
  });

  test.each<[string, string]>([
    ["a header in a program", `if (text == "-----BEGIN ${word} KEY-----") x();`],
    ["both lines, nothing between", `-----BEGIN ${word} KEY-----\n-----END ${word} KEY-----\n`],
    ["an ellipsis", `-----BEGIN RSA ${word} KEY-----\nMIIEpAIBAAKCAQEA...\n-----END RSA ${word} KEY-----\n`],
    [
      "letters that are no key",
      `-----BEGIN RSA ${word} KEY-----\n${drawn(64)}\n${drawn(64)}\n-----END RSA ${word} KEY-----\n`,
    ],
    ["cut short", pem(rsa, "pkcs8").replace(/\n(?:[^\n-]+\n){5}-----END/, "\n-----END")],
    [
      "a public key",
      generateKeyPairSync("ed25519").publicKey.export({ format: "pem", type: "spki" }).toString(),
    ],
    ["a stub of GnuPG", pgp(254, "\0GNU\u0001")],
  ])("not %s", (_, content) => {
    expect(found(content)).toEqual([]);
  });

  test("in programs and in data", () => {
    const inside = `\0\0text\0${pem(rsa, "pkcs8")}\0more`;
    expect(found(inside, "elf")).toEqual(["private-key 7:- a PEM private key (PKCS#8, RSA)"]);
    expect(found(inside, "data")).toEqual(["private-key 7:- a PEM private key (PKCS#8, RSA)"]);
  });

  test("bare DER", () => {
    expect(whats(rsa.export({ format: "der", type: "pkcs8" }), "data")).toEqual([
      "a DER private key (PKCS#8, RSA)",
    ]);
    expect(whats(rsa.export({ format: "der", type: "pkcs1" }), "data")).toEqual(["a DER private key (RSA)"]);
    const locked = ec.export({ format: "der", type: "pkcs8", cipher: "aes-128-cbc", passphrase: "x" });
    expect(whats(locked, "data")).toEqual(["a DER private key (PKCS#8, encrypted)"]);
    const open = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
    expect(whats(open.export({ format: "der", type: "spki" }), "data")).toEqual([]);
  });

  const each = (sign: string, close = ""): string =>
    pem(ec, "pkcs8").trim().replace(/^/gm, sign).replace(/$/gm, close);
  const wide = (text: string): Buffer => Buffer.from(`\ufeff${text}`, "utf16le");
  const base64Of = (text: string): string => Buffer.from(text).toString("base64");
  const plainName = "a PEM private key (PKCS#8, EC)";
  test.each<[string, string | Buffer, string]>([
    ["a difference that adds it", each("+"), plainName],
    ["a difference that takes it away", each("-"), plainName],
    ["literals of bytes", each('b"', '\\n"'), plainName],
    ["references to characters", pem(ec, "pkcs8").replaceAll("\n", "&#10;"), plainName],
    ["UTF-16", wide(pem(ec, "pkcs8")), `${plainName} in UTF-16`],
    ["UTF-16, the larger byte first", wide(pem(ec, "pkcs8")).swap16(), `${plainName} in UTF-16`],
    ["a form's field", `key=${encodeURIComponent(pem(ec, "pkcs8"))}`, `${plainName} in an address or a form`],
    ["base64", `tls.key: ${base64Of(pem(ec, "pkcs8"))}\n`, `${plainName} in base64`],
    ["base64, a short key", base64Of(pem(ed, "pkcs8")), "a PEM private key (PKCS#8, Ed25519) in base64"],
    ["base64, moved by one", base64Of(`x${pem(ec, "pkcs8")}`), `${plainName} in base64`],
    ["base64, moved by two", base64Of(`xy${pem(ec, "pkcs8")}`), `${plainName} in base64`],
    [
      "base64 in lines",
      base64Of(pem(rsa, "pkcs1")).replace(/.{76}/g, "$&\n"),
      "a PEM private key (RSA) in base64",
    ],
  ])("in another writing: %s", (_, content, expected) => {
    for (const magic of ["text", "data"] as const) expect(whats(content, magic)).toEqual([expected]);
  });

  test("the shortest of bare DER", () => {
    expect(whats(ed.export({ format: "der", type: "pkcs8" }), "data")).toEqual([
      "a DER private key (PKCS#8, Ed25519)",
    ]);
  });

  test("PuTTY", () => {
    const key = (encryption: string): string =>
      `PuTTY-User-Key-File-3: ssh-rsa\nEncryption: ${encryption}\nComment: x\nPublic-Lines: 1\n${drawn(64)}\nPrivate-Lines: 1\n${drawn(64)}\n`;
    expect(whats(key("none"))).toEqual(["a PuTTY private key (ssh-rsa)"]);
    expect(whats(key("aes256-cbc"))).toEqual(["a PuTTY private key (ssh-rsa, encrypted)"]);
    expect(whats("PuTTY-User-Key-File-3: is what a file begins with")).toEqual([]);
  });
});

const summed = (prefix: string): string => {
  const random = drawn(30);
  return `${prefix}${random}${checksumOf(random)}`;
};
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (claims: Record<string, unknown>, algorithm = "RS256"): string =>
  `${base64({ alg: algorithm, typ: "JWT" })}.${base64(claims)}.${drawn(43)}`;

describe("tokens", () => {
  // GitHub's own example of the format.
  test("the checksum is a CRC-32 in base 62", () => {
    expect(checksumOf("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ")).toBe("0mLq17");
  });

  const macaroon = Buffer.from(`\u0002\u0001\u0008pypi.org\u0002${drawn(90)}`).toString("base64url");
  test.each<[string, string]>([
    ["a GitHub token", summed("ghp_")],
    ["a GitHub token", summed("ghs_")],
    ["a GitHub token", `github_pat_${drawn(22)}_${drawn(59)}`],
    ["an npm token", summed("npm_")],
    ["a GitLab token", `glpat-${drawn(20)}`],
    ["a PyPI token", `pypi-${macaroon}`],
    ["a Slack token", `xoxb-${drawn(12, "0123456789")}-${drawn(12, "0123456789")}-${drawn(24)}`],
    ["a Stripe key", `${["sk", "live"].join("_")}_${drawn(24)}`],
    ["an Anthropic key", `sk-ant-api03-${drawn(93)}AA`],
    ["an OpenAI key", `sk-proj-${drawn(58)}T3BlbkFJ${drawn(58)}`],
    ["a Hugging Face token", `hf_${drawn(34)}`],
    ["a DigitalOcean token", `dop_v1_${drawn(64, hex)}`],
    ["a Docker Hub token", `dckr_pat_${drawn(27)}`],
    ["a SendGrid key", `SG.${drawn(22)}.${drawn(43)}`],
    ["a Terraform token", `${drawn(14)}.atlasv1.${drawn(67)}`],
    ["a Vault token", `hvs.${drawn(95)}`],
    [
      "a signed JSON web token that does not expire",
      jwt({ iss: "kubernetes/serviceaccount", sub: "system" }),
    ],
  ])("%s: %s", (what, token) => {
    for (const around of ["%s", 'token = "%s"\n', "a:%s;b", "line\\n%s\\nline", "//x:_auth=%s"])
      expect(whats(around.replace("%s", token)), around).toEqual([what]);
    if (!token.includes(".atlasv1.")) expect(whats(`x${token}`)).toEqual([]);
  });

  test.each<[string, string]>([
    ["a wrong checksum", `ghp_${drawn(36)}`],
    ["a placeholder", `ghp_${"x".repeat(36)}`],
    ["an identifier", "sk_live_the_long_name_of_something_in_code"],
    ["too short", `glpat-${drawn(12)}`],
    ["a test key", `sk_test_${drawn(24)}`],
    ["a token that ends soon", jwt({ iss: "x", iat: 1_700_000_000, exp: 1_700_003_600 })],
    ["the sample of introductions", jwt({ sub: "1234567890", name: "John Doe" })],
    ["an unsigned token", jwt({ iss: "x" }, "none")],
    ["a Twilio key's form, without the name", `SK${drawn(32, hex)}`],
    ["a digest", createHash("sha256").update("x").digest("hex")],
  ])("not %s", (_, text) => {
    expect(found(text)).toEqual([]);
  });

  test("AWS: an id counts with its secret only, the documented one never", () => {
    const id = `AKIA${drawn(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}`;
    const secret = drawn(40);
    const both = `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`;
    expect(whats(both)).toEqual(["an AWS access key with its secret", "an AWS secret access key"]);
    expect(whats(`aws_access_key_id = ${id}\n`)).toEqual([]);
    expect(whats(`AWS_SECRET_ACCESS_KEY=${secret}`)).toEqual(["an AWS secret access key"]);
    expect(whats(`id AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY`)).toEqual([]);
  });
});

const encoded = (text: string): string => Buffer.from(text).toString("base64");

describe("places", () => {
  test("byte and line, in order", () => {
    const token = `glpat-${drawn(20)}`;
    const text = `one\ntwo\n  ${token}\nfour ${token}\n`;
    expect(found(text)).toEqual(["token 10:3 a GitLab token", "token 42:4 a GitLab token"]);
  });

  test("wherever chunks are cut", () => {
    const token = `glpat-${drawn(20)}`;
    const key = pem(ec, "pkcs8");
    for (const before of [1_048_576 - 40, 1_048_576 - 10, 1_048_576 - 1, 1_048_576, 1_048_576 + 1000]) {
      const text = `${`${"word ".repeat(200)}\n`.repeat(1050).slice(0, before - 1)} ${token}\n${key}`;
      expect(found(text).map((one) => one.split(":")[0])).toEqual([
        `token ${before}`,
        `private-key ${before + 27}`,
      ]);
    }
  });

  test("no more than the limit", () => {
    const text = Array.from({ length: 300 }, () => `glpat-${drawn(20)}\n`).join("");
    expect(found(text)).toHaveLength(limits.secretsPerKindMax);
    expect(found(text).at(-1)).toMatch(/ \(and 280 more of the kind\)$/);
  });

  test("many of one kind hide none of another", () => {
    const cheap = Array.from({ length: 300 }, () => `AIza${drawn(35)}\n`).join("");
    expect(whats(`${cheap}${pem(rsa, "pkcs8")}`)).toContain("a PEM private key (PKCS#8, RSA)");
  });

  test.each<[string, string]>([
    ["words of a header", `PRIVATE KEY \n`.repeat(8000)],
    ["digests", Array.from({ length: 8000 }, () => `"sha512-${drawn(86)}==",\n`).join("")],
  ])("what only looks like secrets takes nothing from those behind it: %s", (_, decoys) => {
    const result = searchSecrets(
      inMemory(Buffer.from(`${decoys}postgres://app:${drawn(12)}@db.internal/x\n${pem(ec, "pkcs8")}`)),
      "text",
    );
    expect(result.secrets.map((one) => one.id)).toEqual(["url-password", "private-key"]);
    expect(result.hidden).toBeUndefined();
  });

  test("where not all could be checked, that is told", () => {
    const decoys = `-----BEGIN ${word} KEY-----\n`.repeat(8000);
    expect(searchSecrets(inMemory(Buffer.from(decoys)), "text").hidden?.kind).toBe("limit");
    expect(searchSecrets(inMemory(Buffer.from(decoys)), "elf").hidden?.kind).toBe("limit");
    expect(searchSecrets(inMemory(Buffer.from(pem(ec, "pkcs8"))), "text").hidden).toBeUndefined();
  });
});

test("never throws, whatever the bytes, and reads nothing that isn't there", () => {
  const seeds = [
    pem(rsa, "pkcs1", true),
    openssh("none"),
    pgp(254),
    jwt({ iss: "x" }),
    `{"auths":{"r":{"auth":"${encoded("u:p")}"}}}`,
  ];
  const binary = [rsa.export({ format: "der", type: "pkcs1" }), Buffer.from(pgp(0))];
  const random = sequence(3);
  for (let round = 0; round < 500; round++) {
    for (const seed of [...seeds.map((one) => Buffer.from(one, "latin1")), ...binary]) {
      const bytes = damaged(seed, random);
      const strict: RandomAccess = {
        sizeBytes: bytes.length,
        read: (offset, length) => {
          expect(offset).toBeGreaterThanOrEqual(0);
          return inMemory(bytes).read(offset, length);
        },
      };
      for (const magic of ["text", "data", "elf"] as const) secretsIn(strict, magic);
    }
  }
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.constantFrom<Magic>("text", "data", "script", "elf"),
      (bytes, magic) => {
        secretsIn(inMemory(bytes), magic);
      },
    ),
  );
});

test.each<[string, string]>([
  ["a row of line ends", "\n"],
  ["opened sections", "[client]\n"],
  ["opened machines", "machine h login u "],
  ["colons", "a:"],
  ["headers", `-----BEGIN ${word} KEY-----\n`],
  ["quotes", '"'],
  ["half an address", "a://b:c"],
  ["signs", ":@"],
  ["JSON", '{"auths":{"auth":"'],
  ["token letters", "eyJ"],
  ["hash signs", "#"],
  ["halves of tokens", "eyJa.eyJb."],
])("what is read to verify is bounded: %s", (_, piece) => {
  const source = inMemory(Buffer.from(piece.repeat(Math.ceil(1_000_000 / piece.length)), "latin1"));
  let readBytes = 0;
  const counted: RandomAccess = {
    sizeBytes: source.sizeBytes,
    read: (offset, length) => {
      const bytes = source.read(offset, length);
      readBytes += bytes.length;
      return bytes;
    },
  };
  secretsIn(counted, "text");
  const { secretChecksBytesFree, secretChecksRatioMax } = limits;
  expect(readBytes).toBeLessThan(secretChecksBytesFree + (secretChecksRatioMax + 4) * source.sizeBytes);
});
