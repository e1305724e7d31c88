// What update-ca-certificates(8) makes of the certificates in a tree: the bundle, a link for each, and the links by subject
// hash that OpenSSL looks up. No code of the package runs.
import { X509Certificate } from "node:crypto";
import { bytesOf, collect } from "../base/bytes.ts";
import { digestOf } from "../base/digest.ts";
import { limits } from "../base/limits.ts";
import type { Entry, FileEntry, Origin } from "../tree/entry.ts";
import { compileGlob, matching } from "../tree/glob.ts";
import { baseName, comparePaths, joinPath, path, type TreePath, treePath } from "../tree/path.ts";
import { resolve } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import { subjectHash } from "./subject-hash.ts";

const certificatesFolder = path("/etc/ssl/certs");
const shippedFolder = path("/usr/share/ca-certificates");
const origins: readonly Origin[] = [
  { kind: "effect", effect: "update-ca-certificates", package: "ca-certificates" },
];

export interface Certificate {
  /** Of the certificate itself, for the link to it. */
  readonly path: TreePath;
  /** PEM. */
  readonly text: Buffer;
  /** Of its link in the certificates' folder: "ISRG_Root_X1.pem". */
  readonly linkName: string;
}

/**
 * The entries to lay over the tree; none where it has no certificates. `mtime`: seconds since the epoch.
 * @throws ToolError "limit" for a certificate of absurd size, and what reading a file of the tree throws
 */
export async function caCertificates(tree: Tree, mtime: number): Promise<readonly Entry[]> {
  const certificates = await trustedCertificates(tree);
  if (certificates.length === 0) return [];
  const common = { uid: 0, gid: 0, mtime, origins };
  const link = (name: string, target: string): Entry => ({
    ...common,
    kind: "symlink",
    path: joinPath(certificatesFolder, name),
    target,
    mode: 0o777,
  });
  const bundle = Buffer.concat(certificates.map(({ text }) => endedByNewline(text)));
  const bundleFile: FileEntry = {
    ...common,
    kind: "file",
    path: joinPath(certificatesFolder, "ca-certificates.crt"),
    mode: 0o644,
    sizeBytes: bundle.length,
    digest: digestOf(bundle),
    content: bytesOf(bundle),
  };
  const links = new Map(certificates.map((one) => [one.linkName, link(one.linkName, one.path)]));
  const hashed = hashLinks(certificates).map(({ name, target }) => link(name, target));
  return [bundleFile, ...links.values(), ...hashed];
}

/**
 * The certificates that a tree trusts, in the bundle's order.
 * @throws ToolError "limit" for a certificate of absurd size, and what reading a file of the tree throws
 */
export async function trustedCertificates(tree: Tree): Promise<readonly Certificate[]> {
  const certificates: Certificate[] = [];
  for (const entry of await selected(tree)) {
    const text = Buffer.from(await collect(entry.content, limits.settingsBytesMax, entry.path));
    certificates.push({ path: entry.path, text, linkName: linkName(entry.path) });
  }
  return certificates;
}

/** Those of ca-certificates.conf, or all where there is none; then the administrator's, each in its order. */
async function selected(tree: Tree): Promise<readonly FileEntry[]> {
  const shipped = filesIn(tree, "/usr/share/ca-certificates/**/*.crt");
  const conf = resolve(tree, path("/etc/ca-certificates.conf"))?.entry;
  const local = filesIn(tree, "/usr/local/share/ca-certificates/**/*.crt");
  if (conf?.kind !== "file") return [...shipped, ...local];
  const text = Buffer.from(await collect(conf.content, limits.settingsBytesMax, conf.path)).toString("utf8");
  const listed = text.split("\n").flatMap((line) => {
    if (line === "" || line.startsWith("#") || line.startsWith("!")) return [];
    const named = treePath(`${shippedFolder}/${line.trim()}`);
    const found = named === undefined ? undefined : resolve(tree, named)?.entry;
    return found?.kind === "file" ? [{ ...found, path: named ?? found.path }] : [];
  });
  return [...listed, ...local];
}

function filesIn(tree: Tree, glob: string): readonly FileEntry[] {
  return [...matching(tree, compileGlob(glob))]
    .filter((entry): entry is FileEntry => entry.kind === "file")
    .sort((a, b) => comparePaths(a.path, b.path));
}

/** As the script names it: blanks and commas become "_", parentheses "=". */
function linkName(certificate: TreePath): string {
  const name = baseName(certificate).replace(/\.crt$/, "");
  return `${name.replace(/[ ,]/g, "_").replace(/[()]/g, "=")}.pem`;
}

function endedByNewline(text: Buffer): Buffer {
  return text.at(-1) === 0x0a || text.length === 0 ? text : Buffer.concat([text, Buffer.from("\n")]);
}

/** openssl-rehash(1): `hash.N` for each distinct certificate, in the order of the links' names. */
function hashLinks(
  certificates: readonly Certificate[],
): readonly { readonly name: string; readonly target: string }[] {
  const seen = new Map<string, string[]>();
  const links: { name: string; target: string }[] = [];
  const byName = [...new Map(certificates.map((one) => [one.linkName, one])).values()];
  for (const { linkName: target, text } of byName.sort((a, b) => (a.linkName < b.linkName ? -1 : 1))) {
    const certificate = parseCertificate(text);
    const hash = certificate && subjectHash(certificate.raw);
    if (certificate === undefined || hash === undefined) continue;
    const same = seen.get(hash) ?? [];
    seen.set(hash, same);
    if (same.includes(certificate.fingerprint256)) continue;
    links.push({ name: `${hash}.${same.length}`, target });
    same.push(certificate.fingerprint256);
  }
  return links;
}

/** Undefined for what is none that can be read. */
export function parseCertificate(text: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    // openssl-rehash warns of what it can't read and goes on; the link and the bundle still have it.
    return undefined;
  }
}
