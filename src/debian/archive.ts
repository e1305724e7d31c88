// An archive: one root below which dists/ and pool/ lie, its mirrors, and the suites that are wanted of it.
import type { KeyringPart } from "./keyring.ts";

export interface Archive {
  /** "debian", "debian-security"; names the archive in distill.lock, without a host. */
  readonly name: string;
  /** Root URLs in order of preference, without a slash at the end. */
  readonly mirrors: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly trust: Trust;
}

export interface Trust {
  /** Keys that may sign; read where they are needed. */
  readonly keyring: () => Promise<readonly KeyringPart[]>;
  /** Only keys with these fingerprints count, where given. */
  readonly fingerprints?: readonly string[];
  /** Takes an unsigned or wrongly signed archive. Said aloud at every use. */
  readonly unsignedAccepted: boolean;
  readonly checkValidUntil: boolean;
}

/** Where a file of an archive is, at every mirror. */
export function urlsOf(archive: Archive, path: string): string[] {
  return archive.mirrors.map((mirror) => `${mirror}/${path.split("/").map(encodeURIComponent).join("/")}`);
}
