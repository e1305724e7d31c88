// What goes into the Authorization header: nothing, Basic, or a bearer token that is fetched, kept and renewed
// (distribution: docs/spec/auth/{token,oauth}.md).
import { collect } from "../../base/bytes.ts";
import { ToolError } from "../../base/errors.ts";
import {
  type HttpMethod,
  type HttpRequestOptions,
  type HttpResponse,
  isPassingConnectionError,
  retryAfterMs,
} from "../../base/http.ts";
import { limits } from "../../base/limits.ts";
import { isLoopback } from "../reference.ts";
import { type Challenge, type Scope, scopeNames } from "./challenge.ts";
import type { Connections } from "./connections.ts";
import type { Credentials, FindCredentials } from "./credentials.ts";
import { describeUrl, type Secrets, sanitize } from "./redact.ts";
import { isTransientStatus, Transient } from "./retry.ts";

/** Whom to authorise for what. */
export interface Audience {
  readonly registry: string;
  readonly insecure: boolean;
  readonly scopes: readonly Scope[];
}

export interface Authorizer {
  /**
   * The header for these challenges; undefined: send none. `refused` is a header that the registry just answered with
   * 401: a new token is fetched in its place.
   * @throws ToolError "unauthorized", "registry", "network", "configuration"; Transient
   */
  header(
    audience: Audience,
    challenges: readonly Challenge[],
    signal: AbortSignal,
    refused?: string,
  ): Promise<string | undefined>;
  /** Where the credentials of a registry came from, for messages. */
  credentialsSource(audience: Audience, signal: AbortSignal): Promise<string | undefined>;
}

export interface AuthorizerParts {
  readonly connections: Connections;
  readonly findCredentials: FindCredentials;
  readonly secrets: Secrets;
  readonly now: () => number;
}

interface HeldToken {
  readonly header: string;
  readonly expiresAt: number;
}

/** A token is renewed this long before it ends, so that it doesn't end on the way. */
const renewalMarginMs = 5_000;
/** What the token specification supposes where `expires_in` is absent. */
const tokenLifeSecondsDefault = 60;
const clientId = "distill";

export function createAuthorizer(parts: AuthorizerParts): Authorizer {
  const tokens = new Map<string, Promise<HeldToken>>();
  const credentials = new Map<string, Promise<Credentials | undefined>>();
  const credentialsFor = (audience: Audience, signal: AbortSignal): Promise<Credentials | undefined> => {
    const repository = audience.scopes[0]?.repository ?? "";
    return memoised(credentials, `${audience.registry} ${repository}`, async () => {
      const found = await parts.findCredentials(audience.registry, repository, signal);
      if (found !== undefined) protect(parts.secrets, found);
      return found;
    });
  };
  return {
    credentialsSource: async (audience, signal) => (await credentialsFor(audience, signal))?.source,
    async header(audience, challenges, signal, refused) {
      const held = await credentialsFor(audience, signal);
      if (held?.kind === "registry-token") return `Bearer ${held.token}`;
      const bearer = challenges.find((one) => one.scheme === "bearer" && one.parameters.has("realm"));
      if (bearer === undefined) {
        const basic = challenges.some((one) => one.scheme === "basic");
        return basic && held?.kind === "password" ? basicHeader(held) : undefined;
      }
      const names = scopeNames(audience.scopes, bearer);
      const key = JSON.stringify([
        audience.registry,
        bearer.parameters.get("realm"),
        bearer.parameters.get("service"),
        names,
      ]);
      const known = await tokens.get(key);
      if (
        known !== undefined &&
        (known.header === refused || known.expiresAt - renewalMarginMs <= parts.now())
      ) {
        tokens.delete(key);
      }
      const token = await memoised(tokens, key, () =>
        fetchToken(parts, audience, bearer, names, held, signal),
      );
      return token.header;
    },
  };
}

/** One computation per key; a failure is forgotten. */
function memoised<T>(held: Map<string, Promise<T>>, key: string, compute: () => Promise<T>): Promise<T> {
  const known = held.get(key);
  if (known !== undefined) return known;
  const computed = compute();
  held.set(key, computed);
  computed.catch(() => held.delete(key));
  return computed;
}

function protect(secrets: Secrets, credentials: Credentials): void {
  if (credentials.kind !== "password") {
    secrets.add(credentials.token);
    return;
  }
  secrets.add(credentials.password);
  secrets.add(basicHeader(credentials).slice("Basic ".length));
}

function basicHeader(credentials: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
}

