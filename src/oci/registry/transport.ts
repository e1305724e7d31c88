// One HTTP exchange with keep-alive, on node:http and node:https (`fetch` costs twice the CPU time on blobs). Proxies are
// taken from HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the injected environment (CONNECT for https), extra trust roots from
// SSL_CERT_FILE and SSL_CERT_DIR. No redirect, no retry, no authentication here.
import { readdirSync, readFileSync } from "node:fs";
import {
  Agent as HttpAgent,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { getCACertificates } from "node:tls";
import type { Bytes } from "../../base/bytes.ts";
import { messageOf, ToolError } from "../../base/errors.ts";
import { lazy } from "../../base/lazy.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  readonly signal: AbortSignal;
  /** For registries that the user called insecure: certificates are not checked. */
  readonly unverified?: boolean;
}

export interface RequestBody {
  readonly sizeBytes: number;
  open(): Bytes;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Can be read once. */
  readonly body: Bytes;
  /** Ends the exchange without reading the body: a small rest is read so that the connection can be used again. */
  discard(): void;
}

export interface Transport {
  send(request: HttpRequest): Promise<HttpResponse>;
  close(): void;
}

const idleTimeoutMs = 120_000;
const connectionsPerHost = 8;

/** The transport of the real network. @throws ToolError "configuration" at the first https request where SSL_CERT_FILE is unreadable */
export function networkTransport(environment: Environment): Transport {
  const common = {
    keepAlive: true,
    maxSockets: connectionsPerHost,
    scheduling: "lifo",
    proxyEnv: proxySettings(environment),
  } as const;
  const roots = lazy(() => trustRoots(environment));
  const plain = new HttpAgent(common);
  const verified = lazy(() => new HttpsAgent({ ...common, ...roots() }));
  const unverified = lazy(() => new HttpsAgent({ ...common, ...roots(), rejectUnauthorized: false }));
  const agents = new Set<HttpAgent>([plain]);
  const agentOf = (request: HttpRequest): HttpAgent => {
    const agent =
      request.url.protocol === "http:" ? plain : request.unverified === true ? unverified() : verified();
    agents.add(agent);
    return agent;
  };
  return {
    send: (request) => exchange(request, agentOf(request)),
    close() {
      for (const agent of agents) agent.destroy();
    },
  };
}

function exchange(request: HttpRequest, agent: HttpAgent): Promise<HttpResponse> {
  const { url, body, signal } = request;
  const length = body === undefined ? {} : { "content-length": String(body.sizeBytes) };
  const options: RequestOptions = {
    method: request.method,
    headers: { ...request.headers, ...length },
    agent,
    signal,
    timeout: idleTimeoutMs,
  };
  return new Promise((resolve, reject) => {
    let answered = false;
    const outgoing = url.protocol === "http:" ? requestHttp(url, options) : requestHttps(url, options);
    outgoing.on("response", (incoming) => {
      answered = true;
      resolve(responseOf(incoming));
    });
    outgoing.on("timeout", () => outgoing.destroy(timedOut()));
    outgoing.on("error", reject);
    if (body === undefined) {
      outgoing.end();
      return;
    }
    // A server may answer (401, 413) and close before it has the whole body: then its answer counts, not the broken pipe.
    const content = Readable.from(body.open(), { objectMode: false, highWaterMark: 1 << 20 });
    pipeline(content, outgoing).catch((thrown: unknown) => {
      if (!answered) outgoing.destroy();
      reject(thrown instanceof Error ? thrown : new Error(messageOf(thrown)));
    });
  });
}

function responseOf(incoming: IncomingMessage): HttpResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return {
    status: incoming.statusCode ?? 0,
    headers,
    body: incoming as AsyncIterable<Buffer>,
    discard: () => discard(incoming),
  };
}

/** Past this a new connection is cheaper than reading what is left. */
const discardedBytesMax = 65_536;

function discard(incoming: IncomingMessage): void {
  let sizeBytes = 0;
  incoming.on("error", () => undefined);
  incoming.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > discardedBytesMax) incoming.destroy();
  });
}

function timedOut(): Error {
  return Object.assign(new Error(`nothing was received for ${idleTimeoutMs / 1000} seconds`), {
    code: "ETIMEDOUT",
  });
}

function proxySettings(environment: Environment): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"]) {
    const value = environment[name];
    if (value !== undefined && value !== "") settings[name] = value;
  }
  return settings;
}

/** The default roots and those of SSL_CERT_FILE and SSL_CERT_DIR; nothing (Node.js' own defaults) where neither is set. */
function trustRoots(environment: Environment): { readonly ca?: string[] } {
  const file = environment["SSL_CERT_FILE"] ?? "";
  const folders = (environment["SSL_CERT_DIR"] ?? "").split(":").filter((folder) => folder !== "");
  if (file === "" && folders.length === 0) return {};
  const extra = new Set<string>();
  if (file !== "") for (const one of certificatesIn(file)) extra.add(one);
  for (const folder of folders) for (const one of certificatesInFolder(folder)) extra.add(one);
  for (const one of getCACertificates("default")) extra.delete(one);
  return { ca: [...getCACertificates("default"), ...extra] };
}

function certificatesIn(file: string): readonly string[] {
  try {
    const text = readFileSync(file, "latin1");
    return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  } catch (thrown) {
    throw new ToolError("configuration", {
      what: `reading the trust roots ${file}`,
      why: messageOf(thrown),
      hint: "SSL_CERT_FILE must name a readable file of PEM certificates",
      cause: thrown,
    });
  }
}

/** Unreadable entries of a certificate folder are passed over, as OpenSSL does. */
function certificatesInFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder).flatMap((name) => {
      try {
        return certificatesIn(join(folder, name));
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
