// BusyBox inside other files: archives in archives, streams, packages; and what can't be opened.
import { createCipheriv } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { debOf, tarOf } from "../builders.ts";
import { helloProgram } from "../hello-program.ts";
import { runWell } from "../programs.ts";
import { picture } from "./disguises.ts";
import { type AdversarialCase, executable, type Workshop, withLayer } from "./workshop.ts";

const inside = { level: "in-name-only", findings: [["multi-call", "/opt/data.bin"]] } as const;
const unread = {
  level: "distroless",
  atBest: "sealed",
  findings: [["unread-content", "/opt/data.bin"]],
} as const;

/** BusyBox somewhere in the bytes of /opt/data.bin. */
function hiddenIn(
  name: string,
  why: string,
  pack: (busybox: Buffer, workshop: Workshop) => Promise<Buffer> | Buffer,
  expected: AdversarialCase["expected"] = inside,
): AdversarialCase {
  return {
    name,
    why,
    programs: ["busybox"],
    make: async (workshop) => {
      const content = await pack(await workshop.program("busybox"), workshop);
      return workshop.image(withLayer([{ name: "opt/data.bin", content }]));
    },
    expected,
  };
}

export const containers: readonly AdversarialCase[] = [
  hiddenIn("BusyBox in a zip", "one command takes it out", (busybox, workshop) => zipOf(workshop, busybox)),
  hiddenIn("BusyBox in a zip, stored", "not even compressed", (busybox, workshop) =>
    zipOf(workshop, busybox, "-0"),
  ),
  hiddenIn(
    "BusyBox in an encrypted zip",
    "nobody without the password can tell what it is",
    (busybox, workshop) => zipOf(workshop, busybox, "-P", "password"),
    unread,
  ),
  hiddenIn(
    "BusyBox in a zip behind a picture",
    "zip archives are read from their end",
    async (busybox, workshop) => Buffer.concat([picture, await zipOf(workshop, busybox)]),
  ),
  hiddenIn(
    "BusyBox in a script that unpacks itself",
    "makeself's form: a script, then an archive",
    (busybox) =>
      Buffer.concat([
        Buffer.from("#!/bin/sh\ntail -n +3 $0 | tar xz\n"),
        gzipSync(tarOf([executable("x", busybox)])),
      ]),
  ),
  hiddenIn("BusyBox in a gzip stream behind a program", "one command takes it out", (busybox) =>
    Buffer.concat([helloProgram(), gzipSync(busybox)]),
  ),
  hiddenIn("BusyBox in a tar", "one command takes it out", (busybox) =>
    tarOf([executable("usr/bin/x", busybox)]),
  ),
  hiddenIn("BusyBox in a tar.gz in a zip", "archives in archives are followed", (busybox, workshop) =>
    zipOf(workshop, gzipSync(tarOf([executable("x", busybox)]))),
  ),
  hiddenIn("BusyBox in a .deb", "which is an ar archive of compressed tars", (busybox) =>
    debOf({ data: [executable("./bin/busybox", busybox)], compression: "zstd" }),
  ),
  hiddenIn("BusyBox in a cpio archive", "an initramfs is one", (busybox, workshop) =>
    archiveOf(workshop, busybox, "newc"),
  ),
  hiddenIn("BusyBox in a gzip stream", "zcat takes it out", (busybox) => gzipSync(busybox)),
  hiddenIn("BusyBox in the second member of a gzip stream", "zcat writes both", (busybox) =>
    Buffer.concat([gzipSync("some text\n"), gzipSync(busybox)]),
  ),
  hiddenIn("BusyBox behind the end of a tar", "its bytes are there, whatever the archive says", (busybox) =>
    Buffer.concat([tarOf([{ name: "readme", content: "text" }]), busybox]),
  ),
  hiddenIn("BusyBox behind what looks like a tar", "five letters make no archive", (busybox) =>
    Buffer.concat([Buffer.from(`${"#".repeat(256)}\nustar\n`), busybox]),
  ),
  hiddenIn("BusyBox in a gzip stream behind a picture", "dd takes it out", (busybox) =>
    Buffer.concat([picture, gzipSync(busybox)]),
  ),
  hiddenIn("BusyBox in a second gzip stream, a NUL behind the first", "zcat stops, dd doesn't", (busybox) =>
    Buffer.concat([gzipSync("some text\n"), Buffer.alloc(1), gzipSync(busybox)]),
  ),
  hiddenIn("BusyBox behind a manual page's first line", "a beginning proves nothing", (busybox) =>
    gzipSync(Buffer.concat([Buffer.from(".TH x 1\n"), busybox])),
  ),
  hiddenIn(
    "BusyBox in a zip behind a class file's first bytes",
    "zip archives are read from their end",
    async (busybox, workshop) =>
      Buffer.concat([Buffer.from("cafebabe00000034", "hex"), await zipOf(workshop, busybox)]),
  ),
  hiddenIn("BusyBox in a zstd stream behind a skippable frame", "zstd passes over it", (busybox) =>
    Buffer.concat([Buffer.from("502a4d180400000061626364", "hex"), zstdCompressSync(busybox)]),
  ),
  hiddenIn("BusyBox in a zstd stream", "zstdcat takes it out", (busybox) => zstdCompressSync(busybox)),
  hiddenIn("BusyBox in an xz stream", "xzcat takes it out", (busybox, workshop) =>
    compressed(workshop, busybox, "xz", "--keep", "-0"),
  ),
  hiddenIn(
    "BusyBox in a bzip2 stream",
    "a format that is known and not read: it can't be told",
    (busybox, workshop) => compressed(workshop, busybox, "bzip2", "--keep", "-1"),
    unread,
  ),
  hiddenIn(
    "BusyBox in a 7-Zip archive",
    "a format that is known and not read: it can't be told",
    (busybox, workshop) => archiveOf(workshop, busybox, "7zip"),
    unread,
  ),
  hiddenIn(
    "BusyBox encrypted by openssl",
    "nobody without the password can tell what it is",
    (busybox) => {
      const cipher = createCipheriv("aes-256-cbc", Buffer.alloc(32, 1), Buffer.alloc(16, 2));
      return Buffer.concat([Buffer.from("Salted__saltsalt"), cipher.update(busybox), cipher.final()]);
    },
    unread,
  ),
  hiddenIn(
    "BusyBox in ten gzip streams, one in the other",
    "deeper than is followed",
    (busybox) => repeated(10, busybox, (bytes) => gzipSync(bytes, { level: 1 })),
    unread,
  ),
  {
    name: "a gzip stream of two gigabytes of zeros",
    why: "what comes out is bounded, and what isn't read can't be told",
    make: (workshop) => {
      const part = gzipSync(Buffer.alloc(1 << 28));
      const content = Buffer.concat(Array.from({ length: 8 }, () => part));
      return workshop.image(withLayer([{ name: "opt/data.bin", content }]));
    },
    expected: unread,
  },
];

function repeated(count: number, bytes: Buffer, step: (bytes: Buffer) => Buffer): Buffer {
  let result = bytes;
  for (let index = 0; index < count; index++) result = step(result);
  return result;
}

async function zipOf(workshop: Workshop, content: Buffer, ...options: readonly string[]): Promise<Buffer> {
  await writeFile(join(workshop.folder, "member"), content);
  await runWell(["zip", "-q", ...options, "made.zip", "member"], { cwd: workshop.folder });
  return readFile(join(workshop.folder, "made.zip"));
}

async function archiveOf(workshop: Workshop, content: Buffer, format: string): Promise<Buffer> {
  await writeFile(join(workshop.folder, "member"), content);
  await runWell(["bsdtar", "--format", format, "-cf", "made.archive", "member"], { cwd: workshop.folder });
  return readFile(join(workshop.folder, "made.archive"));
}

async function compressed(workshop: Workshop, content: Buffer, ...command: string[]): Promise<Buffer> {
  await writeFile(join(workshop.folder, "member"), content);
  await runWell([...command, "member"], { cwd: workshop.folder });
  const suffix = command[0] === "xz" ? "xz" : "bz2";
  return readFile(join(workshop.folder, `member.${suffix}`));
}
