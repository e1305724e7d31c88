// Who has a folder, among processes that know nothing of each other: each writes its name into a folder for that.
//
// Invariant: a process that was killed holds nothing: its name isn't believed once it is gone.
import { randomBytes } from "node:crypto";
import { open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "./errors.ts";
import { ownProcessName, stateOfProcess } from "./processes.ts";

export type Held =
  | { readonly kind: "held"; readonly release: () => Promise<void> }
  /** Somebody has it. */
  | { readonly kind: "taken" }
  /** Somebody else tried at the same moment, or the folder has gone: it is to be tried again. */
  | { readonly kind: "contended" };

/**
 * Enters the holders in `folder`, if those that are in it let one in: `alone` none, `shared` others that share. Everyone writes
 * first and looks then: of two at the same time at least one sees the other, and leaves.
 * @throws system errors
 */
export async function hold(folder: string, kind: "shared" | "alone"): Promise<Held> {
  const lets = (names: readonly string[]): boolean =>
    names.every((name) => kind === "shared" && name.startsWith("shared-"));
  try {
    if (!lets(await liveHolders(folder))) return { kind: "taken" };
    const own = `${kind}-${ownProcessName()}-${randomBytes(6).toString("hex")}`;
    await (await open(join(folder, own), "wx")).close();
    const release = (): Promise<void> => rm(join(folder, own), { force: true });
    if (lets((await liveHolders(folder)).filter((name) => name !== own))) return { kind: "held", release };
    await release();
  } catch (thrown) {
    if (systemCode(thrown) !== "ENOENT") throw thrown;
  }
  return { kind: "contended" };
}

/** Names of those that hold a folder; names of processes that are gone are removed. */
async function liveHolders(folder: string): Promise<readonly string[]> {
  const live: string[] = [];
  for (const name of await readdir(folder)) {
    if (stateOfProcess(name.split("-").slice(1, -1).join("-")) === "alive") live.push(name);
    else await rm(join(folder, name), { force: true });
  }
  return live;
}
