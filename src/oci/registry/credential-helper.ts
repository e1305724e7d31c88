// The protocol of docker-credential-helpers: `docker-credential-NAME get`, the server on stdin, JSON on stdout.
// The helper is run directly, never by a shell, with bounded time and output; its output never reaches a message.
import { spawn } from "node:child_process";
import { messageOf, systemCode, ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Environment } from "./connections.ts";
import type { Credentials } from "./credentials.ts";

const helperTimeoutMs = 30_000;
const namePattern = /^[A-Za-z0-9][\w.-]{0,100}$/;
/** What helpers print, with exit code 1, where they know nothing. */
const unknownServer = /credentials not found|no credentials server url|no credentials username/i;

/** @throws ToolError "configuration" where the helper is missing, fails, hangs or answers nonsense */
export async function askCredentialHelper(
  name: string,
  server: string,
  environment: Environment,
  signal: AbortSignal,
  timeoutMs: number = helperTimeoutMs,
): Promise<Credentials | undefined> {
  const program = `docker-credential-${name}`;
  const refuse = (why: string, cause?: unknown): ToolError =>
    new ToolError("configuration", {
      what: `asking ${program} for the credentials of ${server}`,
      why,
      hint: "check credsStore and credHelpers of the docker configuration, or log in again",
      cause,
    });
  if (!namePattern.test(name)) throw refuse('the name of a helper is letters, digits, "_", "." and "-"');
  const answer = await run(program, server, environment, signal, timeoutMs).catch((thrown: unknown) => {
    if (signal.aborted) throw thrown;
    throw refuse(
      systemCode(thrown) === "ENOENT" ? "it is not installed (not in PATH)" : messageOf(thrown),
      thrown,
    );
  });
  if (answer.exitCode !== 0) {
    if (unknownServer.test(answer.output)) return undefined;
    throw refuse(
      answer.exitCode === undefined
        ? "it was ended by a signal"
        : `it failed with exit code ${answer.exitCode}`,
    );
  }
  const parsed = parseAnswer(answer.output);
  if (parsed === undefined) throw refuse("its answer is not JSON with Username and Secret");
  if (parsed.secret === "") return undefined;
  return parsed.username === "<token>"
    ? { kind: "identity-token", token: parsed.secret, source: program }
    : { kind: "password", username: parsed.username, password: parsed.secret, source: program };
}

interface Answer {
  readonly exitCode: number | undefined;
  readonly output: string;
}

function run(
  program: string,
  input: string,
  environment: Environment,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ["get"], {
      env: environment,
      signal,
      stdio: ["pipe", "pipe", "ignore"],
      killSignal: "SIGKILL",
    });
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const stop = (why: string): void => {
      child.kill("SIGKILL");
      // A grandchild may hold the pipe open; the answer doesn't wait for it.
      child.stdout.destroy();
      reject(new Error(why));
    };
    const timer = setTimeout(() => stop(`it did not answer within ${timeoutMs / 1000} seconds`), timeoutMs);
    child.stdout.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > limits.credentialHelperOutputBytesMax)
        stop("its answer is larger than credentialHelperOutputBytesMax");
      else chunks.push(chunk);
    });
    child.on("error", (thrown) => {
      clearTimeout(timer);
      reject(thrown);
    });
    child.on("close", (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode: exitCode ?? undefined, output: Buffer.concat(chunks).toString("utf8") });
    });
    // A helper that doesn't read its input closes the pipe; its answer decides.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

function parseAnswer(output: string): { readonly username: string; readonly secret: string } | undefined {
  try {
    const { Username: username, Secret: secret } = JSON.parse(output) as {
      Username?: unknown;
      Secret?: unknown;
    };
    return typeof username === "string" && typeof secret === "string" ? { username, secret } : undefined;
  } catch {
    return undefined;
  }
}
