// Steps run by a process of its own, so that a test can run them as another user: `node session.ts PLAN`, a JSON file; prints
// what came of them as JSON.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { Writable } from "node:stream";
import { isMainThread } from "node:worker_threads";
import { ToolError } from "../../src/base/errors.ts";
import { type NativeRunner, openRunner } from "../../src/engines/native/runner/open.ts";
import type { StepMount, StepRequest, StepResult } from "../../src/engines/native/runner/step.ts";

/** In all texts $BASE, $PID, $PORT, $SOCKET and $DISK stand for those of the session. */
export interface SandboxCase {
  readonly name: string;
  readonly argv: readonly string[];
  readonly given?: Partial<
    Pick<
      StepRequest,
      | "network"
      | "workingDir"
      | "uid"
      | "gid"
      | "groups"
      | "env"
      | "allowSetuid"
      | "readOnlyRoot"
      | "timeoutMs"
      | "ulimits"
    >
  >;
  readonly mounts?: readonly StepMount[];
  /** Text for its standard input. */
  readonly stdin?: string;
  readonly secret?: { readonly target: string; readonly text: string };
  readonly abortAfterMs?: number;
  /** A folder in which the step's changes are kept; else one of the session's own. */
  readonly changes?: string;
  /** A root that is bound instead of stacked. */
  readonly boundRoot?: string;
}

export interface SandboxOutcome {
  readonly name: string;
  readonly result?: StepResult;
  readonly error?: { readonly code: string; readonly message: string };
  /** Both outputs as they came. */
  readonly output: string;
  /** What the host's own folder holds afterwards, and its canary. */
  readonly target: readonly string[];
  readonly canary: string;
  /** Paths below the folder of the step's changes, as far as the session's user can look. */
  readonly changed: readonly string[];
}

export interface SandboxPlan {
  /** The session's own; made by whoever starts it. */
  readonly folder: string;
  readonly busybox: string;
  readonly attack: string;
  readonly user: string;
  readonly disk: string;
  readonly cases: readonly SandboxCase[];
}

export interface SandboxReport {
  readonly identity: string;
  readonly note: string | undefined;
  readonly outcomes: readonly SandboxOutcome[];
  /** Cgroups of its steps that are still there. */
  readonly cgroups: readonly string[];
}

export const canaryText = "canary-of-the-host";

async function session(plan: SandboxPlan): Promise<SandboxReport> {
  const { folder } = plan;
  makeWorld(plan);
  const socket = `distill-test-${process.pid}`;
  const [port, abstract] = [createServer(), createServer()];
  const agent = createServer((one) => one.end("the agent\n"));
  await listening(agent, join(folder, "agent"));
  await listening(port, 0);
  await listening(abstract, `\0${socket}`);
  const address = port.address();
  const names = new Map([
    ["$BASE", folder],
    ["$PID", String(process.pid)],
    ["$PORT", typeof address === "object" && address !== null ? String(address.port) : ""],
    ["$SOCKET", socket],
    ["$DISK", plan.disk],
  ]);
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const host = { isRoot: uid === 0, uid, gid, user: plan.user, path: process.env["PATH"] ?? "" };
  const runner = await openRunner(host, join(folder, "scratch"));
  const outcomes: SandboxOutcome[] = [];
  for (const [index, one] of plan.cases.entries()) {
    const replaced = JSON.parse(
      [...names].reduce((text, [name, value]) => text.replaceAll(name, value), JSON.stringify(one)),
    ) as SandboxCase;
    outcomes.push(await runCase(runner, plan, replaced, index));
  }
  for (const server of [port, abstract, agent]) server.close();
  const cgroups = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"]
    .filter((path) => existsSync(path))
    .flatMap((path) => readdirSync(path).filter((name) => name.startsWith(`distill-${process.pid}-`)));
  return { identity: runner.identity.kind, note: runner.identity.note, outcomes, cgroups };
}

