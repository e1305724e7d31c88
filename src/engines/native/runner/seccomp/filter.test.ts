// The filter, run by an interpreter of the kernel's filters as seccomp(2) and net/core/filter.c have them.
import { describe, expect, test } from "vitest";
import { filterProgram } from "./filter.ts";

const codes = { load: 0x20, and: 0x54, jump: 0x05, equal: 0x15, greaterEqual: 0x35, return: 0x06 };
const names = new Map([
  [0x7fff0000, "allowed"],
  [0x00050001, "EPERM"],
  [0x00050026, "ENOSYS"],
  [0x80000000, "killed"],
]);
const machines = {
  x86_64: { machine: "x64", audit: 0xc000003e },
  i386: { machine: "x64", audit: 0x40000003 },
  aarch64: { machine: "arm64", audit: 0xc00000b7 },
  arm: { machine: "arm64", audit: 0x40000028 },
} as const;

type Architecture = keyof typeof machines;

/** struct seccomp_data: the number, the architecture, a pointer, six arguments. */
function verdict(architecture: Architecture | number, number: number, args: readonly bigint[] = []): string {
  const known = typeof architecture === "string" ? machines[architecture] : undefined;
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number, true);
  data.setUint32(4, known?.audit ?? Number(architecture), true);
  for (const [index, value] of args.entries()) data.setBigUint64(16 + 8 * index, value, true);
  return interpret(filterProgram(known?.machine ?? "x64"), data);
}

function interpret(program: Uint8Array, data: DataView): string {
  const view = new DataView(program.buffer);
  let accumulator = 0;
  for (let at = 0, steps = 0; at < program.length; at += 8, steps += 1) {
    expect(steps).toBeLessThan(40);
    const value = view.getUint32(at + 4, true);
    const jump = (taken: boolean): number => view.getUint8(at + (taken ? 2 : 3)) * 8;
    switch (view.getUint16(at, true)) {
      case codes.load:
        accumulator = data.getUint32(value, true);
        break;
      case codes.and:
        accumulator = (accumulator & value) >>> 0;
        break;
      case codes.jump:
        at += value * 8;
        break;
      case codes.equal:
        at += jump(accumulator === value);
        break;
      case codes.greaterEqual:
        at += jump(accumulator >= value);
        break;
      case codes.return:
        return names.get(value) ?? value.toString(16);
      default:
        throw new Error(`an instruction that is not known at ${at}`);
    }
  }
  throw new Error("the program does not end");
}

