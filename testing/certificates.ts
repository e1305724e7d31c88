// A certificate authority and a server's certificate of its own, made by openssl.
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { runWell } from "./programs.ts";

export interface CertificateFiles {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Files for a server called "localhost", readable by every user. */
export async function certificatesIn(folder: string): Promise<CertificateFiles> {
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): Promise<string> =>
    runWell(["openssl", ...args], { cwd: folder });
  const key = ["-newkey", "rsa:2048", "-nodes"];
  await openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-subj",
    "/CN=Test CA",
    "-days",
    "2",
  );
  await openssl(
    ...[
      "req",
      "-x509",
      ...key,
      "-keyout",
      "tls.key",
      "-out",
      "tls.crt",
      "-subj",
      "/CN=localhost",
      "-days",
      "2",
    ],
    ...["-CA", "ca.crt", "-CAkey", "ca.key", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
  );
  await chmod(at("tls.key"), 0o644);
  return { authority: at("ca.crt"), certificate: at("tls.crt"), key: at("tls.key") };
}
