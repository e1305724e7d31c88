// A registry inside the test's process (node:http, OCI distribution-spec v1.1), with faults by script: what real ones do
// on bad days, on demand. It keeps everything in memory and writes down every request.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { digestOf } from "../src/base/digest.ts";

export interface TestRegistry {
  /** "127.0.0.1:PORT" */
  readonly host: string;
  readonly content: RegistryContent;
  /** In the order of arrival; token requests too. */
  readonly requests: RecordedRequest[];
  /** Answers the next matching requests with a fault. Faults are tried in the order they were added. */
  fail(fault: Fault): void;
  stop(): Promise<void>;
}

interface RegistryContent {
  /** "repository@digest" */
  readonly blobs: Map<string, Buffer>;
  /** "repository:tag" and "repository@digest" */
  readonly manifests: Map<string, { readonly bytes: Buffer; readonly mediaType: string }>;
}

interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

export interface Fault {
  /** Tested against "METHOD PATH". */
  readonly match: RegExp;
  /** How often; default 1. */
  readonly times?: number;
  readonly kind:
    | {
        readonly type: "answer";
        readonly status: number;
        readonly headers?: Readonly<Record<string, string>>;
        readonly body?: string;
      }
    /** The right answer with other bytes of the same length. */
    | { readonly type: "corrupt" }
    /** The connection is cut after so many bytes of the right answer's body. */
    | { readonly type: "cut"; readonly afterBytes: number }
    /** The connection is cut before an answer. */
    | { readonly type: "hang-up" }
    | { readonly type: "slow"; readonly delayMs: number };
}

export interface TestRegistryOptions {
  readonly auth?: TestAuth;
  /** Don't understand Range. */
  readonly noRange?: boolean;
  /** Give upload addresses as paths, not as whole URLs. */
  readonly relativeLocations?: boolean;
}

export interface TestAuth {
  readonly kind: "basic" | "bearer";
  readonly username: string;
  readonly password: string;
  /** Accepted in place of the password, by POST. */
  readonly refreshToken?: string;
  readonly tokenLifeSeconds?: number;
  /** Where the token address points; default: this registry's own. */
  readonly realm?: string;
}