describe("a call of a step", () => {
  test.each<[string, Architecture, number, string]>([
    ["read", "x86_64", 0, "allowed"],
    ["write", "x86_64", 1, "allowed"],
    ["execve", "x86_64", 59, "allowed"],
    ["ptrace", "x86_64", 101, "allowed"],
    ["chroot", "x86_64", 161, "allowed"],
    ["openat2", "x86_64", 437, "allowed"],
    ["uretprobe", "x86_64", 335, "allowed"],
    ["removexattrat", "x86_64", 466, "allowed"],
    ["pivot_root", "x86_64", 155, "EPERM"],
    ["mount", "x86_64", 165, "EPERM"],
    ["umount2", "x86_64", 166, "EPERM"],
    ["swapon", "x86_64", 167, "EPERM"],
    ["reboot", "x86_64", 169, "EPERM"],
    ["sethostname", "x86_64", 170, "EPERM"],
    ["iopl", "x86_64", 172, "EPERM"],
    ["init_module", "x86_64", 175, "EPERM"],
    ["settimeofday", "x86_64", 164, "EPERM"],
    ["clock_settime", "x86_64", 227, "EPERM"],
    ["kexec_load", "x86_64", 246, "EPERM"],
    ["add_key", "x86_64", 248, "EPERM"],
    ["keyctl", "x86_64", 250, "EPERM"],
    ["perf_event_open", "x86_64", 298, "EPERM"],
    ["open_by_handle_at", "x86_64", 304, "EPERM"],
    ["setns", "x86_64", 308, "EPERM"],
    ["kcmp", "x86_64", 312, "EPERM"],
    ["finit_module", "x86_64", 313, "EPERM"],
    ["bpf", "x86_64", 321, "EPERM"],
    ["userfaultfd", "x86_64", 323, "EPERM"],
    ["io_uring_setup", "x86_64", 425, "EPERM"],
    ["open_tree", "x86_64", 428, "EPERM"],
    ["fsopen", "x86_64", 430, "EPERM"],
    ["clone3", "x86_64", 435, "ENOSYS"],
    ["pidfd_getfd", "x86_64", 438, "EPERM"],
    ["mount_setattr", "x86_64", 442, "EPERM"],
    ["one that is newer", "x86_64", 467, "ENOSYS"],
    ["read of x32", "x86_64", 0x40000000, "ENOSYS"],
    ["the last there can be", "x86_64", 0xffffffff, "ENOSYS"],
    ["read", "i386", 3, "allowed"],
    ["mount", "i386", 21, "EPERM"],
    ["clone3", "i386", 435, "ENOSYS"],
    ["bpf", "i386", 357, "EPERM"],
    ["read", "aarch64", 63, "allowed"],
    ["mount", "aarch64", 40, "EPERM"],
    ["bpf", "aarch64", 280, "EPERM"],
    ["io_uring_setup", "aarch64", 425, "EPERM"],
    ["read", "arm", 3, "allowed"],
    ["cacheflush", "arm", 0xf0002, "allowed"],
    ["mount", "arm", 21, "EPERM"],
  ])("%s on %s (%i): %s", (_name, architecture, number, expected) => {
    expect(verdict(architecture, number)).toBe(expected);
  });

  test.each<[string, Architecture, number, readonly bigint[], string]>([
    ["clone of a thread", "x86_64", 56, [0x3d0f00n], "allowed"],
    ["clone of a user namespace", "x86_64", 56, [0x10000011n], "EPERM"],
    ["clone of a mount namespace", "aarch64", 220, [0x20011n], "EPERM"],
    ["clone of a cgroup namespace", "i386", 120, [0x2000011n], "EPERM"],
    ["unshare of files", "x86_64", 272, [0x400n], "allowed"],
    ["unshare of a user namespace", "x86_64", 272, [0x10000000n], "EPERM"],
    ["unshare of a time namespace", "arm", 337, [0x80n], "EPERM"],
    ["a unix socket", "x86_64", 41, [1n], "allowed"],
    ["a packet socket", "x86_64", 41, [17n], "allowed"],
    ["a socket of AF_ALG", "x86_64", 41, [38n], "EPERM"],
    ["a socket of AF_VSOCK", "aarch64", 198, [40n], "EPERM"],
    ["a socket of AF_VSOCK, with more bits", "x86_64", 41, [0x1_0000_0028n], "EPERM"],
    ["the personality asked for", "x86_64", 135, [0xffffffffn], "allowed"],
    ["the personality without random addresses", "x86_64", 135, [0x40000n], "EPERM"],
    ["an ioctl", "x86_64", 16, [0n, 0x5401n], "allowed"],
    ["an ioctl TIOCSTI", "x86_64", 16, [0n, 0x5412n], "EPERM"],
    ["an ioctl TIOCSTI, with more bits", "x86_64", 16, [0n, 0x1_0000_5412n], "EPERM"],
    ["an ioctl TIOCLINUX", "aarch64", 29, [0n, 0x541cn], "EPERM"],
  ])("%s on %s", (_name, architecture, number, args, expected) => {
    expect(verdict(architecture, number, args)).toBe(expected);
  });

  test("of an architecture that is not the machine's ends the process", () => {
    expect(verdict(machines.aarch64.audit, 63)).toBe("killed");
    expect(verdict(0, 0)).toBe("killed");
  });
});

test("the kernel takes programs of 4096 instructions at most", () => {
  for (const machine of ["x64", "arm64"] as const)
    expect(filterProgram(machine).length / 8).toBeLessThan(1024);
});