/** The host's things that no step may see or change, and an image. */
function makeWorld({ folder, busybox, attack }: SandboxPlan): void {
  const lower = join(folder, "lower");
  for (const name of ["target", "lower/bin", "lower/etc", "lower/of-others", "source", "fake-dev", "shared"])
    mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "canary"), canaryText);
  copyFileSync(busybox, join(lower, "bin/busybox"));
  copyFileSync(attack, join(lower, "bin/attack"));
  copyFileSync(attack, join(lower, "bin/set-user-attack"));
  chmodSync(join(lower, "bin/set-user-attack"), 0o4755);
  writeFileSync(join(folder, "source/file"), "of the source");
  symlinkSync("/proc/version", join(folder, "fake-dev/null"));
  writeFileSync(join(lower, "of-others/empty"), "", { mode: 0o600 });
  // Links that lead to the host, where they are followed there.
  const up = "../".repeat(40);
  symlinkSync(join(folder, "target"), join(lower, "absolute"));
  symlinkSync(`${up}${folder.slice(1)}/target`, join(lower, "relative"));
  symlinkSync(join(folder, "canary"), join(lower, "canary-link"));
  symlinkSync("/proc/self/root", join(lower, "magic"));
  symlinkSync("/dev", join(lower, "devices"));
  symlinkSync("/proc/self/fd/4", join(lower, "descriptor"));
  symlinkSync(join(folder, "target/resolv.conf"), join(lower, "etc/resolv.conf"));
  symlinkSync(join(folder, "canary"), join(folder, "source/out"));
  symlinkSync(`${up}${folder.slice(1)}/canary`, join(folder, "source/up"));
}

async function runCase(
  runner: NativeRunner,
  { folder }: SandboxPlan,
  one: SandboxCase,
  index: number,
): Promise<SandboxOutcome> {
  const changes = one.changes ?? join(folder, `changes-${index}`);
  for (const name of ["upper", "work"]) mkdirSync(join(changes, name), { recursive: true });
  const said: string[] = [];
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (said.length < 1000) said.push(chunk.toString());
      done();
    },
  });
  const abort = new AbortController();
  const timer =
    one.abortAfterMs === undefined ? undefined : setTimeout(() => abort.abort(), one.abortAfterMs);
  const ended = await runner.run(requestOf(one, folder, changes, output), abort.signal).then(
    (result) => ({ result }),
    (thrown: unknown) => {
      if (!(thrown instanceof ToolError)) throw thrown;
      return { error: { code: thrown.code, message: thrown.message } };
    },
  );
  clearTimeout(timer);
  const changed = pathsBelow(join(changes, "upper"));
  await runner.remove(changes);
  return {
    name: one.name,
    ...ended,
    output: said.join(""),
    target: readdirSync(join(folder, "target")),
    canary: readFileSync(join(folder, "canary"), "utf8"),
    changed,
  };
}

function requestOf(one: SandboxCase, folder: string, changes: string, output: Writable): StepRequest {
  const { secret, boundRoot } = one;
  const secrets: StepMount[] =
    secret === undefined
      ? []
      : [
          {
            kind: "secret",
            target: secret.target,
            content: Buffer.from(secret.text),
            mode: 0o400,
            uid: one.given?.uid ?? 0,
            gid: 0,
          },
        ];
  return {
    root:
      boundRoot === undefined
        ? {
            kind: "overlay",
            lower: [join(folder, "lower")],
            upper: join(changes, "upper"),
            work: join(changes, "work"),
            target: "/",
          }
        : { kind: "bind", source: boundRoot, target: "/", readOnly: false },
    mounts: [...(one.mounts ?? []), ...secrets],
    argv: one.argv,
    env: ["PATH=/bin"],
    workingDir: "/",
    uid: 0,
    gid: 0,
    groups: [],
    network: "none",
    hostname: "sandbox",
    hosts: "127.0.0.1 localhost\n",
    resolv: "",
    shmBytes: 65_536,
    ulimits: [],
    readOnlyRoot: false,
    allowSetuid: true,
    stdout: output,
    stderr: output,
    stdin: one.stdin === undefined ? "none" : Buffer.from(one.stdin),
    timeoutMs: 60_000,
    ...one.given,
  };
}

function pathsBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  } catch (thrown) {
    return [`unreadable: ${String(thrown)}`];
  }
}

function listening(server: Server, at: number | string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    if (typeof at === "number") server.listen(at, "127.0.0.1", resolve);
    else server.listen(at, resolve);
  });
}

const [, program, planFile] = process.argv;
if (isMainThread && program === import.meta.filename && planFile !== undefined) {
  const report = await session(JSON.parse(readFileSync(planFile, "utf8")) as SandboxPlan);
  process.stdout.write(JSON.stringify(report));
}
