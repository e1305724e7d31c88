// Sockets for one step that lead to those of the caller (an ssh agent): the step's own can have the owner and mode that are
// asked for, and end with it.
import type { FileHandle } from "node:fs/promises";
import { mkdir, open } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { engineError } from "./spawn.ts";
import type { StepMount } from "./step.ts";

export interface StepSockets {
  readonly paths: ReadonlyMap<StepMount, string>;
  close(): void;
}

/** @throws ToolError "engine" where one can't be made */
export async function openSockets(mounts: readonly StepMount[], folder: string): Promise<StepSockets> {
  const wanted = mounts.filter((mount) => mount.kind === "socket");
  const paths = new Map<StepMount, string>();
  if (wanted.length === 0) return { paths, close: () => undefined };
  await mkdir(folder, { mode: 0o700 });
  const handle = await open(folder);
  const servers: Server[] = [];
  try {
    for (const [index, mount] of wanted.entries()) {
      servers.push(await forwarded(mount.source, handle, String(index)));
      paths.set(mount, join(folder, String(index)));
    }
  } catch (thrown) {
    for (const server of servers) server.close();
    throw engineError(thrown);
  } finally {
    await handle.close();
  }
  return {
    paths,
    close: () => {
      for (const server of servers) server.close();
    },
  };
}

function forwarded(source: string, folder: FileHandle, name: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (inside) => {
    const outside = connect({ path: source, allowHalfOpen: true });
    // Either side may end at any time; the other is told by its end.
    void Promise.allSettled([pipeline(inside, outside), pipeline(outside, inside)]);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // By its descriptor: a name of a socket has room for 107 bytes.
    server.listen(`/proc/self/fd/${folder.fd}/${name}`, () => resolve(server));
  });
}
