// A cgroup that counts the processes of one step (cgroup-v2.rst and pids.rst of the kernel), for root before Linux 6.14: its
// processes know no other limit there. Moving a process into one waits for all processors, which takes longer than all else
// of a step; newer kernels count by the pid namespace (run.c).
import { randomBytes } from "node:crypto";
import { mkdir, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface ProcessCount {
  /** Counts a process and all that it starts from then on. */
  add(pid: number): Promise<void>;
  /** Once all have ended. */
  close(): Promise<void>;
}

/** Places of the controller: of version 1 on its own, of version 2 with the others. */
const hierarchies: readonly string[] = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"];

/** Undefined where no cgroup can be made. */
export async function openProcessCount(processesMax: number): Promise<ProcessCount | undefined> {
  for (const hierarchy of hierarchies) {
    const folder = join(hierarchy, `distill-${process.pid}-${randomBytes(4).toString("hex")}`);
    if (!(await isThere(join(hierarchy, "cgroup.procs")))) continue;
    try {
      await mkdir(folder);
    } catch {
      continue;
    }
    try {
      // A cgroup without the controller has no such file, and in a cgroup none can be made.
      await writeFile(join(folder, "pids.max"), String(processesMax), { flag: "r+" });
    } catch {
      await rmdir(folder).catch(() => undefined);
      continue;
    }
    return {
      add: (pid) => writeFile(join(folder, "cgroup.procs"), String(pid), { flag: "r+" }),
      // The kernel may still be burying the last of them; an empty folder that stays counts nothing.
      close: () => rmdir(folder).catch(() => undefined),
    };
  }
  return undefined;
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
