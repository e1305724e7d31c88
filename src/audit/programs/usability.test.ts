import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elf, library, loader64, program, recognised } from "../../../testing/closures.ts";
import { subjectOf } from "../../../testing/subjects.ts";
import { directory, file, symlink } from "../../../testing/trees.ts";
import type { Identity, ProgramKind } from "../../content/identity.ts";
import type { RunConfig } from "../../oci/model.ts";
import type { FileEntry } from "../../tree/entry.ts";
import type { LayerEntry } from "../../tree/layers.ts";
import { path } from "../../tree/path.ts";
import { programFindings } from "../detectors/programs.ts";
import type { Finding } from "../finding.ts";
import { compareLevels, type Level } from "../levels.ts";
import { levelOfFindings } from "../verdict.ts";

type Options = Parameters<typeof recognised>[4];

const bash = (at: string, given?: Partial<Identity>, options?: Options): FileEntry =>
  recognised("shell", "bash", at, given, options);
const busybox = (at: string, given?: Partial<Identity>, options?: Options): FileEntry =>
  recognised("multi-call", "busybox", at, given, options);
const apt = (at = "/usr/bin/apt"): FileEntry => recognised("package-manager", "apt", at);
const status = file("/var/lib/dpkg/status", "Package: x\n");
const app = [elf(loader64, { soname: "ld-linux-x86-64.so.2" }), program("/app/p")];
const coreutils = (count: number, folder = "/usr/bin"): FileEntry[] =>
  Array.from({ length: count }, (_, index) => recognised("userland", "coreutils", `${folder}/u${index}`));
const hardLink = (at: string, target: string): LayerEntry => ({
  kind: "hardlink",
  path: path(at),
  target: path(target),
  origins: [],
});

function found(entries: readonly LayerEntry[], config: RunConfig = {}): Finding[] {
  return programFindings(subjectOf({ layers: [entries], config }));
}

