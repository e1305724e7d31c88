import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { OpenIdSpace } from "./id-space.ts";
import { setupOf } from "./setup.ts";
import type { StepMount, StepRequest } from "./step.ts";
import { idMapOf } from "./sub-ids.ts";

const none = { ranges: [], count: 0 };
const root: OpenIdSpace = { namespace: undefined, identity: { kind: "root" }, uids: none, gids: none };
const subIds = idMapOf(1000, [{ start: 100_000, count: 65_536 }]);
const mapped: OpenIdSpace = { namespace: 9, identity: { kind: "mapped" }, uids: subIds, gids: subIds };
const own = idMapOf(1000, []);
const single: OpenIdSpace = { namespace: 9, identity: { kind: "single" }, uids: own, gids: own };
const place = {
  stage: "/scratch/step",
  sockets: new Map<StepMount, string>(),
  processesMax: 64,
  boundsNamespace: true,
};

const request: StepRequest = {
  root: { kind: "overlay", lower: ["/l1", "/l2"], upper: "/u", work: "/w", target: "/" },
  mounts: [],
  argv: ["true"],
  env: ["A=b"],
  workingDir: "/src",
  uid: 0,
  gid: 0,
  groups: [],
  network: "none",
  hostname: "box",
  hosts: "127.0.0.1 localhost\n",
  resolv: "",
  shmBytes: 65_536,
  ulimits: [],
  readOnlyRoot: false,
  allowSetuid: true,
  stdout: new Writable(),
  stderr: new Writable(),
  stdin: "none",
};

/** Without the filter, which has a test of its own. */
function lines(given: Partial<StepRequest> = {}, space: OpenIdSpace = root): string[] {
  const setup = setupOf({ ...request, ...given }, space, place);
  return setup.map((fields) => fields.map((field) => (typeof field === "object" ? "..." : field)).join(" "));
}

const noSetuid = 2;
const noDevices = 4;

describe("a step's setup", () => {
  test("of root", () => {
    expect(lines()).toEqual([
      "stage /scratch/step",
      "namespaces 1845624832  ",
      "hostname box",
      "loopback",
      "overlay / 4 /u /w  /scratch/step/place index=off,metacopy=off,redirect_dir=off,volatile /l2 /l1",
      "filesystem /dev 6 tmpfs mode=0755 size=65536k",
      ...["null", "zero", "full", "random", "urandom", "tty"].map(
        (name) => `bind /dev/${name} 11 /dev/${name} `,
      ),
      "filesystem /dev/pts 10 devpts newinstance ptmxmode=0666 mode=0620 gid=5",
      "filesystem /dev/shm 14 tmpfs mode=1777 size=65536",
      "filesystem /dev/mqueue 14 mqueue",
      "link /dev/ptmx pts/ptmx",
      "link /dev/fd /proc/self/fd",
      "link /dev/stdin /proc/self/fd/0",
      "link /dev/stdout /proc/self/fd/1",
      "link /dev/stderr /proc/self/fd/2",
      "filesystem /sys 15 sysfs",
      "mask /sys/firmware",
      "mask /sys/devices/virtual/powercap",
      "file /etc/hosts 15 /scratch/step/files 420 0 0 127.0.0.1 localhost\n",
      "file /etc/resolv.conf 15 /scratch/step/files 420 0 0 ",
      "working-folder /src 0 0",
      "filesystem /proc 14 proc",
      "pids 64",
      ...["asound", "acpi", "interrupts", "kcore", "keys", "latency_stats", "timer_list", "timer_stats"].map(
        (name) => `mask /proc/${name}`,
      ),
      "mask /proc/sched_debug",
      "mask /proc/scsi",
      ...["bus", "fs", "irq", "sys", "sysrq-trigger"].map((name) => `read-only /proc/${name}`),
      "capabilities 2818844155",
      "filter ...",
      "set-groups",
      "ids 0 0",
      "environment A=b",
      "command true",
    ]);
  });

  test("of a user with sub-ids has a user namespace, and the host's /sys with the host's network", () => {
    const setup = lines({ network: "host", uid: 5, gid: 6, groups: [7] }, mapped);
    expect(setup).toContain("namespaces 1040318464 0 0 1\n1 1 65536\n 0 0 1\n1 1 65536\n");
    expect(setup).toContain("bind /sys 15 /sys ");
    expect(setup).toContain("mask /sys/fs/cgroup");
    expect(setup).toContain("scope-sockets");
    expect(setup).toContain("limit 6 64 64 nproc");
    expect(setup).toContain("ids 5 6 7");
    expect(setup.find((line) => line.startsWith("overlay"))).toContain(" userxattr,volatile ");
  });

  test("on the host's network is without raw packets", () => {
    const sets = (["none", "host"] as const).map((network) =>
      Number(
        lines({ network })
          .find((line) => line.startsWith("capabilities"))
          ?.slice(13),
      ),
    );
    // docker run debian:12 grep CapEff /proc/self/status
    expect(sets).toEqual([0xa80425fb, 0xa80425fb - 2 ** 13]);
  });

  test("of a user with one id has it look like the wanted one", () => {
    const setup = lines({ uid: 5, gid: 6, groups: [7], workingDir: "/w" }, single);
    expect(setup).toContain("single-id 5 6");
    expect(setup).toContain("ids 5 6");
    expect(setup).toContain("working-folder /w 0 0");
    expect(setup).not.toContain("set-groups");
    expect(lines({}, single).filter((line) => line.startsWith("single-id"))).toEqual([]);
  });

  test("of a test of an image: no set-uid programs, a root that is read only once all is mounted", () => {
    const setup = lines({ allowSetuid: false, readOnlyRoot: true });
    expect(setup).toContain("no-new-privileges");
    expect(setup.find((line) => line.startsWith("overlay"))).toMatch(/^overlay \/ 6 /);
    expect(setup.findLastIndex((line) => line.startsWith("filesystem"))).toBeLessThan(
      setup.indexOf("read-only-root"),
    );
  });

  test("lets no device be opened but those of /dev", () => {
    const mounts: readonly StepMount[] = [
      { kind: "bind", source: "/b", target: "/b", readOnly: false },
      { kind: "overlay", lower: [], target: "/o" },
      { kind: "tmpfs", target: "/t" },
      { kind: "secret", target: "/s", content: Uint8Array.of(1), mode: 0o400, uid: 0, gid: 0 },
    ];
    const setup = setupOf({ ...request, mounts }, root, place);
    const open = setup.filter(
      ([name, , attributes]) =>
        ["bind", "overlay", "filesystem", "file", "socket"].includes(name) &&
        (Number(attributes) & noDevices) === 0,
    );
    expect(open.map(([, target]) => target)).toEqual([
      ...["null", "zero", "full", "random", "urandom", "tty"].map((name) => `/dev/${name}`),
      "/dev/pts",
    ]);
    for (const [, , attributes] of open) expect(Number(attributes) & noSetuid).toBe(noSetuid);
  });
});

