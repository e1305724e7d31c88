// The name under which OpenSSL looks for a certificate in a folder: the hash of its subject (openssl-x509(1),
// -subject_hash; X509_NAME_hash and x509_name_canon of OpenSSL >= 1.0). DER per X.690, certificates per RFC 5280.
import { createHash } from "node:crypto";

interface Element {
  readonly tag: number;
  /** Of tag and length. */
  readonly headerBytes: number;
  readonly content: Buffer;
  /** Tag, length and content. */
  readonly whole: Buffer;
}

const tags = { sequence: 0x30, set: 0x31, explicitVersion: 0xa0, utf8String: 12 } as const;

/** Eight hexadecimal digits; undefined where the bytes aren't a certificate. */
export function subjectHash(certificate: Buffer): string | undefined {
  const subject = subjectOf(certificate);
  if (subject === undefined) return undefined;
  const canonical: Buffer[] = [];
  for (const names of elements(subject.content)) {
    if (names.tag !== tags.set) return undefined;
    const attributes = elements(names.content)
      .map(canonicalAttribute)
      .sort((a, b) => Buffer.compare(a, b));
    canonical.push(encode(tags.set, Buffer.concat(attributes)));
  }
  const digest = createHash("sha1").update(Buffer.concat(canonical)).digest();
  return digest.readUInt32LE(0).toString(16).padStart(8, "0");
}

/** tbsCertificate: [0] version, serial number, signature, issuer, validity, subject ... */
function subjectOf(certificate: Buffer): Element | undefined {
  const [outer] = elements(certificate);
  const [body] = outer?.tag === tags.sequence ? elements(outer.content) : [];
  if (body?.tag !== tags.sequence) return undefined;
  const fields = elements(body.content);
  const subject = fields[fields[0]?.tag === tags.explicitVersion ? 5 : 4];
  return subject?.tag === tags.sequence ? subject : undefined;
}

/** String types that are compared as text, with how their characters are stored. */
const textTypes: Readonly<Record<number, "utf8" | "latin1" | "utf16" | "utf32">> = {
  12: "utf8",
  19: "latin1",
  20: "latin1",
  22: "latin1",
  26: "latin1",
  28: "utf32",
  30: "utf16",
};

/** type and value, where text is UTF-8 in lower case (of ASCII only) with its blanks folded. */
function canonicalAttribute(attribute: Element): Buffer {
  const [type, value] = elements(attribute.content);
  const encoding = value === undefined ? undefined : textTypes[value.tag];
  if (type === undefined || value === undefined || encoding === undefined) return attribute.whole;
  const folded = decodeText(value.content, encoding)
    .replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, "")
    .replace(/[ \t\n\v\f\r]+/g, " ")
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const text = encode(tags.utf8String, Buffer.from(folded, "utf8"));
  return encode(tags.sequence, Buffer.concat([type.whole, text]));
}

function decodeText(bytes: Buffer, encoding: "utf8" | "latin1" | "utf16" | "utf32"): string {
  switch (encoding) {
    case "utf8":
    case "latin1":
      return bytes.toString(encoding);
    case "utf16": {
      const units = Array.from({ length: bytes.length >> 1 }, (_, index) => bytes.readUInt16BE(index * 2));
      return units.map((unit) => String.fromCharCode(unit)).join("");
    }
    case "utf32": {
      const points = Array.from({ length: bytes.length >> 2 }, (_, index) => bytes.readUInt32BE(index * 4));
      return points.map((point) => (point > 0x10ffff ? "\ufffd" : String.fromCodePoint(point))).join("");
    }
  }
}

/** The elements in a row; empty where the bytes aren't DER. */
function elements(bytes: Buffer): readonly Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at);
    if (element === undefined) return [];
    found.push(element);
    at += element.whole.length;
  }
  return found;
}

function elementAt(bytes: Buffer, at: number): Element | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const headerBytes = 2 + lengthBytes;
  if (lengthBytes > 4 || at + headerBytes > bytes.length) return undefined;
  const length = lengthBytes === 0 ? first & 0x7f : bytes.readUIntBE(at + 2, lengthBytes);
  const end = at + headerBytes + length;
  if (end > bytes.length) return undefined;
  return { tag, headerBytes, content: bytes.subarray(at + headerBytes, end), whole: bytes.subarray(at, end) };
}

function encode(tag: number, content: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest & 0xff);
  const header = content.length < 0x80 ? [tag, content.length] : [tag, 0x80 | length.length, ...length];
  return Buffer.concat([Buffer.from(header), content]);
}
