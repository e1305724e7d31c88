// Archives against independent programs, in both directions: GNU tar, bsdtar (libarchive), Go's archive/tar, dpkg-deb.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  createReadStream,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  type Stats,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Bytes, bytesOf } from "../../src/base/bytes.ts";
import { arMembers } from "../../src/formats/ar.ts";
import { decompress, detectCompression } from "../../src/formats/compression.ts";
import { inMemory } from "../../src/formats/random-access.ts";
import { readTar } from "../../src/formats/tar-reader.ts";
import { tarHeader } from "../../src/formats/tar-writer.ts";
import { headerOf, type TarEntry, tarOf } from "../../testing/builders.ts";

const missing = (program: string, argument = "--version"): string =>
  spawnSync(program, [argument]).error === undefined ? "" : ` (skipped: ${program} is not installed)`;
const noTar = missing("tar");
const noBsdtar = missing("bsdtar");
const noGo = missing("go", "version");

const folder = mkdtempSync(join(tmpdir(), "formats-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const long = "long-name-".repeat(14);
const entries: readonly TarEntry[] = [
  { name: "d/", mtime: 1_000_000_000 },
  { name: "d/plain", content: "plain", mode: 0o755, mtime: 1_234_567_890 },
  { name: `d/${long}`, content: "long", mtime: 1 },
  { name: "d/block", content: Buffer.alloc(1024, "b") },
  { name: "d/ümlaut", content: "u" },
  { name: "d/link", target: `../d/${long}/${"x".repeat(90)}` },
  { name: "d/hard", kind: "hardlink", target: `d/${long}` },
  { name: "d/pipe", kind: "fifo" },
  { name: "d/old", content: "old", mtime: -86_400 },
  { name: "d/owned", content: "", uid: 3_000_000, gid: 70 },
];

/** A line for each path below a folder: its kind, mode, size or target, and the content's hash. */
function listFolder(root: string, below = ""): string[] {
  return readdirSync(join(root, below)).flatMap((name) => {
    const path = below === "" ? name : `${below}/${name}`;
    const status = lstatSync(join(root, path));
    const line = `${path} ${describeFile(join(root, path), status)}`;
    return status.isDirectory() ? [line, ...listFolder(root, path)] : [line];
  });
}

function describeFile(file: string, status: Stats): string {
  const mode = (status.mode & 0o7777).toString(8);
  if (status.isSymbolicLink()) return `symlink ${readlinkSync(file)}`;
  if (status.isDirectory()) return `directory ${mode}`;
  return status.isFile() ? `file ${mode} ${hashOf(readFileSync(file))}` : `special ${mode}`;
}

const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The same lines from an archive as we read it; hard links as the files they name. */
async function listArchive(stream: Bytes): Promise<string[]> {
  const lines = new Map<string, string>();
  for await (const { header, content } of readTar(stream, "the archive")) {
    const mode = header.mode.toString(8);
    const path = header.name.replace(/^\.\//, "").replace(/\/$/, "");
    const hash = createHash("sha256");
    for await (const chunk of content) hash.update(chunk);
    if (path === "" || path === ".") continue;
    const target = lines.get(header.linkName.replace(/^\.\//, "")) ?? "";
    lines.set(
      path,
      header.kind === "symlink"
        ? `symlink ${header.linkName}`
        : header.kind === "directory"
          ? `directory ${mode}`
          : header.kind === "hardlink"
            ? target
            : header.kind === "file"
              ? `file ${mode} ${hash.digest("hex")}`
              : `special ${mode}`,
    );
  }
  return [...lines].map(([path, line]) => `${path} ${line}`).sort();
}

function newFolder(name: string): string {
  return mkdtempSync(join(folder, `${name}-`));
}

describe("what is written", () => {
  const extract: readonly (readonly [program: string, skip: string])[] = [
    ["tar", noTar],
    ["bsdtar", noBsdtar],
  ];
  for (const [program, skip] of extract) {
    test.skipIf(skip !== "")(`${program} extracts${skip}`, async () => {
      const into = newFolder(program);
      const archive = tarOf(entries);
      execFileSync(program, ["-xpf", "-", "--no-same-owner", "-C", into], { input: archive });
      expect(listFolder(into).sort()).toEqual(await listArchive(bytesOf(archive)));
      expect(lstatSync(join(into, "d/plain")).mtimeMs).toBe(1_234_567_890_000);
      expect(lstatSync(join(into, "d/old")).mtimeMs).toBe(-86_400_000);
      expect(lstatSync(join(into, "d/hard")).ino).toBe(lstatSync(join(into, `d/${long}`)).ino);
    });
  }

  test.skipIf(noTar !== "")(`tar lists names that are no text, owners, times${noTar}`, () => {
    const archive = tarOf([...entries, { name: "\udcff\udcfe" }, { name: `\udcff${long}` }]);
    const listing = execFileSync(
      "tar",
      ["-tvf", "-", "--numeric-owner", "--utc", "--full-time", "--quoting-style=escape"],
      {
        input: archive,
        env: { ...process.env, LC_ALL: "C" },
        encoding: "latin1",
      },
    );
    expect(listing).toContain("3000000/70");
    expect(listing).toContain("1969-12-31 00:00:00 d/old");
    expect(listing).toContain("\\377\\376\n");
    expect(listing).toContain(`\\377${long}\n`);
  });

  test.skipIf(noTar !== "")(`tar finds the entry after one of 9 GiB${noTar}`, () => {
    const file = join(folder, "large.tar");
    const sizeBytes = 9 * 2 ** 30;
    const head = tarHeader({ ...headerOf({ name: "large" }), sizeBytes });
    const fd = openSync(file, "w");
    writeSync(fd, head);
    writeSync(fd, tarOf([{ name: "next" }]), 0, null, head.length + sizeBytes);
    const listing = execFileSync("tar", ["-tvf", file], { encoding: "utf8" });
    expect(listing).toMatch(/ 9663676416 .* large\n.* next\n$/);
  });

  test.skipIf(noGo !== "")(`Go's archive/tar, which Docker uses, reads the same${noGo}`, () => {
    const work = newFolder("go");
    writeFileSync(join(work, "go.mod"), "module list\ngo 1.18\n");
    writeFileSync(join(work, "main.go"), goProgram);
    const xattrs = new Map([["security.capability", Uint8Array.of(1, 0, 2)]]);
    const input = tarOf([...entries, { name: `\udcff${long}` }, { name: "capable", xattrs }]);
    const cache = { GOCACHE: join(work, "cache"), GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local" };
    const listing = execFileSync("go", ["run", "."], {
      cwd: work,
      input,
      env: { ...process.env, ...cache },
      encoding: "latin1",
    });
    const lines = listing.split("\n");
    expect(lines.length).toBe(entries.length + 3);
    expect(lines).toContain("d/plain 0 755 0 0 1234567890 5 ");
    expect(lines).toContain("d/owned 0 644 3000000 70 0 0 ");
    expect(lines).toContain(`d/hard 1 644 0 0 0 0 d/${long}`);
    expect(lines).toContain(`\xff${long} 0 644 0 0 0 0 `);
    expect(lines).toContain("capable 0 644 0 0 0 0  SCHILY.xattr.security.capability=010002");
  });
});

const goProgram = `package main
import ("archive/tar"; "fmt"; "io"; "os"; "strings")
func main() {
  r := tar.NewReader(os.Stdin)
  for {
    h, err := r.Next()
    if err == io.EOF { return }
    if err != nil { panic(err) }
    n, err := io.Copy(io.Discard, r)
    if err != nil { panic(err) }
    fmt.Printf("%s %c %o %d %d %d %d %s", h.Name, h.Typeflag, h.Mode, h.Uid, h.Gid, h.ModTime.Unix(), n, h.Linkname)
    for key, value := range h.PAXRecords { if strings.HasPrefix(key, "SCHILY.") { fmt.Printf(" %s=%x", key, value) } }
    fmt.Println()
  }
}
`;

/** A folder with what archives find hard: long names, links, sparse files, names that are no text. */
function sampleFolder(): string {
  const root = newFolder("sample");
  mkdirSync(join(root, "d", long), { recursive: true });
  writeFileSync(join(root, "d", long, long), "long");
  writeFileSync(join(root, "plain"), "plain", { mode: 0o755 });
  linkSync(join(root, "plain"), join(root, "hard"));
  symlinkSync(`d/${long}/${long}`, join(root, "link"));
  writeFileSync(join(root, "empty"), "");
  const sparse = openSync(join(root, "sparse"), "w");
  for (let index = 0; index < 40; index++) writeSync(sparse, `data ${index}`, index * 65_536);
  truncateSync(join(root, "sparse"), 3_000_001);
  writeFileSync(join(root, "hole"), "");
  truncateSync(join(root, "hole"), 1_000_000);
  return root;
}

describe("what is read", () => {
  const writers: readonly (readonly [
    summary: string,
    program: string,
    skip: string,
    args: readonly string[],
  ])[] = [
    ["GNU format", "tar", noTar, ["--format=gnu"]],
    ["GNU format, sparse", "tar", noTar, ["--format=gnu", "-S"]],
    ["pax", "tar", noTar, ["--format=pax"]],
    ...["0.0", "0.1", "1.0"].map(
      (version) =>
        [
          `pax, sparse ${version}`,
          "tar",
          noTar,
          ["--format=pax", "-S", `--sparse-version=${version}`],
        ] as const,
    ),
    ["pax", "bsdtar", noBsdtar, ["--format=pax"]],
    ["GNU format", "bsdtar", noBsdtar, ["--format=gnutar"]],
  ];
  for (const [summary, program, skip, args] of writers) {
    test.skipIf(skip !== "")(`${program}'s ${summary}${skip}`, async () => {
      const root = sampleFolder();
      const file = join(folder, "written.tar");
      execFileSync(program, ["-cf", file, ...args, "-C", root, "."]);
      expect(await listArchive(createReadStream(file) as AsyncIterable<Buffer>)).toEqual(
        listFolder(root).sort(),
      );
    });
  }

  test.skipIf(noTar !== "")(`a sparse file of 9 GiB${noTar}`, async () => {
    for (const format of ["gnu", "pax"]) {
      const root = newFolder("huge");
      const fd = openSync(join(root, "huge"), "w");
      // Some content comes first: holes are held to the ratio that compression keeps (limits.expansionRatioMax).
      writeSync(fd, Buffer.alloc(10_000_000, "x"));
      writeSync(fd, "end", 9 * 2 ** 30);
      const archive = execFileSync("tar", ["-c", `--format=${format}`, "-S", "-C", root, "huge"], {
        maxBuffer: 1 << 26,
      });
      for await (const { header, content } of readTar(bytesOf(archive), "t")) {
        let total = 0;
        let last: Uint8Array = new Uint8Array(0);
        for await (const chunk of content) {
          total += chunk.length;
          last = chunk;
        }
        expect([header.name, header.sizeBytes, total]).toEqual(["huge", 9 * 2 ** 30 + 3, 9 * 2 ** 30 + 3]);
        expect(Buffer.from(last.subarray(-3)).toString()).toBe("end");
      }
    }
  });
});

describe(".deb packages", () => {
  const names = ["hostname", "base-files", "libc-bin", "tzdata", "perl-base", "libssl3", "ca-certificates"];
  const packages = missing("dpkg-deb") === "" ? downloadPackages(names) : [];
  const skip =
    packages.length >= 3
      ? ""
      : " (skipped: needs dpkg-deb, and apt-get download from the machine's own sources)";

  test.skipIf(skip !== "")(`are unpacked as dpkg-deb -x does${skip}`, async () => {
    for (const file of packages) {
      const into = newFolder("deb");
      execFileSync("dpkg-deb", ["-x", file, into]);
      const bytes = readFileSync(file);
      const member = arMembers(inMemory(bytes)).find(({ name }) => name.startsWith("data.tar"));
      const packed = bytes.subarray(member?.offset, (member?.offset ?? 0) + (member?.sizeBytes ?? 0));
      const bounds = { outputBytesMax: 2 ** 30, what: file };
      const content = decompress(bytesOf(packed), detectCompression(packed), bounds);
      expect(await listArchive(content)).toEqual(listFolder(into).sort());
    }
  });
});

function downloadPackages(names: readonly string[]): string[] {
  const into = newFolder("packages");
  for (const name of names) spawnSync("apt-get", ["download", "-qq", name], { cwd: into, timeout: 60_000 });
  return readdirSync(into).map((name) => join(into, name));
}
