// The one way to speak HTTP: keep-alive connections, proxies and trust roots, over node:http and node:https (RFC 9110, 9112).
// No redirects, no retries, no policy: those differ between a package mirror and a registry, and belong to them.
import type { ClientRequest, Agent as HttpAgent, IncomingMessage } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import { finished } from "node:stream";
import { getCACertificates } from "node:tls";
import type { Bytes } from "./bytes.ts";
import { messageOf, systemCode, ToolError } from "./errors.ts";

// An `import` of node:http evaluates all its exports, and with its WebSocket loads the whole of undici: a quarter of a start.
const http = process.getBuiltinModule("node:http");
const https = process.getBuiltinModule("node:https");

export type HttpMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated fields joined by ", ". */
  readonly headers: ReadonlyMap<string, string>;
  /** Read it once, or `discard` it: the connection is free for the next request only then. */
  readonly body: Bytes;
  /** Gives up the body and its connection. */
  discard(): void;
}

export interface HttpRequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Each chunk is written out before the next is asked for, so its source may use its memory again. */
  readonly body?: Uint8Array | Bytes;
  readonly signal?: AbortSignal;
}

export interface Http {
  /** @throws ToolError "network" where no answer came; whatever status came is an answer. */
  request(method: HttpMethod, url: string, options?: HttpRequestOptions): Promise<HttpResponse>;
  /** Closes idle connections, so that a process can end. */
  close(): void;
}

export interface HttpSettings {
  /** HTTP_PROXY, HTTPS_PROXY, NO_PROXY in either case, as an environment holds them; others are not looked at. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** PEM certificates trusted besides those of Node.js. */
  readonly extraRoots?: readonly string[];
  /** For servers that the user called insecure: their certificates aren't checked. */
  readonly unverified?: boolean;
  readonly connectionsPerHostMax?: number;
  /** Without a byte in either direction for this long, the connection is given up. */
  readonly idleTimeoutMs?: number;
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

const proxyNames = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"];

/** A client with connections of its own. */
export function createHttp(settings: HttpSettings = {}): Http {
  const agents = makeAgents(settings);
  const idleTimeoutMs = settings.idleTimeoutMs ?? 60_000;
  return {
    request: (method, url, options = {}) => exchange(agents, idleTimeoutMs, method, url, options),
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function makeAgents(settings: HttpSettings): Agents {
  const environment = settings.environment ?? {};
  const proxyEnv = Object.fromEntries(
    proxyNames
      .filter((name) => (environment[name] ?? "") !== "")
      .map((name) => [name, environment[name] ?? ""]),
  );
  const common = {
    keepAlive: true,
    maxSockets: settings.connectionsPerHostMax ?? 16,
    ...(Object.keys(proxyEnv).length > 0 ? { proxyEnv } : {}),
  };
  const extra = settings.extraRoots ?? [];
  // Naming `ca` replaces the default roots, and costs their parsing: only where there is something to add.
  const roots = extra.length > 0 ? { ca: [...getCACertificates("default"), ...extra] } : {};
  const rejectUnauthorized = settings.unverified !== true;
  return {
    http: new http.Agent(common),
    https: new https.Agent({ ...common, ...roots, rejectUnauthorized }),
  };
}

async function exchange(
  agents: Agents,
  idleTimeoutMs: number,
  method: HttpMethod,
  url: string,
  options: HttpRequestOptions,
): Promise<HttpResponse> {
  const target = parseUrl(url);
  options.signal?.throwIfAborted();
  const secure = target.protocol === "https:";
  const headers: Record<string, string> = { ...options.headers };
  if (options.body instanceof Uint8Array) headers["content-length"] = String(options.body.length);
  const parameters = {
    method,
    headers,
    agent: secure ? agents.https : agents.http,
    timeout: idleTimeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = (secure ? https : http).request(target, parameters, resolve);
    outgoing.on("timeout", () => outgoing.destroy(timedOut(idleTimeoutMs)));
    outgoing.on("error", (thrown) => reject(networkError(target, thrown, options.signal)));
    send(options.body, outgoing).catch((thrown: unknown) => {
      outgoing.destroy(thrown instanceof Error ? thrown : new Error(messageOf(thrown)));
    });
  });
  return {
    status: message.statusCode ?? 0,
    headers: headersOf(message),
    body: bodyOf(message, target, options.signal),
    discard: () => discard(message),
  };
}

/** With the code that the system gives its own time-outs, so that those who retry know it. */
function timedOut(idleTimeoutMs: number): Error {
  return Object.assign(new Error(`no byte came for ${idleTimeoutMs} ms`), { code: "ETIMEDOUT" });
}

async function send(body: Uint8Array | Bytes | undefined, outgoing: ClientRequest): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) {
    outgoing.end(body);
    return;
  }
  for await (const chunk of body) {
    await written(outgoing, chunk);
    if (outgoing.destroyed) return;
  }
  outgoing.end();
}

