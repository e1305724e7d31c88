// Options of a build whose value has a form of its own: NAME=VALUE, and named contexts.
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { InvalidInput } from "../../base/diagnostics.ts";
import type { NamedContext } from "../../frontends/dockerfile/lower/options.ts";
import type { Environment } from "../context.ts";

/**
 * `NAME=VALUE` texts of an option. With an environment, a name alone takes its value from there, and is left out where that
 * has none (as docker does with --build-arg).
 * @throws InvalidInput
 */
export function namedValues(
  option: string,
  texts: readonly string[],
  environment?: Environment,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const text of texts) {
    const cut = text.indexOf("=");
    const name = cut < 0 ? text : text.slice(0, cut);
    if (name === "" || (cut < 0 && environment === undefined)) {
      throw wrongValue(`--${option} takes NAME=VALUE, not ${JSON.stringify(text)}`);
    }
    const value = cut < 0 ? environment?.[name] : text.slice(cut + 1);
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

export interface Contexts {
  readonly named: ReadonlyMap<string, NamedContext>;
  /** Folders of `local` operations, absolute, by their names; "context" among them. */
  readonly folders: ReadonlyMap<string, string>;
}

/**
 * `--build-context NAME=VALUE`: a folder, `docker-image://REF`, a git repository, or an archive at a URL.
 * @throws InvalidInput for a folder that isn't there
 */
export async function contextsOf(texts: readonly string[], context: string, cwd: string): Promise<Contexts> {
  const named = new Map<string, NamedContext>();
  const folders = new Map([["context", context]]);
  for (const [name, value] of namedValues("build-context", texts)) {
    const known = name.toLowerCase();
    const made = contextOf(known, value);
    named.set(known, made);
    if (made.kind !== "local") continue;
    const folder = resolve(cwd, value);
    const status = await stat(folder).catch(() => undefined);
    if (status?.isDirectory() !== true) throw wrongValue(`--build-context ${name}: ${value} is no folder`);
    folders.set(known, folder);
  }
  return { named, folders };
}

const imageScheme = "docker-image://";

function contextOf(name: string, value: string): NamedContext {
  if (value.startsWith(imageScheme)) return { kind: "image", reference: value.slice(imageScheme.length) };
  if (isGit(value)) return { kind: "git", url: value };
  if (/^https?:\/\//.test(value)) return { kind: "http", url: value };
  return { kind: "local", name };
}

/** As docker tells them from archives: by the scheme, by user@host:, or by a path that ends in .git. */
function isGit(value: string): boolean {
  return (
    /^(?:git|ssh):\/\//.test(value) ||
    /^git@[^/]+:/.test(value) ||
    /^https?:\/\/[^#]+\.git(?:#.*)?$/.test(value)
  );
}

function wrongValue(message: string): InvalidInput {
  return new InvalidInput([{ severity: "error", rule: "wrong-usage", message }]);
}
