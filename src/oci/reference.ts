// Names of images in registries, as Docker writes them: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]` (the grammar of
// github.com/distribution/reference). A name without a host means Docker Hub, there without a namespace `library/`.
//
// Invariant: a `Reference` is normalised; `registry` and `repository` are safe to put into a URL.
import { type Digest, parseDigest } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";

export interface Reference {
  /** Host with its port where one was written: "docker.io", "localhost:5000", "[::1]:5000". */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
  /** False where no host was written, so that registries.conf(5) may choose one. */
  readonly qualified: boolean;
}

export const defaultRegistry = "docker.io";

const nameBytesMax = 255;
const tagPattern = /^\w[\w.-]{0,127}$/;
const pathComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const domainComponent = /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])$/;

/**
 * Parses an image name. Without tag and digest the tag is "latest".
 * @throws ToolError "usage" that says which part is wrong
 */
export function parseReference(text: string): Reference {
  const refuse = (why: string, hint = "write it as [HOST[:PORT]/]NAME[:TAG][@sha256:DIGEST]"): ToolError =>
    new ToolError("usage", { what: `reading the image name ${JSON.stringify(text)}`, why, hint });
  if (text === "") throw refuse("it is empty");
  if (text.includes("://"))
    throw refuse("an image name has no scheme", `leave out "${text.split("://")[0]}://"`);
  const { name, tag, digestText } = splitSuffixes(text);
  if (tag !== undefined && !tagPattern.test(tag)) {
    throw refuse(`the tag ${JSON.stringify(tag)} is not 1 to 128 letters, digits, "_", "." or "-"`);
  }
  const digest = digestText === undefined ? undefined : parseDigest(digestText);
  if (digestText !== undefined && digest === undefined) {
    throw refuse(
      `the digest ${JSON.stringify(digestText)} is not "sha256:" and 64 lower-case hexadecimal digits`,
    );
  }
  const { domain, path } = splitDomain(name);
  const wrong =
    (domain === undefined ? undefined : wrongDomain(domain)) ?? wrongPath(path, domain !== undefined);
  if (wrong !== undefined) throw refuse(wrong.why, wrong.hint);
  const registry = domain === undefined || domain === "index.docker.io" ? defaultRegistry : domain;
  const repository = registry === defaultRegistry && !path.includes("/") ? `library/${path}` : path;
  if (registry.length + 1 + repository.length > nameBytesMax) {
    throw refuse(`the name is longer than ${nameBytesMax} characters`);
  }
  return {
    registry,
    repository,
    ...(tag === undefined && digest === undefined ? { tag: "latest" } : {}),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    qualified: domain !== undefined,
  };
}

/** The full spelling: always with the host, with the tag and the digest that it has. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}

/** Whether a registry host (with or without port) is this machine, so that plain HTTP doesn't leave it. */
export function isLoopback(registry: string): boolean {
  const host = registry.replace(/:\d+$/, "").toLowerCase();
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    host === "[::1]" ||
    /^127(?:\.\d{1,3}){3}$/.test(host)
  );
}

interface Suffixes {
  readonly name: string;
  readonly tag: string | undefined;
  readonly digestText: string | undefined;
}

function splitSuffixes(text: string): Suffixes {
  const at = text.indexOf("@");
  const digestText = at < 0 ? undefined : text.slice(at + 1);
  const rest = at < 0 ? text : text.slice(0, at);
  const colon = rest.lastIndexOf(":");
  // A colon before the last slash belongs to the host's port.
  if (colon < 0 || colon < rest.lastIndexOf("/")) return { name: rest, tag: undefined, digestText };
  return { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digestText };
}

function splitDomain(name: string): { readonly domain: string | undefined; readonly path: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const isDomain =
    slash >= 0 && (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase());
  return isDomain ? { domain: first, path: name.slice(slash + 1) } : { domain: undefined, path: name };
}

interface Wrong {
  readonly why: string;
  readonly hint?: string;
}

function wrongDomain(domain: string): Wrong | undefined {
  const found = /^(?<host>\[[0-9a-fA-F:]+\]|[^:]*)(?::(?<port>.*))?$/.exec(domain)?.groups;
  const host = found?.["host"] ?? domain;
  const port = found?.["port"];
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    return { why: `the port ${JSON.stringify(port)} of the host is not a number from 1 to 65535` };
  }
  if (host.startsWith("[") && host.endsWith("]")) return undefined;
  if (host.split(".").every((component) => domainComponent.test(component))) return undefined;
  return { why: `${JSON.stringify(host)} is not a host name` };
}

function wrongPath(path: string, hasDomain: boolean): Wrong | undefined {
  if (path === "") return { why: hasDomain ? "there is no name after the host" : "there is no name" };
  if (!hasDomain && /^[0-9a-f]{64}$/.test(path)) {
    return { why: "64 hexadecimal digits are an image's id, not a name", hint: "write NAME@sha256:DIGEST" };
  }
  const bad = path.split("/").find((component) => !pathComponent.test(component));
  if (bad === undefined) return undefined;
  if (bad === "") return { why: "there is an empty part between slashes" };
  if (bad !== bad.toLowerCase() && pathComponent.test(bad.toLowerCase())) {
    return {
      why: `${JSON.stringify(bad)} has capital letters`,
      hint: `write ${JSON.stringify(bad.toLowerCase())}`,
    };
  }
  return {
    why: `${JSON.stringify(bad)} is not lower-case letters and digits, joined by ".", "_", "__" or "-"`,
  };
}