/** Waits until the socket has taken the chunk, or is gone: an answer may come before the whole body was sent. */
function written(outgoing: ClientRequest, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off("close", done);
      resolve();
    };
    outgoing.on("close", done);
    outgoing.write(chunk, done);
  });
}

function headersOf(message: IncomingMessage): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}

/** How much may wait for its reader before the connection is told to wait. */
const queuedBytesMax = 1_048_576;

/** A stream's own iterator copies what has queued up into one buffer; this one hands the socket's chunks on as they are. */
function bodyOf(message: IncomingMessage, target: URL, signal: AbortSignal | undefined): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      const waiting: Waiting = { chunks: [], sizeBytes: 0, end: undefined, wake: () => undefined };
      message.on("data", (chunk: Buffer) => {
        waiting.chunks.push(chunk);
        waiting.sizeBytes += chunk.length;
        if (waiting.sizeBytes >= queuedBytesMax) message.pause();
        waiting.wake();
      });
      finished(message, (thrown) => {
        waiting.end = { thrown };
        waiting.wake();
      });
      try {
        for (;;) {
          const { chunks, end } = waiting;
          waiting.chunks = [];
          waiting.sizeBytes = 0;
          if (message.isPaused()) message.resume();
          yield* chunks;
          if (waiting.chunks.length > 0) continue;
          // What ended before the last look has nothing left in the queue.
          if (end?.thrown) throw networkError(target, end.thrown, signal);
          if (end !== undefined) return;
          if (waiting.end === undefined) await new Promise<void>((resolve) => (waiting.wake = resolve));
        }
      } finally {
        message.destroy();
      }
    },
  };
}

/** What came and was not read yet. */
interface Waiting {
  chunks: Buffer[];
  sizeBytes: number;
  end: { readonly thrown: Error | null | undefined } | undefined;
  wake: () => void;
}

/** What is left of an answer is read where that is cheaper than a new connection. */
const discardedBytesMax = 65_536;

function discard(message: IncomingMessage): void {
  let sizeBytes = 0;
  message.on("error", () => undefined);
  message.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > discardedBytesMax) message.destroy();
  });
}

const passingCodes: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "ENETRESET",
  "ERR_STREAM_PREMATURE_CLOSE",
  "HPE_INVALID_EOF_STATE",
]);

/**
 * Whether a connection's failure may pass within seconds; `thrown` is the cause of the error "network". An unknown host, a
 * refusal and a bad certificate stay what they are.
 */
export function isPassingConnectionError(thrown: unknown): boolean {
  return passingCodes.has(systemCode(thrown) ?? "");
}

/** How long Retry-After asks to wait (RFC 9110 section 10.2.3): it holds seconds or an HTTP date. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header.trim()) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

function parseUrl(url: string): URL {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) {
    throw new ToolError("network", {
      what: `requesting ${JSON.stringify(url)}`,
      why: "it is not an http:// or https:// URL",
    });
  }
  return parsed;
}

const explanations: Readonly<Record<string, { readonly why: string; readonly hint: string }>> = {
  ENOTFOUND: {
    why: "the host name is unknown",
    hint: "check its spelling, the network and the proxy settings",
  },
  EAI_AGAIN: { why: "the name server did not answer", hint: "check the network and the proxy settings" },
  ECONNREFUSED: { why: "the connection was refused", hint: "is the service running, and the port right?" },
  ECONNRESET: { why: "the connection was cut", hint: "run the command again" },
  SELF_SIGNED_CERT_IN_CHAIN: {
    why: "its certificate is signed by an authority that is not trusted here",
    hint: "name the authority's certificate in SSL_CERT_FILE",
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    why: "its certificate is signed by an authority that is not trusted here",
    hint: "name the authority's certificate in SSL_CERT_FILE",
  },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    why: "its certificate is signed by an authority that is not trusted here",
    hint: "name the authority's certificate in SSL_CERT_FILE",
  },
  CERT_HAS_EXPIRED: { why: "its certificate has expired", hint: "check this machine's clock" },
};

/** Names scheme, host and path only: the query and user part of a URL may hold credentials. */
function networkError(target: URL, thrown: unknown, signal: AbortSignal | undefined): Error {
  if (signal?.aborted === true && signal.reason instanceof Error) return signal.reason;
  // What the body's own source threw.
  if (thrown instanceof ToolError) return thrown;
  const known = explanations[systemCode(thrown) ?? ""];
  return new ToolError("network", {
    what: `requesting ${target.protocol}//${target.host}${target.pathname}`,
    why: known?.why ?? messageOf(thrown),
    ...(known === undefined ? {} : { hint: known.hint }),
    cause: thrown,
  });
}
