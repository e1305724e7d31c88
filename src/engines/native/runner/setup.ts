// A step's sandbox as instructions for the runner: what is mounted where, which capabilities, limits and ids the command has.
// The default is what Docker gives a container (moby/moby oci/defaults.go): its capabilities, its masked and read-only paths.
// /proc comes last, after every mount whose target a link could lead astray.
import { ToolError } from "../../../base/errors.ts";
import { lazy } from "../../../base/lazy.ts";
import type { OpenIdSpace } from "./id-space.ts";
import type { Instruction } from "./protocol.ts";
import { filterProgram } from "./seccomp/filter.ts";
import type { StepMount, StepRequest } from "./step.ts";
import type { IdMap } from "./sub-ids.ts";

/** mount_setattr(2), MOUNT_ATTR_*. */
const attributes = { readOnly: 1, noSetuid: 2, noDevices: 4, noExecution: 8 };
/** clone(2), CLONE_NEW*. */
const namespaces = {
  mounts: 0x20000,
  cgroup: 0x2000000,
  host: 0x4000000,
  messages: 0x8000000,
  users: 0x10000000,
  processes: 0x20000000,
  network: 0x40000000,
};

/** capabilities(7): CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE, SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP. */
const capabilities = [0, 1, 3, 4, 5, 6, 7, 8, 10, 18, 27, 29, 31].reduce((set, bit) => set + 2 ** bit, 0);
/** NET_RAW, for a network of the step's own: on the host's, root would hear and forge what others send. */
const rawNetwork = 2 ** 13;

const maskedPaths: readonly string[] = [
  ...["asound", "acpi", "interrupts", "kcore", "keys", "latency_stats", "timer_list", "timer_stats"],
  ...["sched_debug", "scsi"],
].map((name) => `/proc/${name}`);
const maskedSystemPaths: readonly string[] = ["/sys/firmware", "/sys/devices/virtual/powercap"];
const readOnlyPaths: readonly string[] = ["bus", "fs", "irq", "sys", "sysrq-trigger"].map(
  (name) => `/proc/${name}`,
);

/** setrlimit(2): names as `ulimit` options have them. */
const limitNumbers: ReadonlyMap<string, number> = new Map(
  [
    ...([
      "cpu",
      "fsize",
      "data",
      "stack",
      "core",
      "rss",
      "nproc",
      "nofile",
      "memlock",
      "as",
      "locks",
    ] as const),
    ...(["sigpending", "msgqueue", "nice", "rtprio", "rttime"] as const),
  ].map((name, number) => [name, number] as const),
);

/** What the sandbox of one step needs of the host, all of it the runner's own. */
export interface StepPlace {
  /** An empty folder, over which the runner alone has a file system in memory. */
  readonly stage: string;
  /** Sockets made for this step, which lead to those that its mounts name. */
  readonly sockets: ReadonlyMap<StepMount, string>;
  /** Processes and threads at a time. */
  readonly processesMax: number;
  /** Whether the kernel bounds them by pid namespace. */
  readonly boundsNamespace: boolean;
}

/** @throws ToolError "engine" for what this sandbox can't give: an id that the caller has not, a mount over /proc */
export function setupOf(request: StepRequest, space: OpenIdSpace, place: StepPlace): readonly Instruction[] {
  requireIds(request, space);
  const ordinary = attributes.noDevices | (request.allowSetuid ? 0 : attributes.noSetuid);
  const mounts: MountContext = { ordinary, space, place };
  return [
    ["stage", place.stage],
    namespacesOf(request, space),
    ["hostname", request.hostname],
    [request.network === "none" ? "loopback" : "scope-sockets"],
    mountOf({ ...request.root, target: "/" }, mounts),
    ...deviceMounts(request, space),
    ...systemMounts(request, space),
    nameFile("/etc/hosts", request.hosts, place),
    nameFile("/etc/resolv.conf", request.resolv, place),
    ...request.mounts.map((mount) => mountOf(mount, mounts)),
    ["working-folder", request.workingDir, ...ownerIn(space, request)],
    ["filesystem", "/proc", kernelOwn, "proc"],
    ...(place.boundsNamespace ? [["pids", place.processesMax] as const] : []),
    ...maskedPaths.map((path) => ["mask", path] as const),
    ...readOnlyPaths.map((path) => ["read-only", path] as const),
    ...(request.readOnlyRoot ? [["read-only-root"] as const] : []),
    ...processOf(request, space, place),
  ];
}

