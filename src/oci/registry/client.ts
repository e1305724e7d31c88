// Requests to a registry (OCI distribution-spec v1.1): the right scheme, authentication, redirects, errors in words.
// Invariant: credentials go to the registry's own origin and to its token address only, and into no message.
import { type Bytes, collect } from "../../base/bytes.ts";
import { systemCode, ToolError } from "../../base/errors.ts";
import {
  type HttpMethod,
  type HttpResponse,
  isPassingConnectionError,
  retryAfterMs,
} from "../../base/http.ts";
import type { Task } from "../../base/io.ts";
import { limits } from "../../base/limits.ts";
import { noteFailure } from "../noted-failure.ts";
import { defaultRegistry, isLoopback } from "../reference.ts";
import { type Audience, type Authorizer, createAuthorizer, loginHint } from "./authorization.ts";
import { type Challenge, parseChallenges, type Scope } from "./challenge.ts";
import { type Connections, type Environment, openConnections } from "./connections.ts";
import { credentialsFromFiles, type FindCredentials } from "./credentials.ts";
import { createSecrets, describeUrl, type Secrets, sanitize } from "./redact.ts";
import { type RegistriesConf, readRegistriesConf } from "./registries-conf.ts";
import { defaultRetryPolicy, isTransientStatus, type RetryPolicy, Transient, withRetries } from "./retry.ts";

export interface RegistryClientOptions {
  /** HOME, DOCKER_CONFIG, REGISTRY_AUTH_FILE, XDG_*, proxies, SSL_CERT_*; PATH for credential helpers. */
  readonly environment: Environment;
  readonly task: Task;
  /** Hosts, with a port or for every port, whose certificates aren't checked, and that may speak plain HTTP. */
  readonly insecureHosts?: readonly string[];
  /** Default: the network. */
  readonly connections?: Connections;
  readonly retry?: RetryPolicy;
  readonly findCredentials?: FindCredentials;
  /** Where the system's registries.conf(5) lies; default: /etc/containers. */
  readonly systemFolder?: string;
}

export interface RegistryClient {
  readonly task: Task;
  readonly conf: RegistriesConf;
  readonly retry: RetryPolicy;
  /** One request, without retries. @throws ToolError; Transient where another attempt may help */
  attempt(request: ApiRequest): Promise<HttpResponse>;
  /** Whether the user called this host insecure. */
  isInsecure(registry: string): boolean;
  /** Ends idle connections. */
  close(): void;
}

interface RequestBody {
  readonly sizeBytes: number;
  open(): Bytes;
}

export interface ApiRequest {
  /** The registry as references name it ("docker.io"). */
  readonly registry: string;
  readonly insecure: boolean;
  readonly scopes: readonly Scope[];
  readonly method: HttpMethod;
  /** "/v2/..." or the absolute address of an upload. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** The statuses that are answers; any other is an error. */
  readonly expect: readonly number[];
  /** What could not be done, for the error. */
  readonly what: string;
}

/** @throws ToolError "configuration" where registries.conf(5) can't be read */
export async function openRegistryClient(options: RegistryClientOptions): Promise<RegistryClient> {
  const connections = options.connections ?? openConnections(options.environment);
  const secrets = createSecrets();
  protectProxyPasswords(secrets, options.environment);
  const authorizer = createAuthorizer({
    connections,
    secrets,
    findCredentials: options.findCredentials ?? credentialsFromFiles(options.environment),
    now: options.task.now,
  });
  const context: Context = { connections, secrets, authorizer, task: options.task, origins: new Map() };
  const insecureHosts = new Set(options.insecureHosts ?? []);
  return {
    task: options.task,
    conf: await readRegistriesConf(options.environment, options.systemFolder),
    retry: options.retry ?? defaultRetryPolicy,
    attempt: (request) => attempt(context, request),
    isInsecure: (registry) => insecureHosts.has(registry) || insecureHosts.has(registry.replace(/:\d+$/, "")),
    close: () => connections.close(),
  };
}

/** One request, with retries. The body, where there is one, is opened anew for each. */
export function send(client: RegistryClient, request: ApiRequest): Promise<HttpResponse> {
  return withRetries(client.retry, client.task.signal, () => client.attempt(request));
}

interface Context {
  readonly connections: Connections;
  readonly secrets: Secrets;
  readonly authorizer: Authorizer;
  readonly task: Task;
  /** By registry and whether it is insecure. */
  readonly origins: Map<string, Promise<Origin>>;
}

interface Origin {
  readonly url: URL;
  challenges: readonly Challenge[];
}

