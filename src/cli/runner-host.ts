// Who runs this program, as the sandbox of steps has to know it.
import { userInfo } from "node:os";
import type { RunnerHost } from "../engines/native/runner/id-space.ts";
import type { Context } from "./context.ts";

export function runnerHost({ env }: Pick<Context, "env">): RunnerHost {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  return { isRoot: uid === 0, uid, gid, user: accountName(uid), path: env["PATH"] ?? "" };
}

/** The number where no account has it, as in a container that was given a user. */
function accountName(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    return String(uid);
  }
}