function requireIds({ uid, gid, groups }: StepRequest, { identity, uids, gids }: OpenIdSpace): void {
  if (identity.kind !== "mapped") return;
  const wrong =
    uid >= uids.count
      ? `user ${uid}`
      : [gid, ...groups].some((one) => one >= gids.count)
        ? "a group"
        : undefined;
  if (wrong === undefined) return;
  throw new ToolError("engine", {
    what: "making a sandbox",
    why: `${wrong} is beyond the ${uids.count} users and ${gids.count} groups that there are`,
    hint: "give your user more ids in /etc/subuid and /etc/subgid, or build as root",
  });
}

/** `namespaces FLAGS UIDS GIDS`: with ids, the step has a user namespace of its own within the caller's. */
function namespacesOf(request: StepRequest, space: OpenIdSpace): Instruction {
  const { mounts, cgroup, host, messages, processes, network, users } = namespaces;
  const isMapped = space.namespace !== undefined;
  const flags =
    (mounts | cgroup | host | messages | processes) +
    (request.network === "none" ? network : 0) +
    (isMapped ? users : 0);
  return ["namespaces", flags, ownMap(space.uids), ownMap(space.gids)];
}

/** Each id as itself; ranges may not be joined, since they lie apart outside. */
function ownMap(map: IdMap): string {
  const lines = [];
  for (let at = 0; at < map.ranges.length; at += 3)
    lines.push(`${map.ranges[at]} ${map.ranges[at]} ${map.ranges[at + 2]}\n`);
  return lines.join("");
}

// ---- mounts

interface MountContext {
  /** Attributes of every mount that holds files. */
  readonly ordinary: number;
  readonly space: OpenIdSpace;
  readonly place: StepPlace;
}

const kernelOwn = attributes.noSetuid | attributes.noDevices | attributes.noExecution;

/** A minimal /dev. Devices are the host's own, since not everyone can make them; no other mount lets any be opened. */
function deviceMounts(request: StepRequest, space: OpenIdSpace): readonly Instruction[] {
  // Read-only: they can be written to all the same, but their modes and owners, which are the host's, not be changed.
  const device = attributes.noSetuid | attributes.noExecution | attributes.readOnly;
  const terminals = [
    ...["newinstance", "ptmxmode=0666", "mode=0620"],
    ...(space.identity.kind === "single" ? [] : ["gid=5"]),
  ];
  const links = { fd: "", stdin: "/0", stdout: "/1", stderr: "/2" };
  return [
    ["filesystem", "/dev", attributes.noSetuid | attributes.noDevices, "tmpfs", "mode=0755", "size=65536k"],
    ...["null", "zero", "full", "random", "urandom", "tty"].map(
      (name) => ["bind", `/dev/${name}`, device, `/dev/${name}`, ""] as const,
    ),
    ["filesystem", "/dev/pts", attributes.noSetuid | attributes.noExecution, "devpts", ...terminals],
    ["filesystem", "/dev/shm", kernelOwn, "tmpfs", "mode=1777", `size=${request.shmBytes}`],
    ["filesystem", "/dev/mqueue", kernelOwn, "mqueue"],
    ["link", "/dev/ptmx", "pts/ptmx"],
    ...Object.entries(links).map(([name, end]) => ["link", `/dev/${name}`, `/proc/self/fd${end}`] as const),
  ];
}

/** /sys, which an ordinary user can mount for a network of its own only; else the host's, without its cgroups. */
function systemMounts(request: StepRequest, space: OpenIdSpace): readonly Instruction[] {
  const isOwn = space.namespace === undefined || request.network === "none";
  const attribute = kernelOwn | attributes.readOnly;
  return [
    isOwn ? ["filesystem", "/sys", attribute, "sysfs"] : ["bind", "/sys", attribute, "/sys", ""],
    ...maskedSystemPaths.map((path) => ["mask", path] as const),
    ...(isOwn ? [] : [["mask", "/sys/fs/cgroup"] as const]),
  ];
}

function nameFile(target: string, content: string, place: StepPlace): Instruction {
  return ["file", target, kernelOwn | attributes.readOnly, `${place.stage}/files`, 0o644, 0, 0, content];
}

