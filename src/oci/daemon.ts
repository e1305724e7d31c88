// Images to and from a container engine of this machine, by the Docker Engine API (POST /images/load, GET /images/NAME/get;
// podman serves the same) or by the podman command. Both carry a docker-archive.

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { ClientRequest, IncomingMessage } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Bytes, collect } from "../base/bytes.ts";
import { messageOf, systemCode, ToolError, unreachable } from "../base/errors.ts";
import { writeFileAtomically } from "../base/files.ts";
import type { Task } from "../base/io.ts";
import { limits } from "../base/limits.ts";
import { type DaemonAddress, type DaemonSearch, findDaemon } from "./daemon-address.ts";
import { readDockerArchive } from "./docker-archive-reader.ts";
import { dockerArchive } from "./docker-archive-writer.ts";
import type { Image, ImageSet } from "./model.ts";
import { noteFailure } from "./noted-failure.ts";
import { tarStore } from "./tar-store.ts";

// See base/http.ts for why these are no imports.
const http = process.getBuiltinModule("node:http");
const https = process.getBuiltinModule("node:https");

export interface DaemonOptions extends DaemonSearch {
  readonly task: Task;
}

/**
 * Loads an image under names with tags. @returns the engine it went to ("docker at /var/run/docker.sock")
 * @throws ToolError "engine" where there is none, it can't be reached, or it refuses; "configuration", "usage"
 */
export async function loadIntoDaemon(
  image: Image,
  references: readonly string[],
  options: DaemonOptions,
): Promise<string> {
  const daemon = await findDaemon(options);
  const { signal, emit } = options.task;
  const what = `loading ${references[0] ?? "the image"} into ${daemon.name}`;
  const id = `load ${image.descriptor.digest}`;
  emit({ type: "start", id, name: what });
  const archive = dockerArchive(image, references);
  if (daemon.kind === "command") await loadByCommand(daemon.program, archive, what, options);
  else await loadByApi(daemon, archive, what, signal);
  emit({ type: "end", id, note: daemon.name });
  return daemon.name;
}

/**
 * An image of the engine, saved into `scratchFolder`; the caller removes it after the last read.
 * @throws ToolError "not-found"; as `loadIntoDaemon`; "malformed", "limit", "disk"
 */
export async function openDaemonImage(
  reference: string,
  scratchFolder: string,
  options: DaemonOptions,
): Promise<ImageSet> {
  const daemon = await findDaemon(options);
  const { signal, emit } = options.task;
  const what = `saving ${reference} from ${daemon.name}`;
  const id = `save ${reference}`;
  emit({ type: "start", id, name: what });
  // Several images may be saved into one folder, and be read side by side.
  const file = join(scratchFolder, `daemon-image-${randomBytes(8).toString("hex")}.tar`);
  const stream =
    daemon.kind === "command"
      ? savedByCommand(daemon.program, reference, what, options)
      : savedByApi(daemon, reference, what, signal);
  await writeFileAtomically(file, bounded(stream, what));
  emit({ type: "end", id });
  return readDockerArchive(await tarStore(file, scratchFolder, signal), undefined);
}

type ApiAddress = Exclude<DaemonAddress, { readonly kind: "command" }>;

async function loadByApi(
  daemon: ApiAddress,
  archive: Bytes,
  what: string,
  signal: AbortSignal,
): Promise<void> {
  const headers = { "content-type": "application/x-tar" };
  const answer = await call(
    daemon,
    { method: "POST", path: "/images/load?quiet=1", headers, signal },
    archive,
    what,
  );
  const text = Buffer.from(
    await collect(answer, limits.daemonAnswerBytesMax, "the engine's answer"),
  ).toString("utf8");
  const failure = answer.statusCode === 200 ? streamedError(text) : apiMessage(text);
  if (failure !== undefined) throw new ToolError("engine", { what, why: failure });
}

async function* savedByApi(
  daemon: ApiAddress,
  reference: string,
  what: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const path = `/images/${reference.split("/").map(encodeURIComponent).join("/")}/get`;
  const answer = await call(daemon, { method: "GET", path, signal }, undefined, what);
  if (answer.statusCode === 200) {
    yield* answer as AsyncIterable<Buffer>;
    return;
  }
  const text = Buffer.from(
    await collect(answer, limits.daemonAnswerBytesMax, "the engine's answer"),
  ).toString("utf8");
  const why = apiMessage(text);
  throw notSaved(what, why, answer.statusCode === 404 || unknownImage.test(why));
}

function notSaved(what: string, why: string, absent: boolean): ToolError {
  if (!absent) return new ToolError("engine", { what, why });
  return new ToolError("not-found", {
    what,
    why,
    hint: "list the engine's images with docker images or podman images",
  });
}

