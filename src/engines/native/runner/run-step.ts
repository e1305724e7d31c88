// One step, from its request to its end: the runner is started, counted, told the setup, watched, and all of it removed.
import type { ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, rm, statfs } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";
import { type Readable, Writable } from "node:stream";
import { ToolError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { openProcessCount } from "./cgroup.ts";
import type { OpenIdSpace } from "./id-space.ts";
import { countsByNamespace } from "./kernel.ts";
import { encodeSetup } from "./protocol.ts";
import { setupOf } from "./setup.ts";
import { openSockets } from "./sockets.ts";
import { engineError, startRunner, statusOfRunner } from "./spawn.ts";
import type { StepRequest, StepResult } from "./step.ts";

/** How long a runner that is told to end may take before it is ended. */
const endingMs = 2000;
const diskWatchMs = 100;

/** @throws as Runner.run */
export async function runStep(
  request: StepRequest,
  space: OpenIdSpace,
  scratchFolder: string,
  signal: AbortSignal,
): Promise<StepResult> {
  if (signal.aborted) throw interrupted();
  const folder = await mkdtemp(join(scratchFolder, "step-"));
  const sockets = await openSockets(request.mounts, join(folder, "sockets"));
  const boundsNamespace = countsByNamespace(release());
  const isCounted = space.namespace !== undefined || boundsNamespace;
  const count = isCounted ? undefined : await openProcessCount(limits.stepProcessesMax);
  try {
    // Apart from the sockets, which the file system that is put over it would hide.
    const stage = join(folder, "stage");
    await mkdir(stage);
    const place = {
      stage,
      sockets: sockets.paths,
      processesMax: limits.stepProcessesMax,
      boundsNamespace,
    };
    const setup = encodeSetup(setupOf(request, space, place));
    const child = startRunner(space, ["run"], request.stdin === "inherit" ? "inherit" : "ignore", true);
    // From the first moment on: that it can't be started is told by an event.
    const ended = statusOfRunner(child);
    if (child.pid !== undefined) await count?.add(child.pid);
    return await watched({ child, ended }, setup, request, signal);
  } finally {
    sockets.close();
    await count?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What ended a step before it did itself. */
type Ending = "interrupted" | "timed-out" | "disk";

interface Running {
  readonly child: ChildProcess;
  readonly ended: ReturnType<typeof statusOfRunner>;
}

async function watched(
  { child, ended }: Running,
  setup: Uint8Array,
  request: StepRequest,
  signal: AbortSignal,
): Promise<StepResult> {
  let ending: Ending | undefined;
  let last: NodeJS.Timeout | undefined;
  const end = (why: Ending): void => {
    if (ending !== undefined) return;
    ending = why;
    // It ends the sandbox and waits for that; ended itself, the kernel does.
    child.kill("SIGTERM");
    last = setTimeout(() => child.kill("SIGKILL"), endingMs);
  };
  const onAbort = (): void => end("interrupted");
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const timer =
    request.timeoutMs === undefined ? undefined : setTimeout(() => end("timed-out"), request.timeoutMs);
  const disk = await watchDisk(request, () => end("disk"));
  try {
    const carried = [carry(child.stdout, request.stdout), carry(child.stderr, request.stderr)];
    const input = child.stdio[4];
    // A runner that ends without reading it says why.
    if (input instanceof Writable) input.on("error", () => undefined).end(setup);
    const status = await ended;
    await Promise.all(carried);
    const isFull = ending === "disk" || (status.exitCode !== 0 && (await disk.isFull()));
    return resultOf(status, isFull ? "disk" : ending);
  } finally {
    signal.removeEventListener("abort", onAbort);
    clearTimeout(timer);
    clearTimeout(last);
    disk.close();
  }
}

function resultOf(
  { error, exitCode, signal }: Awaited<ReturnType<typeof statusOfRunner>>,
  ending: Ending | undefined,
): StepResult {
  if (ending === "interrupted") throw interrupted();
  if (ending === "disk")
    throw new ToolError("disk", {
      what: "running a build step",
      why: "it filled the disk",
      hint: "free some room (distill cache prune), or choose another folder (--cache-dir)",
    });
  if (ending === "timed-out") return { exitCode: undefined, signal: undefined, timedOut: true };
  if (error !== undefined) throw engineError(error, hintOf(error));
  if (exitCode === undefined && signal === undefined) throw engineError("the runner ended before its step");
  return { exitCode, signal, timedOut: false };
}

/** What to do about the failures that are the machine's own. */
function hintOf(error: string): string | undefined {
  if (error.includes("overlay"))
    return "overlayfs can't keep changes on every file system (not on another overlayfs, nor on NFS): choose a folder on ext4, XFS, Btrfs or tmpfs (--cache-dir), or build outside of a container";
  if (error.startsWith("setting the limit"))
    return "a limit can't be raised above your own hard limit (ulimit -H): ask for less, or build as root";
  return undefined;
}

function interrupted(): ToolError {
  return new ToolError("interrupted", { what: "running a build step", why: "it was interrupted" });
}

/** All that comes, as fast as it is taken; whoever takes it is not ended. */
async function carry(from: Readable | null, to: Writable): Promise<void> {
  if (from === null) return;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    if (to.destroyed || to.writableEnded) continue;
    if (!to.write(chunk))
      await new Promise<void>((resolve) => {
        const go = (): void => {
          to.off("drain", go);
          to.off("close", go);
          resolve();
        };
        to.on("drain", go);
        to.on("close", go);
      });
  }
}

interface DiskWatch {
  isFull(): Promise<boolean>;
  close(): void;
}

/** Looks at the room on the disks that the step writes to, and tells when it is nearly used up. */
async function watchDisk(request: StepRequest, onFull: () => void): Promise<DiskWatch> {
  const folders = [request.root, ...request.mounts].flatMap((mount) =>
    mount.kind === "overlay" && mount.upper !== undefined
      ? [mount.upper]
      : mount.kind === "bind" && !mount.readOnly
        ? [mount.source]
        : [],
  );
  const disks = await Promise.all(
    folders.map(async (folder) => ({
      folder,
      reserve: Math.min(limits.stepDiskReserveBytes, (await freeBytes(folder)) / 4),
    })),
  );
  const isFull = async (): Promise<boolean> => {
    for (const { folder, reserve } of disks) if ((await freeBytes(folder)) < reserve) return true;
    return false;
  };
  const timer = setInterval(() => {
    void isFull().then((full) => {
      if (full) onFull();
    });
  }, diskWatchMs);
  return { isFull, close: () => clearInterval(timer) };
}

/** Without bound where the folder is gone or says nothing. */
async function freeBytes(folder: string): Promise<number> {
  const status = await statfs(folder).catch(() => undefined);
  return status === undefined || status.blocks === 0 ? Number.MAX_SAFE_INTEGER : status.bavail * status.bsize;
}
