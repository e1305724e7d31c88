// One program in the root of an image, as a spec's tests run it: a read-only root, an empty /tmp, no network, no set-uid
// programs, and nothing of the host but the kernel.
import { Writable } from "node:stream";
import { limits } from "../../base/limits.ts";
import type { Runner, StepResult } from "./runner/step.ts";

export interface ProgramRequest {
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

export interface ProgramResult extends StepResult {
  readonly stdout: string;
  readonly stderr: string;
}

const shmBytes = 268_435_456;

/**
 * Runs the program to its end, or to the time limit. A program that isn't there ends with 127, as in a shell.
 * @throws ToolError "engine" where the sandbox itself can't be made, "interrupted", "disk"
 */
export async function runInImage(
  request: ProgramRequest,
  runner: Pick<Runner, "run">,
  signal: AbortSignal,
): Promise<ProgramResult> {
  const { root, argv, env, workingDir, uid, gid, stdin, timeoutMs } = request;
  const [stdout, stderr] = [captured(), captured()];
  const result = await runner.run(
    {
      root: { kind: "bind", source: root, target: "/", readOnly: false },
      mounts: [{ kind: "tmpfs", target: "/tmp" }],
      argv,
      env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      ...{ workingDir, uid, gid, groups: [], timeoutMs, shmBytes, ulimits: [] },
      network: "none",
      hostname: "localhost",
      hosts: "127.0.0.1 localhost\n::1 localhost\n",
      resolv: "",
      readOnlyRoot: true,
      allowSetuid: false,
      stdout: stdout.stream,
      stderr: stderr.stream,
      stdin: stdin === undefined ? "none" : Buffer.from(stdin),
    },
    signal,
  );
  return { ...result, stdout: stdout.text(), stderr: stderr.text() };
}

/** The first bytes of an output; the rest is read and thrown away, so that the program never blocks on it. */
function captured(): { readonly stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      const room = limits.testOutputBytesMax - sizeBytes;
      if (room > 0) chunks.push(chunk.subarray(0, room));
      sizeBytes += chunk.length;
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString("utf8") };
}