async function fetchToken(
  parts: AuthorizerParts,
  audience: Audience,
  bearer: Challenge,
  scopes: readonly string[],
  credentials: Credentials | undefined,
  signal: AbortSignal,
): Promise<HeldToken> {
  const realm = parseRealm(bearer.parameters.get("realm") ?? "", audience);
  const what = `getting a token for ${audience.registry} from ${describeUrl(realm)}`;
  const { method, url, options } = tokenRequest(realm, bearer.parameters.get("service"), scopes, credentials);
  try {
    const http = await parts.connections.clientFor(url, audience.insecure);
    const response = await http.request(method, url.href, { ...options, signal });
    if (response.status !== 200) throw refusal(parts, response, what, audience, credentials);
    const body = await collect(response.body, limits.registryTokenBytesMax, "a token");
    return heldToken(parts, body, what);
  } catch (thrown) {
    if (!(thrown instanceof ToolError) || thrown.code !== "network") throw thrown;
    const failure = new ToolError("network", { what, why: parts.secrets.redact(thrown.why) });
    throw isPassingConnectionError(thrown.cause) ? new Transient(failure) : failure;
  }
}

function parseRealm(text: string, audience: Audience): URL {
  const what = `logging in to ${audience.registry}`;
  const realm = URL.canParse(text) ? new URL(text) : undefined;
  if (realm === undefined || (realm.protocol !== "https:" && realm.protocol !== "http:")) {
    throw new ToolError("registry", {
      what,
      why: `its token address ${JSON.stringify(sanitize(text))} is not a URL`,
    });
  }
  if (
    realm.protocol === "http:" &&
    !audience.insecure &&
    !(isLoopback(realm.host) && isLoopback(audience.registry))
  ) {
    throw new ToolError("registry", {
      what,
      why: `its token address ${describeUrl(realm)} is plain HTTP, which would show the credentials to the network`,
      hint: `if that is meant, use --insecure-registry ${audience.registry}`,
    });
  }
  return realm;
}

interface TokenRequest {
  readonly method: HttpMethod;
  readonly url: URL;
  readonly options: HttpRequestOptions;
}

function tokenRequest(
  realm: URL,
  service: string | undefined,
  scopes: readonly string[],
  credentials: Credentials | undefined,
): TokenRequest {
  if (credentials?.kind === "identity-token") {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: clientId,
      refresh_token: credentials.token,
    });
    if (service !== undefined) form.set("service", service);
    if (scopes.length > 0) form.set("scope", scopes.join(" "));
    const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
    return { method: "POST", url: realm, options: { headers, body: Buffer.from(form.toString()) } };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const login = credentials?.kind === "password" ? { authorization: basicHeader(credentials) } : {};
  if (credentials?.kind === "password") url.searchParams.set("account", credentials.username);
  return { method: "GET", url, options: { headers: { accept: "application/json", ...login } } };
}

function refusal(
  parts: AuthorizerParts,
  response: HttpResponse,
  what: string,
  audience: Audience,
  credentials: Credentials | undefined,
): Error {
  response.discard();
  const { status } = response;
  if (isTransientStatus(status)) {
    const failure = new ToolError("registry", { what, why: `it answered with status ${status}` });
    return new Transient(failure, retryAfterMs(response.headers.get("retry-after"), parts.now()));
  }
  if (status === 400 || status === 401 || status === 403) {
    const why =
      credentials === undefined
        ? `it answered with status ${status}, and no credentials are known for ${audience.registry}`
        : `it answered with status ${status} to the credentials from ${credentials.source}`;
    return new ToolError("unauthorized", { what, why, hint: loginHint(audience.registry) });
  }
  return new ToolError("registry", { what, why: `it answered with status ${status}` });
}

export function loginHint(registry: string): string {
  return `log in with "docker login ${registry}" or "podman login ${registry}", and check that the name is right`;
}

function heldToken(parts: AuthorizerParts, body: Uint8Array, what: string): HeldToken {
  let answer: { token?: unknown; access_token?: unknown; expires_in?: unknown };
  try {
    answer = JSON.parse(Buffer.from(body).toString("utf8")) as typeof answer;
  } catch {
    throw new ToolError("registry", { what, why: "its answer is not JSON" });
  }
  const token = [answer.token, answer.access_token].find((one) => typeof one === "string" && one !== "");
  // Control characters would let an answer add headers of its own.
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
    throw new ToolError("registry", { what, why: "its answer holds no token" });
  }
  parts.secrets.add(token);
  const { expires_in: life } = answer;
  const seconds = typeof life === "number" && life > 0 ? life : tokenLifeSecondsDefault;
  return { header: `Bearer ${token}`, expiresAt: parts.now() + seconds * 1000 };
}
