// The operating system's process around the command line: streams, signals, exit.
// Ctrl-C, SIGTERM and the end of the terminal (SIGHUP) abort the command's signal; it cleans up and ends with code 130. A second one
// ends at once.
import { errorCodes } from "../base/errors.ts";
import type { Registry } from "./registry.ts";
import { runCli, type World } from "./run.ts";
import type { RawStream } from "./streams.ts";

const showCursor = "\u001b[?25h";

/** Runs the command line of this process, and ends the process. */
export async function runProcess(host: NodeJS.Process, registry: Registry): Promise<void> {
  const abort = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    host.on(name, () => {
      if (abort.signal.aborted) {
        // Live progress may have hidden it, and nobody is left to bring it back.
        if (host.stderr.isTTY) host.stderr.write(showCursor);
        host.exit(errorCodes.interrupted);
      }
      abort.abort(new Error("interrupted"));
    });
  }
  const crash = Promise.withResolvers<never>();
  crash.promise.catch(() => undefined);
  host.on("uncaughtException", crash.reject);
  const world: World = {
    env: host.env,
    cwd: host.cwd(),
    now: Date.now,
    stdout: rawStream(host.stdout),
    stderr: rawStream(host.stderr),
    signal: abort.signal,
    crashed: crash.promise,
  };
  const code = await runCli(host.argv.slice(2), world, registry);
  await Promise.all([flushed(host.stdout), flushed(host.stderr)]);
  // Not `exitCode`: an idle connection or a worker must not keep the process alive.
  host.exit(code);
}

/** Whoever reads may stop reading (`distill explain | head`): what is written after that goes nowhere. */
function rawStream(stream: NodeJS.WriteStream): RawStream {
  let closed = false;
  stream.on("error", () => {
    closed = true;
  });
  return {
    write: (content) => {
      if (!closed) stream.write(content);
    },
    isTerminal: stream.isTTY,
    // A pseudo-terminal that was never given a size says 0.
    columns: () => (stream.isTTY && stream.columns > 0 ? stream.columns : undefined),
  };
}

async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableNeedDrain || stream.writableLength > 0) {
    await new Promise<void>((resolve) => {
      stream.once("error", () => resolve());
      stream.write("", () => resolve());
    });
  }
}
