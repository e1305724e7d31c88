// What this system lets a sandbox be made of, told where it does not.
import { readFile } from "node:fs/promises";
import type { ToolError } from "../../../base/errors.ts";
import { engineError } from "./spawn.ts";

/** Settings that keep ordinary users from user namespaces; each with the value that does, and what to do. */
const switches: readonly { readonly file: string; readonly off: string; readonly hint: string }[] = [
  {
    // Debian's own
    file: "/proc/sys/kernel/unprivileged_userns_clone",
    off: "0",
    hint: "sysctl -w kernel.unprivileged_userns_clone=1, or build as root",
  },
  {
    file: "/proc/sys/user/max_user_namespaces",
    off: "0",
    hint: "sysctl -w user.max_user_namespaces=15000, or build as root",
  },
  {
    // Ubuntu 23.10 and later
    file: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    off: "1",
    hint: "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile with `userns,` for the runner, or build as root",
  },
];

export type ReadSetting = (file: string) => Promise<string | undefined>;

async function readSetting(file: string): Promise<string | undefined> {
  return (await readFile(file, "utf8").catch(() => undefined))?.trim();
}

/** Why an ordinary user's sandbox can't be made, as an error of the engine with what to do. */
export async function namespaceFailure(problem: string, read: ReadSetting = readSetting): Promise<ToolError> {
  for (const { file, off, hint } of switches) {
    if ((await read(file)) !== off) continue;
    const name = file.replace("/proc/sys/", "").replaceAll("/", ".");
    return engineError(
      `${problem}; user namespaces are switched off for ordinary users (${name} = ${off})`,
      hint,
    );
  }
  return engineError(
    problem,
    /ENOSPC|EPERM|EACCES/.test(problem)
      ? "user namespaces may be forbidden here, as they are inside most containers: build outside of one, or as root"
      : undefined,
  );
}

/** The first kernel with all that the runner calls: mount_setattr, overlayfs for ordinary users. */
const oldestKernel: Version = [5, 12];
/** The first that bounds process ids by namespace, and so the processes of a sandbox. */
const boundsNamespaces: Version = [6, 14];

type Version = readonly [major: number, minor: number];

/** @throws ToolError "engine" for a kernel that is too old; `release` as uname tells it */
export function requireKernel(release: string): void {
  if (isAtLeast(release, oldestKernel)) return;
  throw engineError(
    `this is Linux ${release}, and steps need ${oldestKernel.join(".")} or newer`,
    "use a newer kernel, or another engine",
  );
}

/** Whether a pid namespace has a limit of its own; else root's processes need a cgroup to be counted. */
export function countsByNamespace(release: string): boolean {
  return isAtLeast(release, boundsNamespaces);
}

function isAtLeast(release: string, [needsMajor, needsMinor]: Version): boolean {
  const [, major = "0", minor = "0"] = /^(\d{1,4})\.(\d{1,4})/.exec(release) ?? [];
  return Number(major) > needsMajor || (Number(major) === needsMajor && Number(minor) >= needsMinor);
}