describe("a mount", () => {
  test.each<{ summary: string; mount: StepMount; line: string }>([
    {
      summary: "a part of a folder",
      mount: { kind: "bind", source: "/b", path: "/x", target: "/t", readOnly: true },
      line: "bind /t 5 /b /x",
    },
    {
      summary: "an overlay to read has two layers at least",
      mount: { kind: "overlay", lower: ["/l"], path: "/x", target: "/o" },
      line: "overlay /o 5   /x /scratch/step/place index=off,metacopy=off,redirect_dir=off /l /scratch/step/empty-1",
    },
    {
      summary: "an overlay of nothing, to write",
      mount: { kind: "overlay", lower: [], upper: "/u", work: "/w", target: "/o" },
      line: "overlay /o 4 /u /w  /scratch/step/place index=off,metacopy=off,redirect_dir=off,volatile /scratch/step/empty-1",
    },
    {
      summary: "a file system in memory",
      mount: { kind: "tmpfs", target: "/t", sizeBytes: 4096 },
      line: "filesystem /t 4 tmpfs mode=1777 size=4096",
    },
    {
      summary: "a secret",
      mount: { kind: "secret", target: "/s", content: Uint8Array.of(1), mode: 0o400, uid: 5, gid: 6 },
      line: "file /s 15 /scratch/step/files 256 5 6 ...",
    },
    {
      summary: "a socket",
      mount: { kind: "socket", source: "/a", target: "/s", mode: 0o600, uid: 5, gid: 6 },
      line: "socket /s 14 /a 384 5 6",
    },
  ])("$summary", ({ mount, line }) => expect(lines({ mounts: [mount] })).toContain(line));

  test.each([
    ...["/proc", "/proc/sys", "//proc", "/proc/"].map((target) => [target, "/proc"] as const),
    ...["/sys", "/sys/fs"].map((target) => [target, "/sys"] as const),
    ...["/dev", "//dev/"].map((target) => [target, "/dev"] as const),
  ])("over %s is refused", (target, folder) => {
    expect(() => lines({ mounts: [{ kind: "tmpfs", target }] })).toThrow(`${folder} is the sandbox's own`);
  });
  test("in /dev is not", () => {
    expect(lines({ mounts: [{ kind: "tmpfs", target: "/dev/shm" }] })).toContain(
      "filesystem /dev/shm 4 tmpfs mode=1777",
    );
  });
  test("beside /proc is not", () => {
    expect(lines({ mounts: [{ kind: "tmpfs", target: "/process" }] })).toContain(
      "filesystem /process 4 tmpfs mode=1777",
    );
  });
});

describe("what a sandbox can't give", () => {
  test.each<{ summary: string; given: Partial<StepRequest>; message: RegExp }>([
    {
      summary: "a user beyond the sub-ids",
      given: { uid: 65_537 },
      message: /user 65537 is beyond the 65537 users/,
    },
    { summary: "a group beyond them", given: { groups: [70_000] }, message: /a group is beyond/ },
    {
      summary: "a limit that isn't there",
      given: { ulimits: [{ name: "nofiles", soft: 1, hard: 1 }] },
      message: /setting the limit nofiles: there is no such limit/,
    },
  ])("$summary", ({ given, message }) => expect(() => lines(given, mapped)).toThrow(message));

  test("limits that are none are the highest number", () => {
    expect(lines({ ulimits: [{ name: "nofile", soft: 5, hard: -1 }] })).toContain(
      "limit 7 5 18446744073709551615 nofile",
    );
  });
});
