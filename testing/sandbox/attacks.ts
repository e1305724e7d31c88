// Attempts of a build step to get out of its sandbox, or to leave something behind: what is run, and what shows that it came to
// nothing. Every attempt is held to the same as well (sandbox-attacks.test.ts): the host's canary is unread and unchanged, its
// folder empty, its name the same.
import type { SandboxCase, SandboxOutcome } from "./session.ts";
import type { SandboxUser } from "./users.ts";

/** Of the user in the root that is attacked. */
const userHome = ["", "home", "user"].join("/");

export interface Attack extends SandboxCase {
  /** Why it got out, undefined where it did not. The program `attack` ends with 0 where it did not. */
  readonly escaped?: (outcome: SandboxOutcome, user: SandboxUser) => string | undefined;
  /** Needs something that root alone can make. */
  readonly rootOnly?: boolean;
  /** Needs Landlock's scopes (Linux 6.12): before, the host's network has such sockets for every engine. */
  readonly needsScopes?: boolean;
}

const call = (name: string, ...args: readonly string[]): readonly string[] => ["/bin/attack", name, ...args];
const shell = (script: string): readonly string[] => ["/bin/busybox", "sh", "-c", script];

/** A step that has to fail as a whole. */
const refused =
  (pattern: RegExp) =>
  ({ error, result }: SandboxOutcome): string | undefined =>
    error !== undefined && pattern.test(error.message)
      ? undefined
      : `it was not refused: ${JSON.stringify({ error, result })}`;

const printed =
  (pattern: RegExp) =>
  ({ output, result, error }: SandboxOutcome): string | undefined =>
    pattern.test(output) ? undefined : `it printed ${output} ${JSON.stringify({ result, error })}`;

const anything = (): undefined => undefined;

