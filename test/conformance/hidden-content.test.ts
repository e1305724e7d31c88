// What other programs hide, lock up and pack: archives of zip, bsdtar and Python, keys of ssh-keygen, openssl, GnuPG and keytool,
// programs packed by UPX. Each is looked at as a file of an image.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Facts, factsOf } from "../../src/content/facts.ts";
import { inMemory } from "../../src/formats/random-access.ts";
import { missingPrograms, packed } from "../../testing/adversarial/programs.ts";
import { missingProgram } from "../../testing/programs.ts";

const folder = mkdtempSync(join(tmpdir(), "hidden-content-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const busybox = "/bin/busybox";
const noBusybox = existsSync(busybox) ? "" : " (skipped: busybox is not installed)";
if (noBusybox === "") copyFileSync(busybox, join(folder, "helper"));

const without = (...programs: readonly string[]): string => {
  const missing = missingProgram(...programs);
  return missing === undefined ? "" : ` (skipped: ${missing})`;
};

/** Runs a command in the folder. */
function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { cwd: folder, stdio: "pipe", env: { ...process.env, GNUPGHOME: folder } });
}

function facts(name: string): Facts {
  return factsOf(inMemory(readFileSync(join(folder, name))));
}

/** The shells that were found, each with its place; or what hides. */
function told(name: string): string[] {
  const { hidden, identities = [] } = facts(name);
  const programs = identities
    .filter((one) => one.kind === "multi-call")
    .map((one) => `${one.id} in ${one.within ?? "the file"}`);
  return hidden === undefined ? programs : [...programs, hidden.kind];
}

describe("BusyBox inside", () => {
  const member = (format: string): string[] => [`busybox in member helper of the ${format} archive`];
  const cases: readonly [
    name: string,
    programs: readonly string[],
    command: readonly string[],
    expected: string[],
  ][] = [
    ["a.zip", ["zip"], ["zip", "-q", "a.zip", "helper"], member("zip")],
    ["locked.zip", ["zip"], ["zip", "-q", "-P", "x", "locked.zip", "helper"], ["encrypted"]],
    ["b.zip", ["bsdtar"], ["bsdtar", "-a", "-cf", "b.zip", "helper"], member("zip")],
    [
      "aes.zip",
      ["bsdtar"],
      [
        "bsdtar",
        "--format=zip",
        "--options=zip:encryption=aes256",
        "--passphrase",
        "x",
        "-cf",
        "aes.zip",
        "helper",
      ],
      ["encrypted"],
    ],
    ["a.7z", ["bsdtar"], ["bsdtar", "-a", "-cf", "a.7z", "helper"], ["limit"]],
    ["a.cpio", ["bsdtar"], ["bsdtar", "--format=newc", "-cf", "a.cpio", "helper"], member("cpio")],
    ["a.tar", ["tar"], ["tar", "-cf", "a.tar", "helper"], member("tar")],
    ["a.tar.gz", ["tar"], ["tar", "-czf", "a.tar.gz", "helper"], member("tar")],
    ["a.tar.xz", ["tar", "xz"], ["tar", "-cJf", "a.tar.xz", "helper"], member("tar")],
    ["a.tar.zst", ["tar", "zstd"], ["tar", "--zstd", "-cf", "a.tar.zst", "helper"], member("tar")],
    ["a.tar.bz2", ["tar", "bzip2"], ["tar", "-cjf", "a.tar.bz2", "helper"], ["limit"]],
    [
      "app.pyz",
      ["python3"],
      [
        "python3",
        "-c",
        "import zipfile; open('app.pyz','wb').write(b'#!/usr/bin/python3\\n'); zipfile.ZipFile('app.pyz','a',8).write('helper')",
      ],
      member("zip"),
    ],
    [
      "wide.zip",
      ["python3"],
      [
        "python3",
        "-c",
        "import zipfile; z=zipfile.ZipFile('wide.zip','w',8); f=z.open('helper','w',force_zip64=True); f.write(open('helper','rb').read()); f.close(); z.close()",
      ],
      member("zip"),
    ],
    ["a.a", ["ar"], ["ar", "rc", "a.a", "helper"], member("ar")],
  ];
  for (const [name, programs, [program = "", ...args], expected] of cases) {
    const reason = noBusybox === "" ? without(...programs) : noBusybox;
    test.skipIf(reason !== "")(`${name}${reason}`, () => {
      run(program, ...args);
      expect(told(name)).toEqual(expected);
    });
  }
});

const missingUpx = missingPrograms(["busybox-upx"]);
const noUpx = missingUpx === undefined ? "" : ` (skipped: ${missingUpx})`;

