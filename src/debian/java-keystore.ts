// What ca-certificates-java makes of the certificates in a tree: the store of trusted ones that Java's TLS reads, in the format
// of JKS (openjdk sun/security/provider/JavaKeyStore.java). No code of the package runs.
import { createHash } from "node:crypto";
import { bytesOf } from "../base/bytes.ts";
import { digestOf } from "../base/digest.ts";
import type { DirectoryEntry, Entry, FileEntry, Origin } from "../tree/entry.ts";
import { joinPath, path } from "../tree/path.ts";
import type { Tree } from "../tree/tree.ts";
import { parseCertificate, trustedCertificates } from "./ca-certificates.ts";

const folder = path("/etc/ssl/certs/java");
const origins: readonly Origin[] = [
  { kind: "effect", effect: "update-ca-certificates-java", package: "ca-certificates-java" },
];

/** It guards nothing: every Java has it, and the store holds what everybody may know. */
const publicPassword = "changeit";
const magic = 0xfe_ed_fe_ed;
const formatVersion = 2;
const trustedCertificate = 2;

/**
 * The entries to lay over the tree; none where it has no certificates. `mtime`: seconds since the epoch, of the store's
 * entries, too.
 * @throws as `trustedCertificates` does
 */
export async function javaKeystore(tree: Tree, mtime: number): Promise<readonly Entry[]> {
  const trusted = new Map<string, Uint8Array>();
  for (const { linkName, text } of await trustedCertificates(tree)) {
    const certificate = parseCertificate(text);
    // Aliases of a JKS are the same in either case.
    if (certificate !== undefined) trusted.set(`debian:${linkName}`.toLowerCase(), certificate.raw);
  }
  if (trusted.size === 0) return [];
  const bytes = storeBytes(trusted, mtime);
  const common = { uid: 0, gid: 0, mtime, origins };
  const made: DirectoryEntry = { ...common, kind: "directory", path: folder, mode: 0o755 };
  const store: FileEntry = {
    ...common,
    kind: "file",
    path: joinPath(folder, "cacerts"),
    mode: 0o644,
    sizeBytes: bytes.length,
    digest: digestOf(bytes),
    content: bytesOf(bytes),
  };
  return [made, store];
}

/** The store of all certificates of a bundle (PEM), in its order. Those that can't be read are left out. */
export function keystoreOfBundle(bundle: string, seconds: number): Uint8Array {
  const trusted = new Map<string, Uint8Array>();
  for (const [text] of bundle.matchAll(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)) {
    const certificate = parseCertificate(Buffer.from(text));
    if (certificate !== undefined) trusted.set(`bundle:${trusted.size}`, certificate.raw);
  }
  return storeBytes(trusted, seconds);
}

/** @param trusted certificates (DER) by their aliases */
function storeBytes(trusted: ReadonlyMap<string, Uint8Array>, seconds: number): Buffer {
  const parts: Uint8Array[] = [uint32(magic), uint32(formatVersion), uint32(trusted.size)];
  const date = Buffer.alloc(8);
  date.writeBigInt64BE(BigInt(seconds) * 1000n);
  for (const [alias, certificate] of trusted) {
    parts.push(uint32(trustedCertificate), text(alias), date, text("X.509"));
    parts.push(uint32(certificate.length), certificate);
  }
  const body = Buffer.concat(parts);
  // Not a signature: the format has it against accidents.
  const sum = createHash("sha1")
    .update(Buffer.from(publicPassword, "utf16le").swap16())
    .update("Mighty Aphrodite")
    .update(body)
    .digest();
  return Buffer.concat([body, sum]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** As java.io.DataOutput writes texts; these are ASCII or nearly so. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
