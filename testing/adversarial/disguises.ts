// Shells that don't look like one: another name, mode, packing or place for the same bytes.
import { elfOf, type TarEntry } from "../builders.ts";
import { tarLayer } from "../layouts.ts";
import type { ProgramName } from "./programs.ts";
import { type AdversarialCase, application, executable, over, type Workshop, withLayer } from "./workshop.ts";

/** The folder that no PATH names. */
const place = "opt/helper";
const helper = `/${place}`;

/** The program's own bytes as /opt/helper. */
function asHelper(program: ProgramName, rule: "shell" | "multi-call", why: string): AdversarialCase {
  return {
    name: `${program} renamed`,
    why,
    programs: [program],
    make: async (workshop) => workshop.image(withLayer([executable(place, await workshop.program(program))])),
    expected: { level: "in-name-only", findings: [[rule, helper]] },
  };
}

/** BusyBox with its bytes changed. */
function changed(
  name: string,
  why: string,
  change: (bytes: Buffer) => Buffer,
  entry: Partial<TarEntry> = {},
): AdversarialCase {
  const path = entry.name ?? place;
  return {
    name,
    why,
    programs: ["busybox"],
    make: async (workshop) =>
      workshop.image(
        withLayer([{ ...executable(path, change(await workshop.program("busybox"))), ...entry }]),
      ),
    expected: { level: "in-name-only", findings: [["multi-call", `/${path}`]] },
  };
}

