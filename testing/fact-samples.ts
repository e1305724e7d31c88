// Contents with something to say for each part of `Facts`, by name: the same bytes in every run and on every machine, so nothing in
// them was compressed or drawn when they were made.
import { gzipSync } from "node:zlib";
import { fingerprints } from "../src/content/fingerprints/rules.ts";
import { zipOf } from "./archives.ts";
import { arOf, elfOf, tarOf } from "./builders.ts";
import { corpus } from "./corpus.ts";
import { withSection } from "./elf-sections.ts";
import { programWith } from "./fingerprint-programs.ts";
import { goBuildInfo } from "./go-build-info.ts";
import { helloProgram } from "./hello-program.ts";

const interpreter = "/lib64/ld-linux-x86-64.so.2";
const shell = elfOf({ interpreter, strings: ["@(#)MIRBSD KSH R59", "KSHEGID"] });
const token = `token = "${["glpat", "Ab1dE2fG3hI4jK5lM6n7"].join("-")}"\n`;
const stored = { level: 0 } as const;
const tar = tarOf([{ name: "bin/x", content: shell }]);
const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

const made: readonly (readonly [string, Buffer])[] = [
  ["nothing", Buffer.alloc(0)],
  ["text", latin1("hello\n")],
  ["data", latin1("a\0b")],
  ["a script", latin1("#!/usr/bin/env -S python3 -u\nimport subprocess\n")],
  ["a script's module", latin1("#!/usr/bin/perl\nuse IO::Socket;\nsystem('x');\n")],
  ["a class", latin1("\xca\xfe\xba\xbe\0\0\0\x34")],
  ["WebAssembly", latin1("\0asm\x01\0\0\0")],
  ["a secret", latin1(token)],
  ["a secret in a program", elfOf({ interpreter, strings: [token] })],
  ["a static program", helloProgram()],
  [
    "a program that asks for much",
    elfOf({ interpreter, imports: ["execve", "connect", "accept4", "dlopen"] }),
  ],
  ["a library", elfOf({ soname: "libx.so.1", exports: ["x"], needed: ["libc.so.6"] })],
  ["a corrupt program", latin1("\x7fELF\x02\x01")],
  [
    "a Go program",
    elfOf({
      static: true,
      type: "executable",
      strings: ["os/exec.(*Cmd).Start"],
      data: goBuildInfo({ version: "go1.22.1", path: "example.test/a", modules: [["dep", "b", "v1.0.0"]] }),
    }),
  ],
  ["a program behind another", Buffer.concat([helloProgram(), Buffer.alloc(64), shell])],
  ["a shell in data", Buffer.concat([latin1("\xff\xd8\xff\xe0\0\x10JFIF\0\0".repeat(50)), shell])],
  ["an unknown program in data", Buffer.concat([latin1("\xff\xd8\xff\xe0".repeat(50)), helloProgram()])],
  ["a shell in a tar archive", tar],
  ["a shell in an ar archive", arOf([["x", shell]])],
  ["a shell in a zip archive", zipOf([{ name: "x", content: shell, method: 0 }])],
  ["a shell in a gzip stream", gzipSync(shell, stored)],
  ["a shell in a tar archive in a gzip stream", gzipSync(tar, stored)],
  ["a shell behind a script", Buffer.concat([latin1("#!/bin/sh\ntail -n +3 $0\n"), gzipSync(tar, stored)])],
  ["a secret in a zip archive", zipOf([{ name: "x", content: token, method: 0 }])],
  ["an encrypted zip archive", zipOf([{ name: "x", content: "x", method: 0, encrypted: true }])],
  ["a zip archive of a method that is not read", zipOf([{ name: "x", content: "x", method: 97 }])],
  ["a gzip stream cut short", gzipSync(shell, stored).subarray(0, 100)],
  [
    "a jar",
    zipOf([
      {
        name: "META-INF/MANIFEST.MF",
        content: "Manifest-Version: 1.0\r\nImplementation-Title: x\r\nImplementation-Version: 1.2\r\n",
        method: 0,
      },
    ]),
  ],
  ["crates that can't be read", withSection(elfOf({ interpreter }), ".dep-v0", latin1("nothing"))],
];

const kept = ["formats/elf", "formats/tar", "formats/xz", "formats/zstd", "signatures"].flatMap((folder) =>
  corpus(folder).map(({ bytes, name }) => [`${folder}/${name}`, bytes] as const),
);

const told = fingerprints.flatMap(({ id, signs }) =>
  signs.map((signals, index) => [`${id}, alternative ${index + 1}`, programWith(signals)] as const),
);

export const factSamples: ReadonlyMap<string, Buffer> = new Map([...made, ...kept, ...told]);
