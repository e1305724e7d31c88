// A Dockerfile of test/dockerfiles with its context, made on disk the same everywhere: modes and times are ours, not those that a
// checkout happens to have.
import { chmodSync, cpSync, lstatSync, lutimesSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

export interface DockerfileCase {
  /** The folder's. */
  readonly name: string;
  readonly folder: string;
  readonly options: CaseOptions;
}

export interface CaseOptions {
  /** Why the case is there, where its Dockerfile doesn't say. */
  readonly about?: string;
  /** Default: "Dockerfile". */
  readonly file?: string;
  readonly target?: string;
  /** "linux/arm64", or several with commas. */
  readonly platform?: string;
  /** "{server}" in a value is the file server' "127.0.0.1:PORT". */
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** By name: a folder below the case's ("./more"), or "docker-image://...". */
  readonly contexts?: Readonly<Record<string, string>>;
  /** By id, their content. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Hands an agent over as "default". */
  readonly ssh?: true;
  /** Why docker 20.10 is not asked: it lacks what the case is about. */
  readonly newerThanDocker20?: string;
  /** Permission bits that aren't 0644 or 0755. */
  readonly modes?: Readonly<Record<string, number>>;
  /** Makes what git doesn't keep: links with several names, devices, names with odd bytes. Runs as root. */
  readonly prepare?: (context: string) => void;
}

/** What everything in a context is dated to: 2024-02-03T04:05:06Z. */
const contextTime = 1_706_933_106;

/** All cases of a folder, in the order of their names. @throws Error where `table` tells of a case that isn't there */
export function casesIn(
  folder: string,
  table: Readonly<Record<string, CaseOptions>>,
): readonly DockerfileCase[] {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const lost = Object.keys(table).filter((name) => !names.includes(name));
  if (lost.length > 0) throw new Error(`no such folders in ${folder}: ${lost.join(", ")}`);
  return names.map((name) => ({ name, folder: join(folder, name), options: table[name] ?? {} }));
}

/** Makes the context of a case as the new folder `context`. */
export function makeContext({ folder, options }: DockerfileCase, context: string): void {
  rmSync(context, { recursive: true, force: true });
  cpSync(folder, context, { recursive: true, verbatimSymlinks: true });
  each(context, setMode);
  for (const [name, mode] of Object.entries(options.modes ?? {})) chmodSync(join(context, name), mode);
  options.prepare?.(context);
  each(context, (path) => lutimesSync(path, contextTime, contextTime));
}

function setMode(path: Buffer): void {
  const status = lstatSync(path);
  if (status.isSymbolicLink()) return;
  chmodSync(path, status.isDirectory() || (status.mode & 0o100) !== 0 ? 0o755 : 0o644);
}

/** Everything below a folder, what is in a folder before it. */
function each(top: string, visit: (path: Buffer) => void): void {
  const walk = (path: Buffer): void => {
    if (lstatSync(path).isDirectory()) {
      for (const name of readdirSync(path, { encoding: "buffer" })) {
        walk(Buffer.concat([path, Buffer.from("/"), name]));
      }
    }
    visit(path);
  };
  walk(Buffer.from(top));
}
