import { describe, expect, test } from "vitest";
import { elf, identity, loader64, program, recognised, script } from "../../../testing/closures.ts";
import { subjectOf } from "../../../testing/subjects.ts";
import { symlink } from "../../../testing/trees.ts";
import type { Capability } from "../../content/identity.ts";
import type { RunConfig } from "../../oci/model.ts";
import type { FileEntry } from "../../tree/entry.ts";
import type { LayerEntry } from "../../tree/layers.ts";
import type { Subject } from "../subject.ts";
import { primitiveUses } from "./uses.ts";

const loader = elf(loader64, { soname: "ld-linux-x86-64.so.2" });

/** The uses of a subject whose files make these calls, as lines. */
function uses(
  entries: readonly LayerEntry[],
  config: RunConfig = {},
  calls: Readonly<Record<string, readonly Capability[]>> = {},
): Record<string, string[]> {
  const subject = subjectOf({ layers: [entries], config });
  const facts = (entry: FileEntry): ReturnType<Subject["facts"]> => {
    const capabilities = calls[entry.path];
    return { ...subject.facts(entry), ...(capabilities === undefined ? {} : { capabilities }) };
  };
  const found = primitiveUses({ ...subject, facts });
  return Object.fromEntries(
    found.map(({ files, primitive }) => [
      primitive,
      files.map(({ by, needed, path }) => `${path}${needed ? " (needed)" : ""}: ${by}`),
    ]),
  );
}

describe("primitiveUses", () => {
  test("a static program alone gives nothing", () => {
    expect(uses([elf("/app/p", { static: true, program: true })])).toEqual({});
  });

  test("what the application's own program calls is always there", () => {
    const by = "imports or links what";
    expect(
      uses(
        [elf("/app/p", { static: true, program: true })],
        {},
        { "/app/p": ["exec", "connect", "listen", "load"] },
      ),
    ).toEqual({
      exec: [`/app/p (needed): ${by} starts programs`],
      download: [`/app/p (needed): ${by} connects`],
      upload: [`/app/p (needed): ${by} connects`],
      "library-load": [`/app/p (needed): ${by} loads libraries`],
    });
  });

  test("calls of what nothing needs don't count", () => {
    expect(
      uses([elf("/app/p", { static: true, program: true }), program("/opt/x")], {}, { "/opt/x": ["exec"] }),
    ).toEqual({});
  });

  test("a runtime that is needed stays, a tool that isn't is told from it", () => {
    const node = recognised("interpreter", "node", "/usr/bin/node", { name: "Node.js 24.1.0" });
    const found = uses([loader, node, recognised("tool", "wget", "/opt/w")], { Entrypoint: ["node"] });
    expect(found["download"]).toEqual(["/opt/w: wget", "/usr/bin/node (needed): Node.js 24.1.0"]);
    expect(found["bind-shell"]).toEqual(["/usr/bin/node (needed): Node.js 24.1.0"]);
    expect(found["shell"]).toBeUndefined();
  });

  test("the loader runs what is not executable", () => {
    const found = uses([loader, program("/app/p")]);
    const by = "the dynamic loader: it runs any ELF file, executable or not";
    expect(found).toEqual({
      exec: [`${loader64} (needed): ${by}`],
      "library-load": [`${loader64} (needed): ${by}`],
    });
  });

  test.each<{ summary: string; entries: LayerEntry[] }>([
    {
      summary: "musl's, by what asks for it",
      entries: [
        elf("/lib/ld-musl-x86_64.so.1", { soname: "libc.musl-x86_64.so.1" }),
        program("/app/p", { interpreter: "/lib/ld-musl-x86_64.so.1" }),
      ],
    },
    {
      summary: "through a link",
      entries: [
        elf("/usr/lib/libc-2.so"),
        symlink("/lib/ld.so", "/usr/lib/libc-2.so"),
        program("/app/p", { interpreter: "/lib/ld.so" }),
      ],
    },
    { summary: "one that nothing asks for", entries: [elf("/opt/x", { soname: "ld-linux-aarch64.so.1" })] },
  ])("a loader: $summary", ({ entries }) => {
    expect(uses(entries)["library-load"]).toHaveLength(1);
  });

  test("a name alone says so; content speaks first", () => {
    const found = uses([
      program("/usr/bin/socat"),
      script("/usr/bin/npm", "/usr/bin/node"),
      recognised("tool", "curl", "/usr/bin/nmap"),
      recognised("userland", "coreutils", "/usr/bin/tee"),
      elf("/usr/lib/nmap.so"),
      script("/etc/init.d/cron", "/bin/sh"),
      script("/opt/node/bin/npx", "/usr/bin/node"),
    ]);
    expect(found["bind-shell"]).toEqual(["/usr/bin/socat: its name only: socat"]);
    expect(found["download"]).toEqual([
      "/opt/node/bin/npx: its name only: npx",
      "/usr/bin/nmap: curl",
      "/usr/bin/npm: its name only: npm",
      "/usr/bin/socat: its name only: socat",
    ]);
    expect(found["file-write"]).toContain("/usr/bin/tee: coreutils");
  });

  test("what is inside, and what is a library, is told as that", () => {
    const found = uses([
      program("/opt/z", {}, { identities: [identity("shell", "dash", { within: "member bin/sh" })] }),
      elf(
        "/usr/lib/libpython3.so",
        {},
        { identities: [identity("interpreter", "python", { embedded: true })] },
      ),
    ]);
    expect(found["shell"]).toEqual(["/opt/z: dash, in member bin/sh"]);
    expect(found["exec"]).toEqual([
      "/opt/z: dash, in member bin/sh",
      "/usr/lib/libpython3.so: python, as a library",
    ]);
  });
});