async function attempt(context: Context, request: ApiRequest): Promise<HttpResponse> {
  const origin = await originOf(context, request);
  const url = addressOf(context, request, origin);
  const own = url.origin === origin.url.origin;
  const audience: Audience = request;
  const { signal } = context.task;
  let authorization = own ? await context.authorizer.header(audience, origin.challenges, signal) : undefined;
  let response = await follow(context, request, url, authorization);
  if (response.status === 401 && own) {
    const challenges = parseChallenges(response.headers.get("www-authenticate") ?? "");
    if (challenges.length > 0) origin.challenges = challenges;
    const again = await context.authorizer.header(audience, origin.challenges, signal, authorization);
    if (again !== undefined && again !== authorization) {
      response.discard();
      authorization = again;
      response = await follow(context, request, url, authorization);
    }
  }
  if (request.expect.includes(response.status))
    return { ...response, body: explained(context, request, url, response) };
  throw await failureOf(context, request, response);
}

/** Where a request goes. What an upload is to be sent to is the registry's word, as a redirect is. */
function addressOf(context: Context, request: ApiRequest, origin: Origin): URL {
  const { insecure, path, what } = request;
  const refuse = (why: string): ToolError =>
    new ToolError("registry", { what, why: context.secrets.redact(why) });
  const url = URL.canParse(path, origin.url.href) ? new URL(path, origin.url) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw refuse(`${origin.url.host} gave no valid address`);
  }
  if (isDowngrade(origin.url, url) && !insecure) {
    throw refuse(`${origin.url.host} leads from https to plain HTTP at ${url.host}`);
  }
  return url;
}

function isDowngrade(from: URL, to: URL): boolean {
  return from.protocol === "https:" && to.protocol === "http:";
}

/** Follows redirects; across hosts without the credentials. */
async function follow(
  context: Context,
  request: ApiRequest,
  start: URL,
  authorization: string | undefined,
): Promise<HttpResponse> {
  let url = start;
  for (let redirects = 0; ; redirects++) {
    const login = url.origin === start.origin && authorization !== undefined ? { authorization } : {};
    const response = await exchange(context, request, url, { ...request.headers, ...login });
    const location = response.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return response;
    response.discard();
    const refuse = (why: string): ToolError =>
      new ToolError("registry", { what: request.what, why: context.secrets.redact(why) });
    if (redirects >= limits.registryRedirectsMax) {
      throw refuse(
        `${url.host} redirects more than registryRedirectsMax (${limits.registryRedirectsMax}) times`,
      );
    }
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (next === undefined || !/^https?:$/.test(next.protocol))
      throw refuse(`${url.host} redirects to no valid address`);
    if (isDowngrade(url, next) && !request.insecure) {
      throw refuse(`${url.host} redirects from https to plain HTTP at ${next.host}`);
    }
    url = next;
  }
}

async function exchange(
  context: Context,
  request: ApiRequest,
  url: URL,
  headers: Readonly<Record<string, string>>,
): Promise<HttpResponse> {
  const { method, body, insecure } = request;
  const source = body === undefined ? undefined : noteFailure(body.open());
  try {
    const http = await context.connections.clientFor(url, insecure);
    const length = body === undefined ? {} : { "content-length": String(body.sizeBytes) };
    return await http.request(method, url.href, {
      headers: { "user-agent": "distill", ...length, ...headers },
      ...(source === undefined ? {} : { body: source.stream }),
      signal: context.task.signal,
    });
  } catch (thrown) {
    const noted = source?.failure();
    if (noted !== undefined) throw noted.thrown;
    throw connectionFailure(context, request, url, thrown);
  }
}

/** The body, with broken connections as errors that say what was being done. */
function explained(context: Context, request: ApiRequest, url: URL, response: HttpResponse): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      try {
        yield* response.body;
      } catch (thrown) {
        throw connectionFailure(context, request, url, thrown);
      }
    },
  };
}

/** What a broken connection means, before or within an answer. */
function connectionFailure(context: Context, request: ApiRequest, url: URL, thrown: unknown): unknown {
  if (!(thrown instanceof ToolError) || thrown.code !== "network") return thrown;
  const code = systemCode(thrown.cause);
  const hint = connectionHint(code, request.registry) ?? thrown.hint;
  const failure = new ToolError("network", {
    what: request.what,
    why: context.secrets.redact(`${describeUrl(url)}: ${sanitize(thrown.why)}`),
    ...(hint === undefined ? {} : { hint }),
    // The code alone: a message may hold the password of a proxy.
    ...(code === undefined ? {} : { cause: Object.assign(new Error(code), { code }) }),
  });
  return isPassingConnectionError(thrown.cause) ? new Transient(failure) : failure;
}

const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/;

function isCertificateError(failure: ToolError): boolean {
  return certificateCodes.test(systemCode(failure.cause) ?? "");
}

