import { describe, expect, test } from "vitest";
import { elf, identity, loader64, program, recognised, script } from "../../../testing/closures.ts";
import { subjectOf } from "../../../testing/subjects.ts";
import { symlink } from "../../../testing/trees.ts";
import type { Identity } from "../../content/identity.ts";
import type { RunConfig } from "../../oci/model.ts";
import type { FileEntry } from "../../tree/entry.ts";
import type { LayerEntry } from "../../tree/layers.ts";
import { path } from "../../tree/path.ts";
import type { Finding } from "../finding.ts";
import { programFindings } from "./programs.ts";

const bash = (at: string, given?: Partial<Identity>): FileEntry => recognised("shell", "bash", at, given);
const busybox = (at: string, given?: Partial<Identity>): FileEntry =>
  recognised("multi-call", "busybox", at, given);
const apt = (at = "/usr/bin/apt"): FileEntry => recognised("package-manager", "apt", at);
const app = [elf(loader64, { soname: "ld-linux-x86-64.so.2" }), program("/app/p")];
const hardLink = (at: string, target: string): LayerEntry => ({
  kind: "hardlink",
  path: path(at),
  target: path(target),
  origins: [],
});

function found(entries: readonly LayerEntry[], config: RunConfig = {}): Finding[] {
  return programFindings(subjectOf({ layers: [entries], config }));
}

function told({ atMost, path: at, rule }: Finding): string {
  return `${rule} ${at ?? ""} ${atMost ?? "-"}`;
}

describe("programFindings", () => {
  test.each<{ summary: string; entries: LayerEntry[]; config?: RunConfig; told: string[] }>([
    {
      summary: "the application's own interpreter",
      entries: [recognised("interpreter", "node", "/usr/bin/node")],
      config: { Entrypoint: ["node", "server.js"] },
      told: ["runtime-interpreter /usr/bin/node truly-distroless"],
    },
    {
      summary: "the interpreter of the entrypoint's script",
      entries: [
        script("/app/main.py", "/usr/bin/python3"),
        recognised("interpreter", "python", "/usr/bin/python3"),
      ],
      config: { Entrypoint: ["/app/main.py"] },
      told: ["runtime-interpreter /usr/bin/python3 truly-distroless"],
    },
    {
      summary: "one inode, needed by one of its names",
      entries: [
        recognised("interpreter", "python", "/usr/bin/python3.11"),
        hardLink("/usr/bin/python3", "/usr/bin/python3.11"),
      ],
      config: { Entrypoint: ["python3"] },
      told: ["runtime-interpreter /usr/bin/python3 truly-distroless"],
    },
    {
      summary: "a shell as the entrypoint is no excuse",
      entries: [bash("/bin/bash")],
      config: { Entrypoint: ["/bin/bash"] },
      told: ["shell /bin/bash in-name-only"],
    },
    {
      summary: "a package manager as the entrypoint is no excuse",
      entries: [apt()],
      config: { Entrypoint: ["apt"] },
      told: ["package-manager /usr/bin/apt in-name-only"],
    },
    {
      summary: "a needed tool is the application's own",
      entries: [recognised("tool", "curl", "/usr/bin/curl")],
      config: { Healthcheck: { Test: ["CMD", "curl", "-f", "http://localhost/"] } },
      told: [],
    },
    {
      summary: "hard links are one program, under the name that is called",
      entries: [busybox("/a/b"), hardLink("/bin/sh", "/a/b"), hardLink("/bin/ls", "/a/b")],
      told: ["multi-call /bin/ls slim"],
    },
    {
      summary: "several fingerprints of one program are one finding",
      entries: [
        program(
          "/bin/b",
          {},
          { identities: [identity("shell", "busybox-ash"), identity("multi-call", "busybox")] },
        ),
      ],
      told: ["multi-call /bin/b slim"],
    },
    {
      summary: "what lies inside a needed file is not needed",
      entries: [recognised("tool", "curl", "/app/q", { within: "an ELF file at byte 4096" })],
      config: { Entrypoint: ["/app/q"] },
      told: ["foreign-tool /app/q shell-less"],
    },
    {
      summary: "each place inside a file is a program",
      entries: [
        program(
          "/opt/z",
          {},
          {
            identities: [
              identity("tool", "curl", { within: "member c" }),
              identity("shell", "dash", { within: "member d" }),
            ],
          },
        ),
      ],
      told: ["foreign-tool /opt/z shell-less", "shell /opt/z in-name-only"],
    },
    {
      summary: "a static program that holds an interpreter is not sealed",
      entries: [
        elf(
          "/app/r",
          { static: true, program: true },
          { identities: [identity("interpreter", "lua", { embedded: true })] },
        ),
      ],
      config: { Entrypoint: ["/app/r"] },
      told: ["embedded-interpreter /app/r truly-distroless"],
    },
    {
      summary: "a name alone is no tool",
      entries: [program("/usr/bin/nmap")],
      told: [],
    },
    {
      summary: "a script's name alone is no tool",
      entries: [script("/usr/bin/npm", "/usr/bin/node")],
      told: [],
    },
  ])("$summary", ({ config, entries, told: expected }) => {
    expect(found([...app, ...entries], config).map(told)).toEqual(expected);
  });

  test("say what, where, why and with which techniques", () => {
    const [shell] = found([
      ...app,
      busybox("/opt/b", { name: "BusyBox 1.35.0" }),
      symlink("/usr/bin/sh", "/opt/b"),
    ]);
    expect(shell).toMatchObject({
      rule: "multi-call",
      severity: "critical",
      what: "BusyBox 1.35.0, called as /usr/bin/sh",
      evidence: [
        { what: "signal of busybox" },
        { what: "mode 0755, called as /usr/bin/sh", check: "ls -l FILE" },
      ],
      primitives: expect.arrayContaining(["exec", "shell", "download"]) as unknown,
      layer: expect.stringMatching(/^sha256:/) as unknown,
    });
    const [busy] = found([
      ...app,
      program(
        "/bin/b",
        {},
        { identities: [identity("shell", "busybox-ash"), identity("multi-call", "busybox")] },
      ),
      ...["ls", "cat", "sh", "cp"].map((name) => symlink(`/bin/${name}`, "b")),
    ]);
    expect(busy?.what).toBe("busybox, busybox-ash, called as /bin/sh, /bin/cat, /bin/cp and 1 more");
    const [curl] = found([...app, recognised("tool", "curl", "/opt/c", {}, { mode: 0o644 })]);
    expect(curl).toMatchObject({ what: "curl, not executable", techniques: ["T1048.002", "T1071.001"] });
    expect(curl).not.toHaveProperty("reason");
    const [node] = found([...app, recognised("interpreter", "node", "/usr/bin/node")], {
      Entrypoint: ["node"],
    });
    expect(node?.reason?.[0]).toContain("/usr/bin/node");
    const [weak] = found([...app, bash("/opt/x", { confirmed: false })]);
    expect(weak?.evidence).toContainEqual({ what: "one signal of bash only" });
  });
});