interface CallOptions {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

function call(
  daemon: ApiAddress,
  options: CallOptions,
  body: Bytes | undefined,
  what: string,
): Promise<IncomingMessage> {
  const source = body === undefined ? undefined : noteFailure(body);
  return new Promise((resolve, reject) => {
    const outgoing = openRequest(daemon, options);
    outgoing.on("response", resolve);
    outgoing.on("error", (thrown) => {
      const { signal } = options;
      const noted = source?.failure();
      const failure = signal.aborted ? (signal.reason as unknown) : noted?.thrown;
      reject(failure instanceof Error ? failure : unreachableDaemon(daemon, what, thrown));
    });
    if (source === undefined) {
      outgoing.end();
      return;
    }
    // An engine that refuses answers before it has read everything; then its answer counts, not the broken pipe. What
    // breaks without an answer reaches the listener above.
    pipeline(Readable.from(source.stream, { objectMode: false, highWaterMark: 1 << 20 }), outgoing).catch(
      () => undefined,
    );
  });
}

function openRequest(daemon: ApiAddress, options: CallOptions): ClientRequest {
  switch (daemon.kind) {
    case "socket":
      return http.request({
        ...options,
        socketPath: daemon.path,
        headers: { host: "localhost", ...options.headers },
      });
    case "tcp": {
      const { tls, url } = daemon;
      const { hostname, port } = url;
      if (tls === undefined) return http.request({ ...options, hostname, port });
      const { ca, cert, key, verify } = tls;
      return https.request({ ...options, hostname, port, ca, cert, key, rejectUnauthorized: verify });
    }
    default:
      return unreachable(daemon);
  }
}

function unreachableDaemon(daemon: ApiAddress, what: string, thrown: unknown): ToolError {
  const denied = systemCode(thrown) === "EACCES";
  return new ToolError("engine", {
    what,
    why: denied
      ? "its socket may not be opened by this user"
      : messageOf(thrown) || (systemCode(thrown) ?? "no answer"),
    hint: denied
      ? "add the user to the group of the socket, or use podman"
      : `check that ${daemon.name} is running`,
    cause: thrown,
  });
}

/** The engine streams JSON lines, and tells a failure in one of them after status 200. */
function streamedError(text: string): string | undefined {
  for (const line of text.split("\n")) {
    try {
      const { error } = JSON.parse(line) as { error?: unknown };
      if (typeof error === "string" && error !== "") return error;
    } catch {
      // Progress in another form is of no concern.
    }
  }
  return undefined;
}

function apiMessage(text: string): string {
  try {
    const { message, cause } = JSON.parse(text) as { message?: unknown; cause?: unknown };
    const said = [message, cause].find((one) => typeof one === "string" && one !== "");
    if (typeof said === "string") return said;
  } catch {
    // Not JSON: the text itself is the message.
  }
  return text.trim() === "" ? "it answered without a reason" : text.trim().slice(0, 500);
}

async function loadByCommand(
  program: string,
  archive: Bytes,
  what: string,
  options: DaemonOptions,
): Promise<void> {
  const { signal } = options.task;
  const env = options.environment;
  const child = spawn(program, ["load", "--quiet"], { env, signal, stdio: ["pipe", "ignore", "pipe"] });
  const ended = endOf(child);
  const source = Readable.from(orKill(archive, child), { objectMode: false, highWaterMark: 1 << 20 });
  // A command that fails closes its input; what it says on stderr counts then, not the broken pipe.
  const broken = await pipeline(source, child.stdin).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const { exitCode, message } = await ended;
  signal.throwIfAborted();
  if (broken instanceof ToolError) throw broken;
  if (exitCode !== 0) throw new ToolError("engine", { what, why: message });
}

/** A stream for a command's input. Where it breaks the command is gone before its input ends: to it half an archive could
 * look like a whole one. */
async function* orKill(stream: Bytes, child: ChildProcess): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (thrown) {
    child.kill("SIGKILL");
    throw thrown;
  }
}

async function* savedByCommand(
  program: string,
  reference: string,
  what: string,
  options: DaemonOptions,
): AsyncGenerator<Uint8Array> {
  const { signal } = options.task;
  const words = ["save", "--format", "docker-archive", "--", reference];
  const env = options.environment;
  const child = spawn(program, words, { env, signal, stdio: ["ignore", "pipe", "pipe"] });
  const ended = endOf(child);
  let complete = false;
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    complete = true;
  } finally {
    if (!complete) child.kill();
  }
  const { exitCode, message } = await ended;
  signal.throwIfAborted();
  if (exitCode !== 0) throw notSaved(what, message, unknownImage.test(message));
}

/** Engines tell an absent image by words where not by status. */
const unknownImage = /no such image|image not known|does not exist|image not found/i;

interface CommandEnd {
  readonly exitCode: number | null;
  /** What it wrote to stderr, or why it could not be started. */
  readonly message: string;
}

function endOf(child: ChildProcess): Promise<CommandEnd> {
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(-2000);
  });
  return new Promise((resolve) => {
    child.on("error", (thrown) => resolve({ exitCode: null, message: messageOf(thrown) }));
    child.on("close", (exitCode) => {
      resolve({
        exitCode,
        message: said.trim() === "" ? `it ended with exit code ${exitCode ?? "none"}` : said.trim(),
      });
    });
  });
}

async function* bounded(stream: Bytes, what: string): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const chunk of stream) {
    sizeBytes += chunk.length;
    if (sizeBytes > limits.layerBytesMax) {
      throw new ToolError("limit", {
        what,
        why: `it is larger than layerBytesMax (${limits.layerBytesMax} bytes)`,
      });
    }
    yield chunk;
  }
}
