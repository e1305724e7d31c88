// Runs the host's git on a repository that nobody vouches for: no hooks, no prompts, no protocol but those of servers, no
// configuration that came with it. Credentials are those that the user's own helpers and agents give, for fetching alone.
import { spawn } from "node:child_process";
import { systemCode, ToolError } from "../../../../base/errors.ts";
import { limits } from "../../../../base/limits.ts";

export interface GitOptions {
  /** What is told where it fails: "cloning https://host/repo.git". */
  readonly what: string;
  /** PATH, HOME and the like of the user. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Whether the user's configuration is read: it names credential helpers, but also filters that would change files. */
  readonly asUser: boolean;
}

/** Of the user's environment: what finds programs, servers and credentials. */
const passed: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "XDG_CONFIG_HOME",
  "SSH_AUTH_SOCK",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "GIT_SSL_CAINFO",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "ALL_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "all_proxy",
]);

/** In force for git and for what it starts, submodules included, over anything that a configuration says. */
const settings = [
  "core.hooksPath=/dev/null",
  "core.attributesFile=/dev/null",
  "core.fsmonitor=false",
  "core.autocrlf=false",
  "core.symlinks=true",
  "core.fileMode=true",
  "init.defaultBranch=master",
  "advice.detachedHead=false",
  "gc.auto=0",
  "fetch.fsckObjects=true",
  "transfer.bundleURI=false",
];

/**
 * What git prints. An argument that comes from outside must stand behind "--", or be known to be no option.
 * @throws ToolError "not-found" where there is no git, or it says that the repository or reference isn't there; "network"
 */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  const { environment, signal, what } = options;
  signal.throwIfAborted();
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => passed.has(name)));
  const own = options.asUser ? {} : { GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" };
  const child = spawn("git", [...settings.flatMap((one) => ["-c", one]), ...args], {
    cwd: "/",
    env: {
      ...env,
      ...own,
      LC_ALL: "C",
      GIT_TERMINAL_PROMPT: "0",
      GIT_ASKPASS: "",
      GIT_SSH_COMMAND: "ssh -o BatchMode=yes",
      GIT_ALLOW_PROTOCOL: "https:http:ssh:git",
      GIT_LFS_SKIP_SMUDGE: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
    // What git starts (ssh, helpers) ends with it.
    detached: true,
  });
  const stop = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    const [stdout, stderr, exit] = await Promise.all([
      textOf(child.stdout, limits.gitOutputBytesMax),
      textOf(child.stderr, limits.gitOutputBytesMax),
      new Promise<number | string>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code, killed) => resolve(code ?? killed ?? "an unknown signal"));
      }),
    ]);
    signal.throwIfAborted();
    if (exit === 0) return stdout;
    throw gitFailure(what, stderr, exit);
  } catch (thrown) {
    if (systemCode(thrown) !== "ENOENT") throw thrown;
    throw new ToolError("not-found", { what, why: "there is no git", hint: "install git", cause: thrown });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function gitFailure(what: string, stderr: string, exit: number | string): ToolError {
  const told = stderr.trim().split("\n").slice(-5).join("\n");
  const why = told === "" ? `git ended with ${exit}` : told;
  const absent =
    /not found|not exported|does not exist|couldn't find remote ref|not our ref|did not match/i.test(stderr);
  const unauthorized =
    /authentication failed|could not read Username|Permission denied|terminal prompts disabled/i.test(stderr);
  if (unauthorized) {
    const hint = "set up a credential helper of git, or an ssh agent, and try `git ls-remote` first";
    return new ToolError("unauthorized", { what, why, hint });
  }
  return new ToolError(absent ? "not-found" : "network", { what, why });
}

/** The beginning of a stream; the rest is read and dropped. */
async function textOf(stream: AsyncIterable<Buffer>, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream) {
    if (sizeBytes < bytesMax) chunks.push(chunk.subarray(0, bytesMax - sizeBytes));
    sizeBytes += chunk.length;
  }
  return Buffer.concat(chunks).toString("utf8");
}