export async function startRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const state: State = {
    options,
    blobs: new Map(),
    manifests: new Map(),
    requests: [],
    faults: [],
    uploads: new Map(),
    tokens: new Map(),
    host: "",
  };
  const server = createServer((request, response) => {
    serve(state, request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  state.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host: state.host,
    content: state,
    requests: state.requests,
    fail: (fault) => state.faults.push({ ...fault, left: fault.times ?? 1 }),
    stop: () => stop(server),
  };
}

async function stop(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  if (server.listening) await once(server, "close");
}

interface State extends RegistryContent {
  readonly options: TestRegistryOptions;
  readonly requests: RecordedRequest[];
  readonly faults: (Fault & { left: number })[];
  /** Bytes so far, by session. */
  readonly uploads: Map<string, Buffer>;
  /** Scopes by token. */
  readonly tokens: Map<string, { readonly scopes: readonly string[]; readonly expiresAt: number }>;
  host: string;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = request.method ?? "GET";
  const path = request.url ?? "/";
  const fault = state.faults.find((one) => one.left > 0 && one.match.test(`${method} ${path}`));
  if (fault !== undefined) fault.left -= 1;
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const recorded: RecordedRequest = { method, path, headers: request.headers, body: Buffer.concat(chunks) };
  state.requests.push(recorded);
  if (fault?.kind.type === "hang-up") {
    response.destroy();
    return;
  }
  if (fault?.kind.type === "slow") await delay(fault.kind.delayMs);
  const answer =
    fault?.kind.type === "answer"
      ? {
          status: fault.kind.status,
          ...(fault.kind.headers === undefined ? {} : { headers: fault.kind.headers }),
          ...(fault.kind.body === undefined ? {} : { body: Buffer.from(fault.kind.body) }),
        }
      : answerTo(state, recorded);
  const body = answer.body ?? Buffer.alloc(0);
  const sent = fault?.kind.type === "corrupt" ? Buffer.from(body.map((byte) => byte ^ 1)) : body;
  const length =
    answer.headers?.["content-length"] === undefined ? { "content-length": String(sent.length) } : {};
  response.writeHead(answer.status, { ...length, ...answer.headers });
  if (method === "HEAD") response.end();
  else if (fault?.kind.type === "cut")
    response.write(sent.subarray(0, fault.kind.afterBytes), () => response.destroy());
  else response.end(sent);
}

function answerTo(state: State, request: RecordedRequest): Answer {
  const url = new URL(request.path, `http://${state.host}`);
  if (url.pathname === "/token") return tokenAnswer(state, request, url);
  const [, repository = "", rest = ""] =
    /^\/v2\/(?:(.+?)\/)?((?:blobs|manifests|tags)\/.*)?$/.exec(url.pathname) ?? [];
  const refused = authorise(state, request, repository);
  if (refused !== undefined) return refused;
  if (url.pathname === "/v2/") return { status: 200 };
  const [kind = "", ...tail] = rest.split("/");
  const name = tail.join("/");
  if (kind === "manifests") return manifestAnswer(state, request, repository, name);
  if (kind === "blobs" && name.startsWith("uploads/")) {
    return uploadAnswer(state, request, repository, name.slice("uploads/".length), url.searchParams);
  }
  if (kind === "blobs") return blobAnswer(state, request, repository, name);
  return failure(404, "NAME_UNKNOWN", "repository name not known to registry");
}

function failure(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Answer {
  const body = Buffer.from(JSON.stringify({ errors: [{ code, message }] }));
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}

function manifestAnswer(state: State, request: RecordedRequest, repository: string, name: string): Answer {
  const key = name.startsWith("sha256:") ? `${repository}@${name}` : `${repository}:${name}`;
  if (request.method === "PUT") return storeManifest(state, request, repository, key);
  const found = state.manifests.get(key);
  if (found === undefined) return failure(404, "MANIFEST_UNKNOWN", "manifest unknown");
  return {
    status: 200,
    headers: {
      "content-type": found.mediaType,
      "docker-content-digest": digestOf(found.bytes),
      "content-length": String(found.bytes.length),
    },
    body: found.bytes,
  };
}

/** Like real registries: what a manifest refers to must be there. */
function storeManifest(state: State, request: RecordedRequest, repository: string, key: string): Answer {
  const bytes = request.body;
  const digest = digestOf(bytes);
  const document = JSON.parse(bytes.toString("utf8")) as {
    manifests?: { digest: string }[];
    config?: { digest: string };
    layers?: { digest: string }[];
  };
  const blobs = [...(document.config === undefined ? [] : [document.config]), ...(document.layers ?? [])];
  const missing =
    blobs.find((one) => !state.blobs.has(`${repository}@${one.digest}`)) ??
    document.manifests?.find((one) => !state.manifests.has(`${repository}@${one.digest}`));
  if (missing !== undefined) return failure(400, "MANIFEST_BLOB_UNKNOWN", `blob unknown: ${missing.digest}`);
  if (key.includes("@") && !key.endsWith(digest)) return failure(400, "DIGEST_INVALID", "digest differs");
  const mediaType = String(request.headers["content-type"]);
  state.manifests.set(`${repository}@${digest}`, { bytes, mediaType });
  state.manifests.set(key, { bytes, mediaType });
  return {
    status: 201,
    headers: { location: `/v2/${repository}/manifests/${digest}`, "docker-content-digest": digest },
  };
}

function blobAnswer(state: State, request: RecordedRequest, repository: string, digest: string): Answer {
  const blob = state.blobs.get(`${repository}@${digest}`);
  if (blob === undefined) return failure(404, "BLOB_UNKNOWN", "blob unknown to registry");
  const headers = { "docker-content-digest": digest, "content-type": "application/octet-stream" };
  if (request.method === "HEAD")
    return { status: 200, headers: { ...headers, "content-length": String(blob.length) } };
  const range = /^bytes=(\d+)-$/.exec(String(request.headers["range"] ?? ""));
  if (range === null || state.options.noRange === true) return { status: 200, headers, body: blob };
  const start = Number(range[1]);
  if (start >= blob.length) return { status: 416 };
  const contentRange = `bytes ${start}-${blob.length - 1}/${blob.length}`;
  return { status: 206, headers: { ...headers, "content-range": contentRange }, body: blob.subarray(start) };
}

function uploadAnswer(
  state: State,
  request: RecordedRequest,
  repository: string,
  session: string,
  query: URLSearchParams,
): Answer {
  const from = query.get("from");
  const mount = query.get("mount");
  if (request.method === "POST") {
    const blob = state.blobs.get(`${from ?? ""}@${mount ?? ""}`);
    if (blob !== undefined && mount !== null) {
      state.blobs.set(`${repository}@${mount}`, blob);
      return { status: 201, headers: { location: `/v2/${repository}/blobs/${mount}` } };
    }
    const id = randomBytes(8).toString("hex");
    state.uploads.set(id, Buffer.alloc(0));
    const path = `/v2/${repository}/blobs/uploads/${id}?_state=${id}`;
    return {
      status: 202,
      headers: { location: state.options.relativeLocations === true ? path : `http://${state.host}${path}` },
    };
  }
  const sofar = state.uploads.get(session);
  if (sofar === undefined || query.get("_state") !== session)
    return failure(404, "BLOB_UPLOAD_UNKNOWN", "upload unknown");
  const whole = Buffer.concat([sofar, request.body]);
  const digest = digestOf(whole);
  if (query.get("digest") !== String(digest)) {
    return failure(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  }
  state.uploads.delete(session);
  state.blobs.set(`${repository}@${digest}`, whole);
  const location = `/v2/${repository}/blobs/${digest}`;
  return { status: 201, headers: { location, "docker-content-digest": digest } };
}

function authorise(state: State, request: RecordedRequest, repository: string): Answer | undefined {
  const { auth } = state.options;
  if (auth === undefined) return undefined;
  const header = String(request.headers["authorization"] ?? "");
  if (auth.kind === "basic") {
    if (header === basic(auth)) return undefined;
    return failure(401, "UNAUTHORIZED", "authentication required", {
      "www-authenticate": 'Basic realm="test"',
    });
  }
  const realm = auth.realm ?? `http://${state.host}/token`;
  const action = request.method === "GET" || request.method === "HEAD" ? "pull" : "push";
  const held = state.tokens.get(header.replace(/^Bearer /, ""));
  const granted =
    held !== undefined && held.expiresAt > performance.now() && mayUse(held.scopes, repository, action);
  if (granted) return undefined;
  const scope =
    repository === "" ? "" : `,scope="repository:${repository}:${action === "pull" ? "pull" : "pull,push"}"`;
  return failure(401, "UNAUTHORIZED", "authentication required", {
    "www-authenticate": `Bearer realm="${realm}",service="test"${scope}`,
  });
}

function mayUse(scopes: readonly string[], repository: string, action: string): boolean {
  if (repository === "") return true;
  return scopes.some((scope) => {
    const [, name = "", actions = ""] = /^repository:(.*):([^:]*)$/.exec(scope) ?? [];
    return name === repository && actions.split(",").includes(action);
  });
}

function basic(auth: TestAuth): string {
  return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString("base64")}`;
}

function tokenAnswer(state: State, request: RecordedRequest, url: URL): Answer {
  const { auth } = state.options;
  const form = new URLSearchParams(request.body.toString("utf8"));
  const refreshed =
    request.method === "POST" &&
    auth?.refreshToken !== undefined &&
    form.get("refresh_token") === auth.refreshToken;
  if (auth === undefined || !(refreshed || request.headers["authorization"] === basic(auth))) {
    return failure(401, "UNAUTHORIZED", "incorrect username or password");
  }
  const token = randomBytes(16).toString("base64url");
  const scopes = refreshed ? (form.get("scope") ?? "").split(" ") : url.searchParams.getAll("scope");
  const seconds = auth.tokenLifeSeconds ?? 300;
  state.tokens.set(token, { scopes, expiresAt: performance.now() + seconds * 1000 });
  const member = refreshed ? "access_token" : "token";
  return { status: 200, body: Buffer.from(JSON.stringify({ [member]: token, expires_in: seconds })) };
}
