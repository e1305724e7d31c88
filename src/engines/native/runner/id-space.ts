// Whose ids a sandbox has (user_namespaces(7)). Root's are the system's own. An ordinary user gets a user namespace, once:
// with the sub-ids that the administrator gave, mapped by newuidmap(1) and newgidmap(1), or with one id, its own. The namespace
// lives as long as this process holds it open; every runner joins it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { messageOf } from "../../../base/errors.ts";
import { namespaceFailure } from "./kernel.ts";
import { parseStatus } from "./protocol.ts";
import { type IdSpace, startRunner } from "./spawn.ts";
import type { Identity } from "./step.ts";
import { type IdMap, idMapOf, parseSubIds } from "./sub-ids.ts";

export interface RunnerHost {
  readonly isRoot: boolean;
  readonly uid: number;
  readonly gid: number;
  /** The account's name, by which /etc/subuid knows it. */
  readonly user: string;
  /** Where newuidmap and newgidmap are found. */
  readonly path: string;
}

export interface OpenIdSpace extends IdSpace {
  readonly identity: Identity;
  readonly uids: IdMap;
  readonly gids: IdMap;
}

/** Root needs none. */
const noMap: IdMap = { ranges: [], count: 0 };

/**
 * Opens the ids that the caller can have, as many as it may.
 * @throws ToolError "engine" where this system lets no ordinary user have a user namespace
 */
export async function openIdSpace(host: RunnerHost, wanted: "all" | "single"): Promise<OpenIdSpace> {
  if (host.isRoot) return { namespace: undefined, identity: { kind: "root" }, uids: noMap, gids: noMap };
  const further = wanted === "single" ? undefined : await subIdsOf(host);
  if (further !== undefined && !("problem" in further)) {
    const opened = await openNamespace((pid) => mapRanges(pid, host, further));
    if (!("problem" in opened)) {
      const space = `mapped-${JSON.stringify([further.uids.ranges, further.gids.ranges])}`;
      return { ...opened, identity: { kind: "mapped", space }, ...further };
    }
    return await openSingle(host, opened.problem);
  }
  return await openSingle(host, further?.problem);
}

/** One id, the user's own. `problem` is why there are no more; undefined where no more are wanted. */
async function openSingle(host: RunnerHost, problem: string | undefined): Promise<OpenIdSpace> {
  const opened = await openNamespace(async (pid) => {
    await writeFile(`/proc/${pid}/setgroups`, "deny");
    await writeFile(`/proc/${pid}/uid_map`, `0 ${host.uid} 1`);
    await writeFile(`/proc/${pid}/gid_map`, `0 ${host.gid} 1`);
  });
  if ("problem" in opened) throw await namespaceFailure(opened.problem);
  const note = `${problem ?? ""}; files of other users than root can't be told apart in build steps, and chown fails there. To have it: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${host.user}, and the package uidmap`;
  return {
    ...opened,
    identity: { kind: "single", space: `single-${host.uid}`, ...(problem === undefined ? {} : { note }) },
    uids: idMapOf(host.uid, []),
    gids: idMapOf(host.gid, []),
  };
}

interface SubIds {
  readonly uids: IdMap;
  readonly gids: IdMap;
}

async function subIdsOf(host: RunnerHost): Promise<SubIds | { readonly problem: string }> {
  const ranges = async (file: string, id: number): Promise<IdMap> =>
    idMapOf(id, parseSubIds(await readFile(file, "utf8").catch(() => ""), { name: host.user, id: host.uid }));
  const uids = await ranges("/etc/subuid", host.uid);
  const gids = await ranges("/etc/subgid", host.gid);
  if (uids.count > 1 && gids.count > 1) return { uids, gids };
  return { problem: `no sub-ids in ${uids.count > 1 ? "/etc/subgid" : "/etc/subuid"} for ${host.user}` };
}

async function mapRanges(pid: number, host: RunnerHost, { uids, gids }: SubIds): Promise<void> {
  await runMapper("newuidmap", [pid, ...uids.ranges], host);
  await runMapper("newgidmap", [pid, ...gids.ranges], host);
}

/** @throws Error with what the program said */
async function runMapper(name: string, args: readonly number[], host: RunnerHost): Promise<void> {
  const child = spawn(name, args.map(String), {
    env: { PATH: host.path },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const failed = once(child, "close").then(([code]) => code as number | null);
  const said = text(child.stderr);
  let code: number | null;
  try {
    code = await failed;
  } catch (thrown) {
    throw new Error(`${name} (package uidmap) could not be started: ${messageOf(thrown)}`, { cause: thrown });
  }
  if (code !== 0) throw new Error(`${name}: ${(await said).trim()}`);
}

/** A new user namespace with the ids that `map` gives it, held open until this process ends: every runner is handed it. */
async function openNamespace(
  map: (pid: number) => Promise<void>,
): Promise<{ readonly namespace: number } | { readonly problem: string }> {
  const child = startRunner({ namespace: undefined }, ["namespace"], "pipe", false);
  const closed = once(child, "close").catch(() => undefined);
  try {
    const said = await firstLine(child);
    if (said !== "ready") return { problem: parseStatus(said).error ?? "it could not be made" };
    await map(child.pid ?? -1);
    return { namespace: openSync(`/proc/${child.pid}/ns/user`, "r") };
  } catch (thrown) {
    return { problem: messageOf(thrown) };
  } finally {
    child.stdin?.end();
    await closed;
  }
}

/** Of its status; empty where it says nothing. @throws the system's own error where it can't be started */
async function firstLine(child: ChildProcess): Promise<string> {
  const status = child.stdio[3];
  if (!(status instanceof Readable)) return "";
  const failed = once(child, "error").then(([thrown]) => Promise.reject(thrown as Error));
  const said = (async () => {
    for await (const chunk of status) return String(chunk).trimEnd();
    return "";
  })();
  return await Promise.race([said, failed]);
}