function mountOf(mount: StepMount, context: MountContext): Instruction {
  const { ordinary, space, place } = context;
  const { target } = mount;
  // Those that lead there by links are refused by the runner.
  const own = /^\/+(proc|sys)(?:\/|$)|^\/+(dev)\/*$/.exec(target);
  if (own !== null)
    throw new ToolError("engine", {
      what: `mounting ${target}`,
      why: `/${own[1] ?? own[2]} is the sandbox's own`,
    });
  switch (mount.kind) {
    case "bind":
      return [
        "bind",
        target,
        ordinary | (mount.readOnly ? attributes.readOnly : 0),
        mount.source,
        mount.path ?? "",
      ];
    case "overlay":
      return overlayOf(mount, context);
    case "tmpfs":
      return [
        ...(["filesystem", target, ordinary, "tmpfs", "mode=1777"] as const),
        ...(mount.sizeBytes === undefined ? [] : [`size=${mount.sizeBytes}`]),
      ];
    case "secret":
      return [
        ...(["file", target, kernelOwn | attributes.readOnly, `${place.stage}/files`, mount.mode] as const),
        ...ownerIn(space, mount),
        mount.content,
      ];
    case "socket":
      return [
        ...(["socket", target, kernelOwn, place.sockets.get(mount) ?? mount.source, mount.mode] as const),
        ...ownerIn(space, mount),
      ];
  }
}

/** Layers in the order of overlayfs, the highest first; what the step changes is not synced to the disk on unmounting. */
function overlayOf(
  mount: Extract<StepMount, { kind: "overlay" }>,
  { ordinary, space, place }: MountContext,
): Instruction {
  const { upper = "", work = "", path = "" } = mount;
  const options = [
    space.namespace === undefined ? "index=off,metacopy=off,redirect_dir=off" : "userxattr",
    ...(upper === "" ? [] : ["volatile"]),
  ];
  const empty = [`${place.stage}/empty-1`, `${place.stage}/empty-2`];
  const missing = Math.max(0, (upper === "" ? 2 : 1) - mount.lower.length);
  return [
    ...(["overlay", mount.target, ordinary | (upper === "" ? attributes.readOnly : 0), upper, work] as const),
    ...[path, `${place.stage}/place`, options.join(",")],
    ...[...mount.lower.toReversed(), ...empty.slice(0, missing)],
  ];
}

/** Where there is one id, everything is its own. */
function ownerIn(
  { identity }: OpenIdSpace,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): [uid: number, gid: number] {
  return identity.kind === "single" ? [0, 0] : [uid, gid];
}

// ---- the process

const filter = lazy(() => filterProgram(process.arch === "arm64" ? "arm64" : "x64"));

function processOf(request: StepRequest, space: OpenIdSpace, place: StepPlace): readonly Instruction[] {
  const { uid, gid, groups, network, stdin } = request;
  const isSingle = space.identity.kind === "single";
  return [
    ...limitsOf(request, space, place),
    ["capabilities", capabilities + (network === "none" ? rawNetwork : 0)],
    ["filter", filter()],
    ...(isSingle && (uid !== 0 || gid !== 0) ? [["single-id", uid, gid] as const] : []),
    ...(isSingle ? [] : [["set-groups"] as const]),
    ...(request.allowSetuid ? [] : [["no-new-privileges"] as const]),
    ["ids", uid, gid, ...(isSingle ? [] : groups)],
    ...(stdin instanceof Uint8Array ? [["stdin", stdin] as const] : []),
    ...(stdin === "inherit" ? [["terminal"] as const] : []),
    ["environment", ...request.env],
    ["command", ...request.argv],
  ];
}

/** An ordinary user's processes are counted in the step's user namespace; root's by its pid namespace or a cgroup (cgroup.ts). */
function limitsOf(request: StepRequest, space: OpenIdSpace, place: StepPlace): readonly Instruction[] {
  const count = { name: "nproc", soft: place.processesMax, hard: place.processesMax };
  const counted = space.namespace === undefined || request.ulimits.some(({ name }) => name === "nproc");
  return [...request.ulimits, ...(counted ? [] : [count])].map(({ name, soft, hard }) => {
    const number = limitNumbers.get(name);
    if (number !== undefined) return ["limit", number, limitValue(soft), limitValue(hard), name];
    throw new ToolError("engine", {
      what: `setting the limit ${name}`,
      why: "there is no such limit",
      hint: `there are ${[...limitNumbers.keys()].join(", ")}`,
    });
  });
}

/** -1 is none. */
function limitValue(value: number): string {
  return value < 0 ? "18446744073709551615" : String(value);
}