export const disguises: readonly AdversarialCase[] = [
  asHelper("busybox", "multi-call", "argv[0] is the attacker's: a name protects nothing"),
  asHelper("toybox", "multi-call", "the other multi-call binary"),
  asHelper("bash-static", "shell", "needs no library"),
  asHelper("zsh-static", "shell", "needs no library"),
  asHelper("lksh", "shell", "the MirBSD shell, static"),
  asHelper("sash", "shell", "a shell with ls, cp, tar, gzip ... built in"),
  asHelper("dash-static", "shell", "needs no library"),
  asHelper("gosh", "shell", "a shell that shares no code with those in C"),
  asHelper("busybox-arm64", "multi-call", "of another architecture, as binfmt_misc runs it"),
  {
    name: "BusyBox under its own names",
    why: "the regular file is `[`, all others are hard links, as in the official image: the content has one inode",
    programs: ["busybox"],
    make: async (workshop) =>
      workshop.image(
        withLayer([
          executable("bin/[", await workshop.program("busybox")),
          ...["ash", "busybox", "ls", "sh", "wget"].map(
            (name): TarEntry => ({ name: `bin/${name}`, kind: "hardlink", target: "bin/[" }),
          ),
        ]),
      ),
    expected: { level: "slim", findings: [["multi-call"]] },
  },
  changed(
    "BusyBox of mode 0644",
    "the loader, or whoever may change modes, runs it all the same",
    (bytes) => bytes,
    { name: "usr/bin/busybox", mode: 0o644 },
  ),
  changed("BusyBox setuid", "the shell is found whatever the mode", (bytes) => bytes, { mode: 0o4755 }),
  changed(
    "BusyBox without its strings",
    "its applet table alone tells it, once all that names it is overwritten",
    (bytes) => overwritten(bytes, ["BusyBox", "multi-call", "busybox"]),
  ),
  changed(
    "BusyBox with class, byte order and version of no ELF file",
    "the kernel doesn't look at them",
    (bytes) => {
      const copy = Buffer.from(bytes);
      copy.fill(9, 4, 7);
      return copy;
    },
  ),
  changed(
    "BusyBox in the data of the application",
    "a program can carry another one, and start it from memory",
    (bytes) => elfOf({ type: "executable", static: true, data: bytes }),
    { name: "app" },
  ),
  changed("BusyBox without section headers", "the kernel reads segments only", withoutSections),
  changed("BusyBox after a picture", "one command carves it out", (bytes) => Buffer.concat([picture, bytes])),
  changed(
    "BusyBox at the end of the application",
    "the application's own file is explained, what hangs on it isn't",
    (bytes) => Buffer.concat([application.content as Buffer, bytes]),
    { name: "app" },
  ),
  changed("BusyBox as the application", "the entrypoint may be anything but a userland", (bytes) => bytes, {
    name: "app",
  }),
  changed(
    "BusyBox in a folder that is mounted over",
    "most engines mount /dev, but not all",
    (bytes) => bytes,
    {
      name: "dev/shm/x",
    },
  ),
  {
    name: "BusyBox called which",
    why: "the test /.wh./ of a careless reader takes /usr/bin/which for a whiteout; it is executable, on the PATH",
    programs: ["busybox"],
    make: async (workshop) =>
      workshop.image(withLayer([executable("usr/bin/which", await workshop.program("busybox"))])),
    expected: { level: "slim", findings: [["multi-call", "/usr/bin/which"]] },
  },
  {
    name: "BusyBox in /busybox",
    why: "where debugging images have it; no PATH names the folder",
    programs: ["busybox"],
    make: async (workshop) => workshop.image(withLayer(await busyboxFolder(workshop))),
    expected: { level: "in-name-only", findings: [["multi-call"]] },
  },
  {
    name: "BusyBox in /busybox, on the PATH",
    why: "then it is usable as a userland",
    programs: ["busybox"],
    make: async (workshop) =>
      workshop.image(withLayer(await busyboxFolder(workshop), { run: { Env: ["PATH=/usr/bin:/busybox"] } })),
    expected: { level: "slim", findings: [["multi-call"]] },
  },
  {
    name: "BusyBox packed",
    why: "UPX's own unpacker runs it; what is in it can't be told",
    programs: ["busybox-upx"],
    make: async (workshop) =>
      workshop.image(withLayer([executable(place, await workshop.program("busybox-upx"))])),
    expected: { level: "in-name-only", atBest: "distroless", findings: [["hidden-program", helper]] },
  },
  {
    name: "BusyBox packed, without the packer's mark",
    why: "it unpacks itself without the letters UPX",
    programs: ["busybox-upx"],
    make: async (workshop) => {
      const bytes = overwritten(await workshop.program("busybox-upx"), ["UPX"]);
      return workshop.image(withLayer([executable(place, bytes)]));
    },
    expected: { level: "in-name-only", atBest: "distroless", findings: [["hidden-program", helper]] },
  },
  {
    name: "bash called libz.so.1",
    why: "a library by name, folder and mode; `ld.so /path` runs it",
    programs: ["bash"],
    make: async (workshop) =>
      workshop.image(
        withLayer([
          {
            name: "usr/lib/x86_64-linux-gnu/libz.so.1",
            content: await workshop.program("bash"),
            mode: 0o644,
          },
        ]),
      ),
    expected: { level: "in-name-only", findings: [["shell", "/usr/lib/x86_64-linux-gnu/libz.so.1"]] },
  },
  {
    name: "dash as data, with a loader",
    why: "ld-linux-x86-64.so.2 /opt/data.bin is a shell, though no file but the loader is executable",
    programs: ["dash", "glibc-loader", "glibc"],
    make: async (workshop) =>
      workshop.image(
        withLayer([
          { name: "opt/data.bin", content: await workshop.program("dash"), mode: 0o644 },
          executable("lib64/ld-linux-x86-64.so.2", await workshop.program("glibc-loader")),
          executable("lib/x86_64-linux-gnu/libc.so.6", await workshop.program("glibc")),
        ]),
      ),
    expected: { level: "in-name-only", findings: [["shell", "/opt/data.bin"]] },
  },
  {
    name: "BusyBox behind links in a circle",
    why: "no path leads through the links, the file is there all the same",
    programs: ["busybox"],
    make: async (workshop) =>
      workshop.image(
        over([
          tarLayer([
            executable("opt/real/helper", await workshop.program("busybox")),
            { name: "opt/a", target: "b" },
            { name: "opt/b", target: "a" },
            { name: "bin", target: "opt/a/bin" },
          ]),
        ]),
      ),
    expected: { level: "in-name-only", findings: [["multi-call", "/opt/real/helper"]] },
  },
  {
    name: "a text called which",
    why: "it is no program, and no whiteout either",
    make: (workshop) => workshop.image(withLayer([{ name: "usr/share/which", content: "text\n" }])),
    expected: { level: "sealed" },
  },
];

async function busyboxFolder(workshop: Workshop): Promise<TarEntry[]> {
  return [
    executable("busybox/busybox", await workshop.program("busybox")),
    { name: "busybox/sh", kind: "hardlink", target: "busybox/busybox" },
  ];
}

/** A PNG of one pixel. */
export const picture: Buffer = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** Each of the texts replaced by as many letters x, wherever it stands. */
function overwritten(bytes: Buffer, texts: readonly string[]): Buffer {
  const copy = Buffer.from(bytes);
  for (const text of texts) {
    for (let at = copy.indexOf(text); at >= 0; at = copy.indexOf(text, at))
      copy.fill("x", at, at + text.length);
  }
  return copy;
}

/** A 64-bit ELF file whose header names no section headers, and their table zeroed. */
function withoutSections(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = Number(copy.readBigUInt64LE(40));
  const tableBytes = copy.readUInt16LE(58) * copy.readUInt16LE(60);
  copy.fill(0, at, at + tableBytes);
  copy.writeBigUInt64LE(0n, 40);
  copy.writeUInt16LE(0, 60);
  copy.writeUInt16LE(0, 62);
  return copy;
}
