import { describe, expect, test } from "vitest";
import { closureOf, elf, factsOfEntry, launch, library, program, script } from "../../testing/closures.ts";
import { directory, file } from "../../testing/trees.ts";
import type { Launch } from "../closure/closure.ts";
import type { Identity, ProgramKind } from "../content/identity.ts";
import type { Entry } from "../tree/entry.ts";
import { treeOf } from "../tree/memory-tree.ts";
import { type LevelVerdict, levelOf } from "./level.ts";

const known = (kind: ProgramKind, name: string): { readonly identities: readonly Identity[] } => ({
  identities: [{ id: name.toLowerCase(), kind, name, evidence: [{ what: name }], confirmed: true }],
});

const shell = known("shell", "bash");
const manager = known("package-manager", "apt");
const busybox = known("multi-call", "BusyBox");
const python = known("interpreter", "python");
const coreutils = known("userland", "coreutils");
const loader = elf("/lib64/ld-linux-x86-64.so.2", { soname: "ld-linux-x86-64.so.2" });
const app = [loader, program("/app/p", { needed: ["libc.so.6"] }), library("/usr/lib/libc.so.6")];
const sealed = [elf("/app/p", { type: "executable", static: true, program: true })];
const tools = Array.from({ length: 10 }, (_, index) => program(`/usr/bin/tool${index}`, {}, coreutils));

function verdict(entries: readonly Entry[], given: Partial<Launch> = {}): LevelVerdict {
  const start = launch({ entrypoint: ["/app/p"], user: "65532:65532", ...given });
  const closure = closureOf(entries, { launch: start });
  return levelOf({ closure, tree: treeOf(entries), facts: factsOfEntry, launch: start });
}

describe("levelOf", () => {
  test.each<{ summary: string; entries: Entry[]; given?: Partial<Launch>; level: string; gate?: string }>([
    { summary: "a static program alone", entries: sealed, level: "sealed" },
    {
      summary: "a dynamic program with what it needs",
      entries: app,
      level: "truly-distroless",
      gate: "dynamic",
    },
    {
      summary: "a library that nothing needs",
      entries: [...app, library("/usr/lib/libx.so")],
      level: "distroless",
      gate: "unexplained",
    },
    {
      summary: "a script that nothing needs",
      entries: [...app, script("/opt/x", "/bin/sh")],
      level: "distroless",
      gate: "unexplained",
    },
    {
      summary: "setuid",
      entries: [elf("/app/p", { static: true }, { mode: 0o4755 })],
      level: "distroless",
      gate: "setuid",
    },
    {
      summary: "file capabilities",
      entries: [
        elf("/app/p", { static: true }, { xattrs: new Map([["security.capability", new Uint8Array(20)]]) }),
      ],
      level: "distroless",
      gate: "capabilities",
    },
    {
      summary: "a world-writable file",
      entries: [...sealed, file("/x", "x", { mode: 0o666 })],
      level: "distroless",
      gate: "world-writable",
    },
    { summary: "a sticky /tmp", entries: [...sealed, directory("/tmp", { mode: 0o1777 })], level: "sealed" },
    { summary: "no user", entries: sealed, given: { user: "" }, level: "distroless", gate: "root-user" },
    { summary: "USER 0:0", entries: sealed, given: { user: "0:0" }, level: "distroless", gate: "root-user" },
    { summary: "USER 00", entries: sealed, given: { user: "00" }, level: "distroless", gate: "root-user" },
    {
      summary: "root's group",
      entries: sealed,
      given: { user: "7:0" },
      level: "distroless",
      gate: "root-group",
    },
    {
      summary: "a named user",
      entries: [...sealed, file("/etc/passwd", "p")],
      given: { user: "www" },
      level: "distroless",
      gate: "user-name",
    },
    {
      summary: "dpkg's database",
      entries: [...sealed, file("/var/lib/dpkg/status", "s")],
      level: "distroless",
      gate: "package-manager-residue",
    },
    {
      summary: "a foreign interpreter",
      entries: [...app, program("/opt/py", {}, python)],
      level: "shell-less",
      gate: "foreign-interpreter",
    },
    {
      summary: "the entrypoint's own interpreter",
      entries: [loader, program("/app/p", {}, python)],
      level: "truly-distroless",
      gate: "interpreter",
    },
    {
      summary: "a shell under another name, not executable",
      entries: [...app, elf("/opt/libx.so", {}, { ...shell, mode: 0o644 })],
      level: "in-name-only",
      gate: "shell",
    },
    {
      summary: "BusyBox aside",
      entries: [...app, elf("/busybox/b", {}, busybox)],
      level: "in-name-only",
      gate: "shell",
    },
    {
      summary: "BusyBox on the PATH",
      entries: [...app, elf("/busybox/b", {}, busybox)],
      given: { env: { PATH: "/busybox" } },
      level: "slim",
      gate: "shell",
    },
    {
      summary: "a shell with a userland",
      entries: [...app, program("/usr/bin/bash", {}, shell), ...tools],
      level: "slim",
      gate: "shell",
    },
    {
      summary: "a shell and a package manager",
      entries: [...app, program("/usr/bin/bash", {}, shell), program("/usr/bin/apt", {}, manager)],
      level: "distro",
      gate: "package-manager",
    },
    {
      summary: "a package manager without a shell",
      entries: [...app, program("/usr/bin/apt", {}, manager)],
      level: "in-name-only",
      gate: "package-manager",
    },
    {
      summary: "a shell script to start with",
      entries: [loader, script("/app/p", "/bin/sh"), program("/bin/sh")],
      level: "in-name-only",
      gate: "shell-needed",
    },
    {
      summary: "a healthcheck in shell form",
      entries: [...app, program("/bin/sh")],
      given: { healthcheck: ["CMD-SHELL", "true"] },
      level: "in-name-only",
      gate: "shell-needed",
    },
    {
      summary: "something missing",
      entries: [loader, program("/app/p", { needed: ["libx.so"] })],
      level: "distroless",
      gate: "missing",
    },
  ])("$summary: $level", ({ entries, given, level, gate }) => {
    const found = verdict(entries, given);
    expect(found.level).toBe(level);
    expect(found.reasons.filter((one) => one.atMost === level).map((one) => one.gate)).toEqual(
      gate === undefined ? [] : expect.arrayContaining([gate]),
    );
  });

  test("reasons come worst first, and say what was not looked at", () => {
    const found = verdict([...app, program("/usr/bin/bash", {}, shell), library("/usr/lib/libx.so")]);
    expect(found.reasons.map((one) => one.atMost)).toEqual([
      "in-name-only",
      "distroless",
      "distroless",
      "truly-distroless",
    ]);
    expect(found.undecided).toContain("secrets");
  });
});
