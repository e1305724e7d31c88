// Trust roots beside those of Node.js: SSL_CERT_FILE and SSL_CERT_DIR, as OpenSSL and Go read them.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, ToolError } from "./errors.ts";

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The PEM certificates that the environment names; none where it names none. Each once.
 * @throws ToolError "configuration" where SSL_CERT_FILE can't be read
 */
export async function readTrustRoots(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const file = environment["SSL_CERT_FILE"] ?? "";
  const folders = (environment["SSL_CERT_DIR"] ?? "").split(":").filter((folder) => folder !== "");
  const found = new Set<string>();
  if (file !== "") for (const one of await certificatesIn(file)) found.add(one);
  for (const folder of folders) for (const one of await certificatesInFolder(folder)) found.add(one);
  return [...found];
}

async function certificatesIn(file: string): Promise<readonly string[]> {
  try {
    return (await readFile(file, "latin1")).match(certificate) ?? [];
  } catch (thrown) {
    throw new ToolError("configuration", {
      what: `reading the trust roots ${file}`,
      why: messageOf(thrown),
      hint: "SSL_CERT_FILE must name a readable file of PEM certificates",
      cause: thrown,
    });
  }
}

/** A certificate folder may hold anything: what can't be read is passed over, as OpenSSL does. */
async function certificatesInFolder(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const found: string[] = [];
  for (const name of names) found.push(...(await certificatesIn(join(folder, name)).catch(() => [])));
  return found;
}
