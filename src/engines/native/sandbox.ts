// Runs one program in the root of an image, without a shell in it and without a daemon: util-linux's unshare(1), new mount,
// pid, ipc, uts and network namespaces, and a user namespace where the caller is an ordinary user. Inside: a read-only root,
// its own /proc, a minimal /dev, an empty /tmp; no new privileges, nothing of the host but the kernel; and no capabilities, but
// those that root has in a user namespace of its own, where the image runs as root.
//
// As root, files have their real owners and the program gets its real ids. An ordinary user has one id to map: the program
// sees itself as the wanted user, and every file as its own.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Readable, type Writable } from "node:stream";
import { systemCode, ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";

export interface SandboxRequest {
  /** The unpacked image. Mount points that it lacks are made in it. */
  readonly root: string;
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly uid: number;
  readonly gid: number;
  readonly stdin?: string;
  readonly timeoutMs: number;
}

export interface SandboxResult {
  /** Undefined where a signal or the time limit ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SandboxHost {
  /** Whether the caller is root; decides how ids are mapped. */
  readonly isRoot: boolean;
  /** Where the host's own tools are found (unshare, mount, setpriv). */
  readonly path: string;
}

const nobody = 65_534;

/**
 * Says its own process id (the host's, which the host's /proc still shows), prepares the mounts with the host's tools, says
 * "ready", both on descriptor 3, then hands over: the program is this very process. Its arguments: the root, then the command
 * that goes on.
 */
const setup = `set -eu
root=$1; shift
read -r pid rest < /proc/self/stat
echo "$pid" >&3
mount --bind "$root" "$root"
for folder in proc dev tmp; do [ -d "$root/$folder" ] || mkdir -p "$root/$folder"; done
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs -o nosuid,noexec,mode=0755,size=64k tmpfs "$root/dev"
for device in null zero full random urandom; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir -m 1777 "$root/dev/shm"
mount -t tmpfs -o nosuid,nodev,mode=1777,size=256m tmpfs "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs "$root/tmp"
mount -o remount,bind,ro "$root"
echo ready >&3
exec 3>&-
exec "$@"`;

/**
 * Runs the program to its end, or to the time limit. A program that isn't there ends with 127, as in a shell.
 * @throws ToolError "engine" where the sandbox itself can't be made, "interrupted"
 */
export function runInSandbox(
  request: SandboxRequest,
  host: SandboxHost,
  signal: AbortSignal,
): Promise<SandboxResult> {
  const [command, ...args] = commandLine(request, host);
  const child = spawn(command, args, {
    env: { PATH: host.path },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
    detached: true,
  });
  return watch(child, request, signal);
}

function commandLine(request: SandboxRequest, host: SandboxHost): [string, ...string[]] {
  const { root, argv, env, workingDir } = request;
  const namespaces = ["--mount", "--pid", "--fork", "--net", "--ipc", "--uts", "--kill-child"];
  const identity = identityOf(request, host);
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  // By absolute path, since env(1) searches the PATH that it was told to set: the image's.
  const unshare = hostTool("unshare", host);
  return [
    unshare,
    ...(host.isRoot ? [] : ["--user", "--map-root-user"]),
    ...namespaces,
    ...[hostTool("sh", host), "-c", setup, "setup", root],
    ...[hostTool("env", host), "-i", ...assignments],
    ...[hostTool("setpriv", host), "--no-new-privs", ...identity.setpriv],
    ...[unshare, ...identity.unshare, `--root=${root}`, `--wd=${workingDir}`, "--", ...argv],
  ];
}

/** How the program gets its ids, and from whom; what it is on the host is never root. */
function identityOf(
  { uid, gid }: SandboxRequest,
  host: SandboxHost,
): { setpriv: string[]; unshare: string[] } {
  const mapped = ["--user", `--map-user=${uid}`, `--map-group=${gid}`];
  if (!host.isRoot) return { setpriv: [], unshare: mapped };
  if (uid !== 0) return { setpriv: [], unshare: ["--setgid", String(gid), "--setuid", String(uid)] };
  return { setpriv: [`--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"], unshare: mapped };
}

/** @throws ToolError "engine" */
function hostTool(name: string, host: SandboxHost): string {
  const folder = host.path.split(":").find((one) => one.startsWith("/") && existsSync(join(one, name)));
  if (folder === undefined) throw sandboxError(`${name} was not found in ${host.path}`);
  return join(folder, name);
}

function watch(child: ChildProcess, request: SandboxRequest, signal: AbortSignal): Promise<SandboxResult> {
  return new Promise((resolve, reject) => {
    let timedOut = false;
    // The first process of the pid namespace takes all the others with it. unshare's --kill-child doesn't reach it: the kernel
    // forgets a parent-death signal when ids change.
    const kill = (): void => {
      const pid = Number(/^(\d+)\n/.exec(ready?.() ?? "")?.[1]);
      if (pid > 0) killQuietly(pid);
      child.kill("SIGKILL");
    };
    const [, stdout, stderr, ready] = child.stdio.map((stream) => captured(stream));
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, request.timeoutMs);
    signal.addEventListener("abort", kill, { once: true });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(request.stdin ?? "");
    child.on("error", (thrown) => reject(sandboxError(thrown.message)));
    child.on("close", (code, ended) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", kill);
      const output = { stdout: stdout?.() ?? "", stderr: stderr?.() ?? "" };
      if (signal.aborted) {
        reject(
          new ToolError("interrupted", { what: "running a program in the image", why: "it was interrupted" }),
        );
      } else if (ready?.().endsWith("\nready\n") !== true && !timedOut) {
        reject(sandboxError(output.stderr.trim()));
      } else {
        resolve({ exitCode: code ?? undefined, signal: ended ?? undefined, timedOut, ...output });
      }
    });
  });
}

/** It may have ended in the meantime. */
function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (thrown) {
    if (systemCode(thrown) !== "ESRCH") throw thrown;
  }
}

/** The first bytes of an output; the rest is read and thrown away, so that the program never blocks on it. */
function captured(stream: Readable | Writable | null | undefined): () => string {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  if (stream instanceof Readable)
    stream.on("data", (chunk: Buffer) => {
      const room = limits.testOutputBytesMax - sizeBytes;
      if (room > 0) chunks.push(chunk.subarray(0, room));
      sizeBytes += chunk.length;
    });
  return () => Buffer.concat(chunks).toString("utf8");
}

function sandboxError(why: string): ToolError {
  return new ToolError("engine", {
    what: "making a sandbox",
    why,
    hint: "it needs util-linux (unshare, mount, setpriv) and, as an ordinary user, user namespaces (sysctl kernel.unprivileged_userns_clone=1)",
  });
}
