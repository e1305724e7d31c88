// Sessions of steps (session.ts) as root, and as ordinary users with and without sub-ids. Root becomes them: in a mount
// namespace of its own /etc knows a user that the machine has not.
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram, runWell } from "../programs.ts";
import type { SandboxCase, SandboxReport } from "./session.ts";

export const isRoot: boolean = process.getuid?.() === 0;

export type SandboxUser = "root" | "a user with sub-ids" | "a user with one id";

/** The users that this process can be. */
export const sandboxUsers: readonly SandboxUser[] = isRoot
  ? ["root", "a user with sub-ids", "a user with one id"]
  : ["a user with one id"];

const id = 54_322;
const name = "distill-sandbox";
const session = join(import.meta.dirname, "session.ts");

/** Runs the cases in `folder`, which is this run's own. */
export async function runCases(
  folder: string,
  user: SandboxUser,
  programs: { readonly busybox: string; readonly attack: string },
  cases: readonly SandboxCase[],
): Promise<SandboxReport> {
  const disk = String(statSync(folder).dev);
  return (await runSession(folder, user, session, { ...programs, disk, cases })) as SandboxReport;
}

/** A session's own folder, and what it is called in /etc/passwd. */
export interface SessionPlan {
  readonly folder: string;
  readonly user: string;
}

/** Runs `node PROGRAM PLAN` as the user: a file with `plan` and SessionPlan as JSON. Gives the JSON that it prints. */
export async function runSession(
  folder: string,
  user: SandboxUser,
  program: string,
  plan: object,
): Promise<unknown> {
  const own = join(folder, user.replaceAll(" ", "-"));
  mkdirSync(join(own, "small"), { recursive: true });
  const whole: SessionPlan = { ...plan, folder: own, user: user === "root" ? "root" : name };
  writeFileSync(join(own, "plan.json"), JSON.stringify(whole));
  chmodSync(folder, 0o711);
  const argv = [process.execPath, program, join(own, "plan.json")];
  const options = { env: { CANARY: "canary-of-the-environment" }, cwd: "/", timeoutMs: 300_000 };
  const ran = isRoot
    ? await runProgram(["unshare", "-m", "sh", "-c", asUser(own, user), "sh", ...argv], options)
    : await runProgram(argv, options);
  if (ran.code !== 0)
    throw new Error(`the session of ${user} ended with ${ran.code}\n${ran.stderr}${ran.stdout}`);
  return JSON.parse(ran.stdout);
}

/** A script that goes on as the user, with a small disk of its own, and a descriptor and a session that it did not ask for. */
function asUser(own: string, user: SandboxUser): string {
  const small = `mount -t tmpfs -o size=48m,mode=0755 small '${own}/small' && exec 7<'${own}/plan.json'`;
  if (user === "root") return `${small} && exec "$@"`;
  return `${small} && chown ${id}:${id} '${own}/small' && ${becomeUser(own, user)}`;
}

/** A script that goes on as an ordinary user, to whom it gives the folder `own`. Its mount namespace is its own. */
function becomeUser(own: string, user: Exclude<SandboxUser, "root">): string {
  const subIds = user === "a user with sub-ids" ? `${name}:100000:65536\n` : "";
  for (const file of ["passwd", "subuid", "subgid"]) {
    const line = file === "passwd" ? `${name}:x:${id}:${id}::${own}:/bin/sh\n` : subIds;
    const old = file === "passwd" ? readFileSync("/etc/passwd", "utf8") : "";
    writeFileSync(join(own, file), `${old}${line}`);
  }
  chownSync(own, id, id);
  const binds = ["passwd", "subuid", "subgid"].map((file) => `mount --bind '${own}/${file}' /etc/${file}`);
  return [...binds, `exec setpriv --reuid=${id} --regid=${id} --clear-groups "$@"`].join(" && ");
}

/** What to put before a program's arguments for this user to run it, at home in the folder `own`. Needs root for others than root. */
export function commandAs(user: SandboxUser, own: string): readonly string[] {
  return user === "root" || !isRoot ? [] : ["unshare", "-m", "sh", "-c", becomeUser(own, user), "sh"];
}

/** Removes a folder of such sessions, whoever owns what is in it. */
export async function removeSessions(folder: string): Promise<void> {
  await runWell(["rm", "-rf", "--one-file-system", folder]);
}