export const attacks: readonly Attack[] = [
  // ---- the root
  { name: "a link to a file of the host", argv: shell("busybox cat /canary-link"), escaped: anything },
  {
    name: "a link that is made, and one through /proc/self/root",
    argv: shell(
      "busybox ln -s $BASE /x; busybox cat /x/canary /proc/self/root$BASE/canary /magic$BASE/canary",
    ),
    escaped: anything,
  },
  {
    name: "..",
    argv: shell(`busybox cat /../../..$BASE/canary; cd ../../../..; busybox cat .$BASE/canary`),
    escaped: anything,
  },
  { name: "a double chroot", argv: call("double-chroot", "$BASE/canary") },
  { name: "a chroot, and a descriptor of before", argv: call("descriptor-chroot", "$BASE/canary") },
  { name: "pivot_root", argv: call("pivot-root") },
  {
    name: "names of the host in mountinfo",
    argv: shell("! busybox grep -F $BASE /proc/self/mountinfo | busybox grep -v /target/resolv.conf"),
  },
  {
    name: "resolv.conf as a link to a file of the host, which is mounted over",
    argv: shell("busybox test -e /etc/resolv.conf"),
  },
  {
    name: "a mount whose target leads to the host",
    argv: shell("busybox touch /absolute/x /relative/x && ! busybox test -e $BASE/canary"),
    mounts: [
      { kind: "tmpfs", target: "/absolute" },
      { kind: "tmpfs", target: "/relative/../../inside" },
    ],
  },
  {
    name: "a mount whose target is a descriptor of the runner",
    argv: shell("busybox ls -A /descriptor/"),
    mounts: [{ kind: "tmpfs", target: "/descriptor/x" }],
    escaped: anything,
  },
  {
    name: "a mount of a link out of its source",
    argv: shell("busybox cat /m"),
    mounts: [{ kind: "bind", source: "$BASE/source", path: "/out", target: "/m", readOnly: true }],
    escaped: refused(/ENOENT/),
  },
  {
    name: "a mount of .. out of its source",
    argv: shell("busybox cat /m"),
    mounts: [{ kind: "bind", source: "$BASE/source", path: "../../canary", target: "/m", readOnly: true }],
    escaped: refused(/ENOENT/),
  },
  {
    name: "a mount of a link out of a stack",
    argv: shell("busybox cat /m"),
    mounts: [{ kind: "overlay", lower: ["$BASE/source"], path: "up", target: "/m" }],
    escaped: refused(/ENOENT/),
  },
  {
    name: "a working directory that leads to the host",
    argv: shell("busybox pwd; busybox cat canary ../canary; busybox touch x"),
    given: { workingDir: "/absolute" },
    escaped: printed(/\/target\n/),
  },
  {
    name: "a working directory that is a descriptor of the runner (CVE-2024-21626)",
    argv: shell("busybox pwd; busybox cat ../../..$BASE/canary"),
    given: { workingDir: "/proc/self/fd/4" },
    escaped: ({ result, output }) => (result?.exitCode === 0 ? output : undefined),
  },
  // ---- mounts
  { name: "mounts", argv: call("mount") },
  { name: "umount of what is masked", argv: call("umount") },
  {
    name: "a mount over /proc, asked for",
    argv: shell("true"),
    mounts: [{ kind: "tmpfs", target: "/proc/sys" }],
    escaped: refused(/\/proc is the sandbox's own/),
  },
  {
    name: "a mount over /proc through a link",
    argv: shell("busybox test -e /proc/self/status && ! busybox touch /proc/x"),
    mounts: [{ kind: "tmpfs", target: "/magic/proc" }],
    escaped: ({ result, error }) =>
      result?.exitCode === 0 || error?.code === "engine" ? undefined : JSON.stringify({ result, error }),
  },
  ...["/dev", "//dev/", "/./dev", "/devices", "/devices/../dev", "/sys/kernel", "/devices/pts", "/"].map(
    (target) => ({
      name: `a /dev whose null is a link to a file that the first process may read, as ${target}`,
      argv: shell("busybox cat; busybox cat /proc/keys"),
      mounts: [{ kind: "bind", source: "$BASE/fake-dev", target, readOnly: true } as const],
      escaped: refused(/is the sandbox's own/),
    }),
  ),
  {
    name: "a file over /dev/null, as standard input and in place of what is masked",
    argv: shell(
      "busybox grep -q 'of the source' /dev/null && busybox cat && busybox cat /proc/keys && echo nothing",
    ),
    mounts: [{ kind: "bind", source: "$BASE/source", path: "file", target: "/dev/null", readOnly: true }],
    escaped: ({ output }) => (output === "nothing\n" ? undefined : `it read ${output}`),
  },
  {
    name: "modes, owners and times of the host's devices",
    argv: shell(
      "for f in /dev/null /dev/stdin /dev/tty; do busybox chmod 640 $f && echo ESCAPED; busybox chown 5 $f && echo ESCAPED; busybox touch -d 2001-01-01 $f && echo ESCAPED; done 2>/dev/null; echo x > /dev/null",
    ),
  },
  {
    name: "writing to a source that is read-only, made writable again",
    argv: shell(
      "busybox mount -o remount,rw /m; busybox touch /m/x; busybox rm -f /m/file; ! busybox test -e /m/x && busybox test -e /m/file",
    ),
    mounts: [{ kind: "bind", source: "$BASE/source", target: "/m", readOnly: true }],
  },
  {
    name: "writing to hosts and resolv.conf of others",
    argv: shell("! (echo x > /etc/hosts) 2>/dev/null && ! (echo x > /etc/resolv.conf) 2>/dev/null"),
  },
  {
    name: "cgroups, and a release agent",
    argv: shell(
      "busybox mkdir /cg; busybox mount -t cgroup -o memory c /cg; busybox mount -t cgroup2 c /cg; busybox find /sys/fs/cgroup /cg -name release_agent -o -name cgroup.procs",
    ),
    escaped: ({ output }) => (/\/(release_agent|cgroup\.procs)/.test(output) ? output : undefined),
  },
  // ---- /proc and /sys
  {
    name: "the kernel's settings",
    argv: shell(
      "for f in kernel/core_pattern kernel/modprobe kernel/hostname vm/drop_caches kernel/pid_max net/ipv4/ip_forward; do (echo '|/x' > /proc/sys/$f) 2>/dev/null && echo wrote $f; done; true",
    ),
    escaped: ({ output }) => (output.includes("wrote") ? output : undefined),
  },
  {
    name: "sysrq, interrupts, buses",
    argv: shell(
      "for f in /proc/sysrq-trigger /proc/irq/default_smp_affinity /sys/kernel/uevent_helper /sys/power/state /sys/module/kernel/parameters/panic; do (echo b > $f) 2>/dev/null && echo wrote $f; done; true",
    ),
    escaped: ({ output }) => (output.includes("wrote") ? output : undefined),
  },
  {
    name: "the kernel's memory and keys",
    argv: shell(
      "busybox head -c 64 /proc/kcore; busybox cat /proc/keys /proc/timer_list; busybox ls -A /proc/acpi",
    ),
    escaped: ({ output }) => (/^\S{8} /m.test(output) || output.includes("ELF") ? output : undefined),
  },
  // ---- other processes
  { name: "ptrace of the host's processes", argv: call("ptrace", "$PID") },
  { name: "memory, program, files and root of the first process", argv: call("first-process") },
  { name: "the runner's own program (CVE-2019-5736)", argv: call("own-program") },
  {
    name: "processes of the host in /proc, killed",
    argv: shell("busybox kill -9 -1; busybox kill -9 $PID; busybox ps -o args"),
    escaped: ({ result }) => (result?.timedOut === true ? "it ran on" : undefined),
  },
  {
    name: "the first process, killed",
    argv: shell("busybox kill -9 1; busybox kill -15 1; busybox kill -3 1; echo still here"),
    escaped: printed(/still here/),
  },
  { name: "a process that stays", argv: call("daemon") },
  { name: "a fork bomb", argv: call("fork-bomb") },
  {
    name: "a higher limit",
    argv: call("limits"),
    given: { ulimits: [{ name: "nofile", soft: 256, hard: 512 }] },
  },
  // ---- the kernel
  { name: "new namespaces", argv: call("namespaces") },
  { name: "namespaces of others", argv: call("setns") },
  { name: "the kernel's keys", argv: call("keys") },
  { name: "bpf, perf, userfaultfd, io_uring and others", argv: call("kernel") },
  { name: "files by handle", argv: call("handles") },
  { name: "kexec, reboot, the clock, modules, the host's name", argv: call("machine") },
  { name: "ports of the machine", argv: call("ports") },
  { name: "a system call of 32 bit programs", argv: shell("busybox true") },
  // ---- devices and terminals
  { name: "devices that are made", argv: call("devices", "$DISK") },
  { name: "a device of the image", argv: call("image-device"), rootOnly: true },
  { name: "text put into a terminal's input", argv: call("terminal") },
  {
    name: "devices beyond the few",
    argv: shell("busybox ls /dev"),
    escaped: ({ output }) => {
      const known = "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero".split(" ");
      const other = output
        .trim()
        .split("\n")
        .filter((name) => !known.includes(name));
      return other.length === 0 ? undefined : other.join(" ");
    },
  },
  // ---- the network
  { name: "the host's ports and raw packets without a network", argv: call("network", "$PORT") },
  { name: "raw packets on the host's network", argv: call("raw-sockets"), given: { network: "host" } },
  { name: "an abstract socket of the host without a network", argv: call("abstract-socket", "$SOCKET") },
  {
    name: "an abstract socket of the host on the host's network",
    argv: call("abstract-socket", "$SOCKET"),
    given: { network: "host" },
    needsScopes: true,
  },
  // ---- what the host has
  { name: "descriptors of the host", argv: call("descriptors") },
  {
    name: "the host's environment",
    argv: shell("busybox env; busybox cat /proc/self/environ; busybox cat /proc/1/environ /proc/1/cmdline"),
    escaped: ({ output }) =>
      output.includes("canary") || /HOME=\/.+|node|distill-test/.test(output) ? output : undefined,
  },
  {
    name: "the user's home and temporary folders",
    argv: shell("busybox ls -A /root /home /run /var $BASE 2>/dev/null"),
    // The image's own /etc/resolv.conf leads there, in the image.
    escaped: ({ output }) => (/^\S+:\ntarget\n$/.test(output) ? undefined : output),
  },
  // ---- what is left
  {
    name: "a secret, in what the step leaves",
    argv: shell(
      "busybox grep -q hush /run/secrets/key && ! busybox cp -l /run/secrets/key /copy 2>/dev/null; ! (echo x > /run/secrets/key) 2>/dev/null",
    ),
    secret: { target: "/run/secrets/key", text: "hush" },
    escaped: ({ result, changed }) =>
      result?.exitCode === 0 && !changed.some((path) => path.startsWith("run")) && !changed.includes("copy")
        ? undefined
        : JSON.stringify({ result, changed }),
  },
  {
    name: "an empty file of others, which a link has the runner remove for the mount point it made",
    argv: shell(`cd ${userHome} && busybox mv mine moved && busybox ln -s /of-others mine`),
    secret: { target: `${userHome}/mine/empty`, text: "hush" },
    escaped: ({ result, changed }) =>
      result?.exitCode === 0 && changed.includes("home/user/mine") && !changed.includes("of-others/empty")
        ? undefined
        : JSON.stringify({ result, changed }),
  },
  {
    name: "a set-uid program where they have no effect",
    argv: ["/bin/set-user-attack", "set-user"],
    given: { allowSetuid: false, uid: 1000, gid: 1000 },
  },
  {
    name: "a disk that is filled",
    argv: shell("busybox dd if=/dev/zero of=/big bs=1M count=4000"),
    changes: "$BASE/small/changes",
    rootOnly: true,
    escaped: ({ error }) => (error?.code === "disk" ? undefined : `it ended with ${JSON.stringify(error)}`),
  },
  {
    name: "memory that is filled through /dev/shm",
    argv: shell(
      "busybox dd if=/dev/zero of=/dev/shm/big bs=64k count=1000; busybox test $(busybox stat -c %s /dev/shm/big) -le 65536",
    ),
  },
  {
    name: "a step that does not end",
    argv: shell("trap '' TERM INT HUP; while :; do :; done"),
    given: { timeoutMs: 500 },
    escaped: ({ result }) => (result?.timedOut === true ? undefined : JSON.stringify(result)),
  },
  {
    name: "a step that does not end, interrupted",
    argv: shell("trap '' TERM INT HUP; (while :; do :; done) & while :; do :; done"),
    abortAfterMs: 500,
    escaped: ({ error }) => (error?.code === "interrupted" ? undefined : JSON.stringify(error)),
  },
];