describe("packed by UPX", () => {
  test.skipIf(noUpx !== "").each(["-1", "--lzma"])(`%s${noUpx}`, { timeout: 120_000 }, async (method) => {
    const name = basename(await packed(join(folder, "helper"), method, folder));
    expect(facts(name).hidden).toMatchObject({
      kind: "packed",
      why: expect.stringMatching(/^packed with UPX \d/) as string,
    });
    // Its marks overwritten: the code still looks drawn at random.
    const bytes = readFileSync(join(folder, name));
    for (let at = bytes.indexOf("UPX"); at >= 0; at = bytes.indexOf("UPX", at)) bytes.write("ABC", at);
    writeFileSync(join(folder, `${name}-unmarked`), bytes);
    expect(facts(`${name}-unmarked`).hidden).toMatchObject({ kind: "packed" });
  });
});

describe("keys of", () => {
  const cases: readonly [name: string, command: readonly string[], expected: string[]][] = [
    ["ed", ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "ed"], ["private-key"]],
    [
      "locked",
      ["ssh-keygen", "-q", "-t", "rsa", "-N", "secret words", "-f", "locked"],
      ["encrypted-private-key"],
    ],
    ["old", ["ssh-keygen", "-q", "-t", "ecdsa", "-m", "PEM", "-N", "", "-f", "old"], ["private-key"]],
    ["ed.pub", ["ssh-keygen", "-y", "-f", "ed"], []],
    ["rsa.pem", ["openssl", "genrsa", "-out", "rsa.pem", "2048"], ["private-key"]],
    [
      "traditional.pem",
      [
        "openssl",
        "genrsa",
        "-traditional",
        "-aes128",
        "-passout",
        "pass:x",
        "-out",
        "traditional.pem",
        "2048",
      ],
      ["encrypted-private-key"],
    ],
    [
      "pkcs8.pem",
      ["openssl", "genpkey", "-algorithm", "RSA", "-aes256", "-pass", "pass:x", "-out", "pkcs8.pem"],
      ["encrypted-private-key"],
    ],
    ["rsa.der", ["openssl", "rsa", "-in", "rsa.pem", "-outform", "DER", "-out", "rsa.der"], ["private-key"]],
    ["ec.pem", ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-out", "ec.pem"], ["private-key"]],
    ["public.pem", ["openssl", "rsa", "-in", "rsa.pem", "-pubout", "-out", "public.pem"], []],
    ["cert.pem", ["openssl", "req", "-x509", "-key", "rsa.pem", "-subj", "/CN=x", "-out", "cert.pem"], []],
    [
      "store.p12",
      [
        "openssl",
        "pkcs12",
        "-export",
        "-in",
        "cert.pem",
        "-inkey",
        "rsa.pem",
        "-passout",
        "pass:x",
        "-out",
        "store.p12",
      ],
      ["key-store"],
    ],
    [
      "trust.p12",
      [
        "openssl",
        "pkcs12",
        "-export",
        "-nokeys",
        "-in",
        "cert.pem",
        "-passout",
        "pass:x",
        "-out",
        "trust.p12",
      ],
      [],
    ],
    [
      "salted",
      ["openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-k", "x", "-in", "cert.pem", "-out", "salted"],
      [],
    ],
    [
      "java.jks",
      [
        "keytool",
        "-genkeypair",
        "-storetype",
        "JKS",
        "-keyalg",
        "RSA",
        "-dname",
        "CN=x",
        "-storepass",
        "secret",
        "-keypass",
        "secret",
        "-keystore",
        "java.jks",
      ],
      ["key-store"],
    ],
    [
      "trust.jks",
      [
        "keytool",
        "-importcert",
        "-storetype",
        "JKS",
        "-noprompt",
        "-file",
        "cert.pem",
        "-storepass",
        "secret",
        "-keystore",
        "trust.jks",
      ],
      [],
    ],
  ];
  for (const [name, [program = "", ...args], expected] of cases) {
    const reason = without(program);
    test.skipIf(reason !== "")(`${program}: ${name}${reason}`, () => {
      run(program, ...args);
      expect((facts(name).secrets ?? []).map((one) => one.id)).toEqual(expected);
    });
  }

  const noGpg = without("gpg");
  test.skipIf(noGpg !== "")(`gpg${noGpg}`, () => {
    const gpg = ["--batch", "--pinentry-mode", "loopback"];
    for (const [name, passphrase, expected] of [
      ["open", "", "private-key"],
      ["locked", "secret words", "encrypted-private-key"],
    ] as const) {
      const user = `${name}@example.test`;
      run("gpg", ...gpg, "--passphrase", passphrase, "--quick-gen-key", user, "rsa2048", "default", "never");
      run(
        "gpg",
        ...gpg,
        "--passphrase",
        passphrase,
        "--armor",
        "--output",
        `${name}.asc`,
        "--export-secret-keys",
        user,
      );
      run("gpg", ...gpg, "--armor", "--output", `${name}.pub.asc`, "--export", user);
      expect((facts(`${name}.asc`).secrets ?? []).map((one) => one.id)).toEqual([expected]);
      expect(facts(`${name}.pub.asc`).secrets).toBeUndefined();
    }
    spawnSync("gpgconf", ["--homedir", folder, "--kill", "gpg-agent"]);
  });
});
