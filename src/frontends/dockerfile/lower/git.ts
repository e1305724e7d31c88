// Repositories as sources: `https://host/repo.git#ref:folder`, `git@host:repo`, with what a query says (docs.docker.com/build,
// "Git repositories"; moby/buildkit, frontend/dockerfile/dfgitutil).
import type { Span } from "../../../base/diagnostics.ts";
import type { GitOperation } from "../../../graph/operation.ts";
import { Mistake } from "./mistake.ts";
import { joined } from "./paths.ts";

/** `keepGitFolder` is absent where the URL does not say. */
export type GitSource = Omit<GitOperation, "kind" | "keepGitFolder"> & { readonly keepGitFolder?: boolean };

interface Parts {
  readonly remote: string;
  readonly query: string;
  readonly fragment: string;
}

/** Undefined where `text` names no repository. @throws Mistake "wrong-source" */
export function gitSource(text: string, span: Span): GitSource | undefined {
  const parts = partsOf(text, span);
  if (parts === undefined) return undefined;
  const colon = parts.fragment.indexOf(":");
  const ref = colon < 0 ? parts.fragment : parts.fragment.slice(0, colon);
  const folder = colon < 0 ? "" : joined(parts.fragment.slice(colon + 1)).slice(1);
  const found = new Map<string, string>();
  const set = (key: string, value: string): void => {
    const before = found.get(key) ?? "";
    if (before !== "" && before !== value) {
      throw new Mistake(
        "wrong-source",
        span,
        `the repository is given two values for ${key}: ${before} and ${value}`,
      );
    }
    found.set(key, value);
  };
  if (ref !== "") set("ref", ref);
  if (folder !== "") set("folder", folder);
  for (const [key, value] of new URLSearchParams(parts.query)) readQuery(key, value, set, span);
  const optional = {
    ref: found.get("ref"),
    checksum: found.get("checksum"),
    subdirectory: found.get("folder"),
    keepGitFolder: found.has("keep") ? found.get("keep") === "true" : undefined,
  };
  const given = Object.entries(optional).filter(([, value]) => value !== undefined);
  return { remote: parts.remote, ...(Object.fromEntries(given) as Omit<GitSource, "remote">) };
}

/** Those that may stand without a value, which is true then. */
const switches: readonly string[] = ["keep-git-dir", "submodules", "fetch-by-commit"];

function readQuery(key: string, value: string, set: (key: string, value: string) => void, span: Span): void {
  const wrong = (message: string, hint?: string): Mistake => new Mistake("wrong-source", span, message, hint);
  if (value === "" && !switches.includes(key)) throw wrong(`${key} of the repository has no value`);
  switch (key) {
    case "ref":
      set("ref", value);
      return;
    case "tag":
      set("ref", value.startsWith("refs/tags/") ? value : `refs/tags/${value}`);
      return;
    case "branch":
      set("ref", value.startsWith("refs/heads/") ? value : `refs/heads/${value}`);
      return;
    case "subdir":
      set("folder", joined(value).slice(1));
      return;
    case "checksum":
    case "commit":
      set("checksum", value);
      return;
    case "keep-git-dir":
      set("keep", String(truth(key, value, wrong)));
      return;
    case "fetch-by-commit":
      // How it is fetched; what is fetched is the same.
      truth(key, value, wrong);
      return;
    case "submodules":
      if (truth(key, value, wrong)) return;
      throw wrong("a repository without its submodules can't be asked for", "they are fetched always");
    case "mtime":
      if (value === "checkout") return;
      throw wrong(`mtime of the repository can't be ${value}`, "files have the time of the checkout");
    default:
      throw wrong(
        `${key} of a repository is not understood`,
        "ref, tag, branch, subdir, checksum and keep-git-dir are",
      );
  }
}

/** As Go reads booleans. */
function truth(key: string, value: string, wrong: (message: string, hint?: string) => Mistake): boolean {
  if (value === "" || /^(?:1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(?:0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw wrong(`${key} of the repository can't be ${value}`, "it is true or false");
}

function partsOf(text: string, span: Span): Parts | undefined {
  const scheme = /^([a-z0-9]+):\/\//i.exec(text)?.[1]?.toLowerCase();
  const [, remote, query = "", fragment = ""] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? [];
  if (remote === undefined) return undefined;
  if (scheme === undefined) {
    return /^[\w-]+@[a-z0-9.-]+:/i.test(remote) ? { remote, query, fragment } : undefined;
  }
  if (!["http", "https", "ssh", "git"].includes(scheme)) return undefined;
  if (scheme.startsWith("http") && !remote.endsWith(".git")) return undefined;
  // Over HTTP a token stands as the name of the user as well.
  const secret = /^[a-z0-9]+:\/\/[^/@]*:[^/@]*@/i.test(remote) ? "a password" : "a user name or token";
  if (secret === "a password" || /^https?:\/\/[^/@]*@/i.test(remote)) {
    throw new Mistake(
      "wrong-source",
      span,
      `the URL of the repository holds ${secret}`,
      "it would be in the history of the image: let git have it from its credential helper",
    );
  }
  return { remote, query, fragment };
}
