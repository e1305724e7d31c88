// Names of processes that outlive them: written into files, they tell whether the one that wrote them is still there. A number
// alone may be another's by now, or be meant in another container (proc(5), pid_namespaces(7)).
//
//   <where: 12 hex>-<pid>-<start, in the kernel's ticks>
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { lazy } from "./lazy.ts";

/** `elsewhere`: of another machine, boot or container, of which nothing can be seen from here; or no name of a process. */
export type ProcessState = "alive" | "gone" | "elsewhere";

/** Of this process. */
export const ownProcessName: () => string = lazy(
  () => `${here()}-${process.pid}-${startOf(process.pid) ?? "0"}`,
);

const namePattern = /^([0-9a-f]{12})-([1-9][0-9]{0,9})-([0-9]{1,20})$/;

export function stateOfProcess(name: string): ProcessState {
  const [, where, pid, start] = namePattern.exec(name) ?? [];
  if (where === undefined || pid === undefined || where !== here()) return "elsewhere";
  return startOf(Number(pid)) === start ? "alive" : "gone";
}

/** The number in a name. */
export function pidOf(name: string): number | undefined {
  const pid = namePattern.exec(name)?.[2];
  return pid === undefined ? undefined : Number(pid);
}

/** This boot of this machine, and the processes that are seen here. */
const here = lazy((): string => {
  const boot = orNothing(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1"));
  const namespace = orNothing(() => readlinkSync("/proc/self/ns/pid"));
  return createHash("sha256").update(`${boot}\n${namespace}`).digest("hex").slice(0, 12);
});

/** Undefined where there is no such process. */
function startOf(pid: number): string | undefined {
  const text = orNothing(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  // The second field is a name in parentheses that may hold anything; the start is the 22nd.
  return text === undefined ? undefined : text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
}

function orNothing(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