function connectionHint(code: string | undefined, registry: string): string | undefined {
  if (code === undefined) return undefined;
  if (certificateCodes.test(code)) {
    return `if its authority is to be trusted, name it in SSL_CERT_FILE; or use --insecure-registry ${registry}`;
  }
  if (code === "EPROTO" || code.startsWith("ERR_SSL")) {
    return `if it speaks plain HTTP only, use --insecure-registry ${registry}`;
  }
  return undefined;
}

/** Which scheme the registry speaks and how it wants to be asked, found out once by GET /v2/ (spec: "end-1"). */
function originOf(context: Context, request: ApiRequest): Promise<Origin> {
  const key = `${request.registry} ${request.insecure}`;
  const known = context.origins.get(key);
  if (known !== undefined) return known;
  const found = findOrigin(context, request);
  context.origins.set(key, found);
  found.catch(() => context.origins.delete(key));
  return found;
}

async function findOrigin(context: Context, request: ApiRequest): Promise<Origin> {
  const { registry, insecure } = request;
  const host = registry === defaultRegistry ? "registry-1.docker.io" : registry;
  // Only what stays on this machine, or was called insecure, may go without TLS.
  const schemes = isLoopback(host) ? ["http:", "https:"] : insecure ? ["https:", "http:"] : ["https:"];
  const what = `reaching the registry ${registry}`;
  const probe: ApiRequest = { registry, insecure, scopes: [], method: "GET", path: "/v2/", expect: [], what };
  const failures: ToolError[] = [];
  for (const scheme of schemes) {
    const url = new URL(`${scheme}//${host}/`);
    try {
      const response = await exchange(context, probe, new URL("/v2/", url), {});
      if (scheme === "http:" && (await wantsTls(response))) continue;
      response.discard();
      const header = response.status === 401 ? (response.headers.get("www-authenticate") ?? "") : "";
      return { url, challenges: parseChallenges(header) };
    } catch (thrown) {
      const failure = thrown instanceof Transient ? thrown.failure : thrown;
      if (!(failure instanceof ToolError) || schemes.length === 1) throw thrown;
      failures.push(failure);
    }
  }
  // A certificate that is refused says more than plain HTTP that wasn't understood.
  throw failures.find((one) => isCertificateError(one)) ?? failures[0] ?? noAnswer(what);
}

function noAnswer(what: string): ToolError {
  return new ToolError("registry", { what, why: "it speaks neither HTTP nor HTTPS" });
}

/** Go's servers answer plain HTTP on a TLS port with a 400 in words. */
async function wantsTls(response: HttpResponse): Promise<boolean> {
  return response.status === 400 && /HTTPS/i.test(await errorText(response));
}

async function failureOf(context: Context, request: ApiRequest, response: HttpResponse): Promise<Error> {
  const { status } = response;
  const { registry, what } = request;
  const said = serverMessage(await errorText(response));
  const words = said === "" ? "" : `: ${said}`;
  const why = context.secrets.redact(`${registry} answered with status ${status}${words}`);
  if (status === 401 || status === 403) {
    const source = await context.authorizer.credentialsSource(request, context.task.signal);
    const used =
      source === undefined ? "no credentials are known for it" : `with the credentials from ${source}`;
    return new ToolError("unauthorized", { what, why: `${why} (${used})`, hint: loginHint(registry) });
  }
  if (status === 404) {
    return new ToolError("not-found", { what, why, hint: "check the name, the tag and the registry" });
  }
  const hint = status === 429 ? "too many requests: try again later, or log in" : undefined;
  const failure = new ToolError("registry", { what, why, ...(hint === undefined ? {} : { hint }) });
  if (!isTransientStatus(status)) return failure;
  return new Transient(failure, retryAfterMs(response.headers.get("retry-after"), context.task.now()));
}

async function errorText(response: HttpResponse): Promise<string> {
  try {
    const body = await collect(response.body, limits.registryErrorBytesMax, "an error message");
    return Buffer.from(body).toString("utf8");
  } catch {
    response.discard();
    return "";
  }
}

/** The registry's own words (spec: "Error Codes"), or the first line of whatever it sent. */
function serverMessage(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { errors?: readonly { code?: unknown; message?: unknown }[] };
    const first = errors?.[0];
    const parts = [first?.code, first?.message].filter((part) => typeof part === "string" && part !== "");
    return sanitize(parts.join(": "));
  } catch {
    return text.trimStart().startsWith("<") ? "" : sanitize(text);
  }
}

function protectProxyPasswords(secrets: Secrets, environment: Environment): void {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"]) {
    const value = environment[name] ?? "";
    const password = URL.canParse(value) ? new URL(value).password : "";
    if (password !== "") secrets.add(decodeURIComponent(password));
  }
}
