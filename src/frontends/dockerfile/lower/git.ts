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

function readQuery(key: string, value: string, set: (key: string, value: string) => void, span: Span): void {
  const switched = key === "keep-git-dir" || key === "fetch-by-commit";
  if (value === "" && !switched)
    throw new Mistake("wrong-source", span, `${key} of the repository has no value`);
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
      set("keep", String(value === "" || /^(1|t|true)$/i.test(value)));
      return;
    case "fetch-by-commit":
      // How it is fetched; what is fetched is the same.
      return;
    default:
      throw new Mistake(
        "wrong-source",
        span,
        `${key} of a repository is not understood`,
        "ref, tag, branch, subdir, checksum and keep-git-dir are",
      );
  }
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
  if (/^[a-z0-9]+:\/\/[^/@]*:[^/@]*@/i.test(remote)) {
    throw new Mistake(
      "wrong-source",
      span,
      "the URL of the repository holds a password",
      "it would be in the history of the image: let git have it from its credential helper",
    );
  }
  return { remote, query, fragment };
}