describe("levels by usability", () => {
  test.each<{ summary: string; entries: LayerEntry[]; config?: RunConfig; level: Level }>([
    { summary: "nothing but the application", entries: [], level: "sealed" },
    { summary: "shell and working manager", entries: [bash("/bin/bash"), apt(), status], level: "distro" },
    {
      summary: "shell and working manager under a merged /usr",
      entries: [symlink("/bin", "usr/bin"), bash("/usr/bin/sh"), apt(), status],
      level: "distro",
    },
    {
      summary: "Alpine: BusyBox behind links, apk's database",
      entries: [
        busybox("/bin/busybox"),
        symlink("/bin/sh", "/bin/busybox"),
        recognised("package-manager", "apk", "/sbin/apk"),
        file("/lib/apk/db/installed", "P:musl\n"),
      ],
      level: "distro",
    },
    {
      summary: "manager's database in a folder",
      entries: [
        bash("/bin/sh"),
        recognised("package-manager", "rpm", "/usr/bin/rpm"),
        file("/usr/lib/sysimage/rpm/rpmdb.sqlite", "x"),
      ],
      level: "distro",
    },
    { summary: "manager without its database", entries: [bash("/bin/bash"), apt()], level: "in-name-only" },
    {
      summary: "manager with an empty database",
      entries: [bash("/bin/bash"), apt(), file("/var/lib/dpkg/status")],
      level: "in-name-only",
    },
    {
      summary: "manager without its database, and a userland",
      entries: [bash("/bin/bash"), apt(), ...coreutils(10)],
      level: "slim",
    },
    {
      summary: "manager that nobody finds",
      entries: [bash("/bin/sh"), apt("/opt/apt"), status],
      level: "in-name-only",
    },
    { summary: "manager without a shell", entries: [apt(), status], level: "in-name-only" },
    {
      summary: "manager of a language",
      entries: [bash("/bin/sh"), recognised("package-manager", "npm", "/usr/bin/npm"), status],
      level: "in-name-only",
    },
    { summary: "shell and ten programs", entries: [bash("/bin/bash"), ...coreutils(10)], level: "slim" },
    {
      summary: "shell and nine programs",
      entries: [bash("/bin/bash"), ...coreutils(9)],
      level: "in-name-only",
    },
    {
      summary: "shell and ten programs that nobody finds",
      entries: [bash("/bin/bash"), ...coreutils(10, "/opt/u")],
      level: "in-name-only",
    },
    {
      summary: "shell and ten programs by the image's PATH",
      entries: [bash("/tools/sh"), ...coreutils(10, "/tools")],
      config: { Env: ["PATH=/tools"] },
      level: "slim",
    },
    {
      summary: "one userland program under ten names",
      entries: [
        bash("/bin/sh"),
        recognised("userland", "coreutils", "/usr/lib/c"),
        ...Array.from({ length: 10 }, (_, index) => symlink(`/usr/bin/n${index}`, "../lib/c")),
      ],
      level: "slim",
    },
    { summary: "BusyBox in /bin", entries: [busybox("/bin/busybox")], level: "slim" },
    { summary: "BusyBox as /bin/[ and no other name", entries: [busybox("/bin/[")], level: "slim" },
    {
      summary: "BusyBox in a folder of its own",
      entries: [busybox("/busybox/busybox")],
      level: "in-name-only",
    },
    {
      summary: "BusyBox in a folder of its own, on the PATH",
      entries: [busybox("/busybox/busybox")],
      config: { Env: ["PATH=/usr/bin:/busybox"] },
      level: "slim",
    },
    {
      summary: "BusyBox elsewhere, with a link from /usr/bin",
      entries: [busybox("/opt/.cache"), symlink("/usr/bin/ls", "/opt/.cache")],
      level: "slim",
    },
    {
      summary: "BusyBox elsewhere, hard-linked into /usr/bin",
      entries: [busybox("/opt/b"), directory("/usr/bin"), hardLink("/usr/bin/gzip", "/opt/b")],
      level: "slim",
    },
    {
      summary: "BusyBox behind links in a circle",
      entries: [busybox("/opt/b"), symlink("/usr/bin/a", "b"), symlink("/usr/bin/b", "a")],
      level: "in-name-only",
    },
    {
      summary: "BusyBox, not executable",
      entries: [busybox("/bin/b", {}, { mode: 0o644 })],
      level: "in-name-only",
    },
    {
      summary: "bash as a library",
      entries: [bash("/usr/lib/libz.so.1", {}, { mode: 0o644 })],
      level: "in-name-only",
    },
    {
      summary: "bash without its execute bit, and a userland",
      entries: [bash("/bin/bash", {}, { mode: 0o644 }), ...coreutils(10)],
      level: "in-name-only",
    },
    {
      summary: "bash in an archive",
      entries: [bash("/usr/bin/data", { within: "member bin/sh of the zip" }), ...coreutils(10)],
      level: "in-name-only",
    },
    {
      summary: "a shell as a library",
      entries: [bash("/usr/lib/libsh.so", { embedded: true })],
      level: "in-name-only",
    },
    {
      summary: "toybox has no shell",
      entries: [recognised("multi-call", "toybox", "/bin/toybox")],
      level: "in-name-only",
    },
    {
      summary: "toybox with a shell",
      entries: [recognised("multi-call", "toybox", "/bin/toybox"), bash("/bin/sh")],
      level: "slim",
    },
    { summary: "one signal only", entries: [bash("/opt/x", { confirmed: false })], level: "in-name-only" },
    {
      summary: "Python that nothing needs",
      entries: [recognised("interpreter", "python", "/usr/bin/python3")],
      level: "shell-less",
    },
    {
      summary: "curl that nothing needs",
      entries: [recognised("tool", "curl", "/opt/c")],
      level: "shell-less",
    },
    {
      summary: "curl, not executable",
      entries: [recognised("tool", "curl", "/opt/c", {}, { mode: 0o644 })],
      level: "shell-less",
    },
    {
      summary: "sed starts programs",
      entries: [recognised("userland", "sed", "/usr/bin/sed")],
      level: "shell-less",
    },
    { summary: "ten programs without a shell", entries: coreutils(10), level: "sealed" },
    {
      summary: "a library that holds an interpreter",
      entries: [library("/usr/lib/libpython3.so")],
      level: "sealed",
    },
  ])("$summary: $level", ({ config, entries, level }) => {
    expect(levelOfFindings(found([...app, ...entries], config))).toBe(level);
  });
});

describe("one program more", () => {
  const folders = ["/bin", "/usr/bin", "/opt", "/tools"];
  const kinds: readonly (readonly [ProgramKind, string])[] = [
    ["shell", "dash"],
    ["multi-call", "busybox"],
    ["multi-call", "toybox"],
    ["package-manager", "apt"],
    ["package-manager", "npm"],
    ["userland", "coreutils"],
    ["userland", "sed"],
    ["interpreter", "perl"],
    ["tool", "curl"],
  ];
  const one = fc.record({
    kind: fc.constantFrom(...kinds),
    folder: fc.constantFrom(...folders),
    mode: fc.constantFrom(0o755, 0o644),
    within: fc.option(fc.constant("member m"), { nil: undefined, freq: 5 }),
    embedded: fc.boolean(),
  });

  test("never makes the level better, wherever it lies and however it is stored", () => {
    fc.assert(
      fc.property(fc.array(one, { maxLength: 14 }), fc.boolean(), fc.nat(), (all, isDebian, seed) => {
        const entries = all.map(({ embedded, folder, kind: [kind, id], mode, within }, index) =>
          recognised(
            kind,
            id,
            `${folder}/f${index}`,
            { ...(within === undefined ? {} : { within }), embedded },
            { mode },
          ),
        );
        const base = [...app, ...(isDebian ? [status] : [])];
        const config = { Env: ["PATH=/tools"] };
        const levelWith = (these: readonly LayerEntry[]): Level =>
          levelOfFindings(programFindings(subjectOf({ layers: [[...base, ...these]], config })));
        const without = entries.filter((_, index) => index !== seed % Math.max(1, entries.length));
        expect(compareLevels(levelWith(entries), levelWith(without))).toBeLessThanOrEqual(0);
      }),
      { numRuns: 200 },
    );
  });
});
