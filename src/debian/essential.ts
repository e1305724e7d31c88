// Debian's essential packages: what every other package, and everybody who builds something, may rely on without saying so
// (Debian Policy 3.8). An image needs none of them; a stage in which things are built is nothing without.
import { type PackageRequest, parseRequest } from "./request.ts";
import type { Universe } from "./universe.ts";

/** Of the releases from bullseye on. One that a release hasn't got is no part of it. */
const essentialNames: readonly string[] = [
  "base-files",
  "base-passwd",
  "bash",
  "bsdutils",
  "coreutils",
  "dash",
  "debianutils",
  "diffutils",
  "dpkg",
  "findutils",
  "grep",
  "gzip",
  "hostname",
  "init-system-helpers",
  "libc-bin",
  "login",
  "ncurses-base",
  "ncurses-bin",
  "perl-base",
  "sed",
  "sysvinit-utils",
  "tar",
  "util-linux",
];

/** The requests with the essential packages of an archive, but for those that they ask for, or leave out, themselves. */
export function withEssential(
  requests: readonly PackageRequest[],
  universe: Universe,
): readonly PackageRequest[] {
  const named = new Set(requests.map(({ name }) => name));
  const missing = essentialNames.filter((name) => !named.has(name) && universe.versions(name).length > 0);
  return [...requests, ...missing.map(parseRequest)];
}
