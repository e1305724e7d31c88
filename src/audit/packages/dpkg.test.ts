import { expect, test } from "vitest";
import { attributionOf } from "../../../testing/attribution.ts";
import { directory, file, symlink } from "../../../testing/trees.ts";
import { limits } from "../../base/limits.ts";

const mergedUsr = [
  directory("/usr/bin"),
  directory("/usr/lib"),
  symlink("/bin", "usr/bin"),
  symlink("/lib", "usr/lib"),
];

function stanza(name: string, fields: Readonly<Record<string, string>> = {}): string {
  const all = {
    Package: name,
    Status: "install ok installed",
    Architecture: "amd64",
    Version: "1-1",
    ...fields,
  };
  return Object.entries(all)
    .map(([field, value]) => `${field}: ${value}\n`)
    .join("");
}

function status(...stanzas: readonly string[]): ReturnType<typeof file> {
  return file("/var/lib/dpkg/status", stanzas.join("\n"));
}

function list(name: string, ...paths: readonly string[]): ReturnType<typeof file> {
  return file(`/var/lib/dpkg/info/${name}.list`, paths.map((one) => `${one}\n`).join(""));
}

test("files are of the package that lists them, wherever links among their folders lead", async () => {
  const told = await attributionOf([
    ...mergedUsr,
    file("/usr/bin/tool"),
    file("/usr/lib/libtool.so.1.2"),
    symlink("/usr/lib/libtool.so.1", "libtool.so.1.2"),
    directory("/var/log/tool"),
    file("/etc/other"),
    status(stanza("tool", { Version: "2:1.0-3" }), stanza("libtool1", { "Multi-Arch": "same" })),
    list("tool", "/.", "/bin", "/bin/tool", "/var", "/var/log", "/var/log/tool", "/usr/bin/absent"),
    list("libtool1:amd64", "/.", "/var", "/lib", "/lib/libtool.so.1.2"),
  ]);
  expect(told).toEqual({
    packages: ["tool:amd64 2:1.0-3", "libtool1:amd64 1-1"],
    owners: {
      "/bin": "tool:amd64",
      "/lib": "libtool1:amd64",
      "/usr/bin/tool": "tool:amd64",
      "/usr/lib/libtool.so.1": "libtool1:amd64",
      "/usr/lib/libtool.so.1.2": "libtool1:amd64",
      "/var/log": "tool:amd64",
      "/var/log/tool": "tool:amd64",
    },
    unreadable: {},
  });
});

test("a diverted file is where the diversion put it, and its place is the diverting package's", async () => {
  const { owners } = await attributionOf([
    file("/bin/sh"),
    file("/bin/sh.distrib"),
    file("/bin/ls.old"),
    status(stanza("dash"), stanza("better-sh"), stanza("coreutils")),
    list("dash", "/bin/sh"),
    list("better-sh", "/bin/sh"),
    list("coreutils", "/bin/ls"),
    file("/var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.distrib\nbetter-sh\n/bin/ls\n/bin/ls.old\n:\n"),
  ]);
  expect(owners).toMatchObject({
    "/bin/sh": "better-sh:amd64",
    "/bin/sh.distrib": "dash:amd64",
    "/bin/ls.old": "coreutils:amd64",
  });
});

test("packages whose files are gone are none; every other state has files", async () => {
  const states = ["install ok installed", "install ok half-configured", "install ok triggers-pending"];
  const gone = ["deinstall ok config-files", "purge ok not-installed"];
  const stanzas = [...states, ...gone].map((Status, index) => stanza(`p${index}`, { Status }));
  const { packages } = await attributionOf([status(...stanzas)]);
  expect(packages).toEqual(["p0:amd64 1-1", "p1:amd64 1-1", "p2:amd64 1-1"]);
});

test("dependencies are reduced to what is installed: alternatives to the first that is, virtual names to their providers", async () => {
  const { packages } = await attributionOf([
    status(
      stanza("app", {
        "Pre-Depends": "base (>= 1)",
        Depends:
          "absent | second:any (<< 2) | third, mail-transport-agent, app, nowhere [arm64], base <!nocheck>",
      }),
      stanza("base"),
      stanza("second"),
      stanza("third"),
      stanza("exim", { Provides: "mail-transport-agent (= 1), smtp" }),
      stanza("postfix", { Provides: "mail-transport-agent" }),
    ),
  ]);
  expect(packages[0]).toBe("app:amd64 1-1 (base, second, exim, postfix)");
});

test("names that many packages provide bring no more than packageProvidersMax of them", async () => {
  const many = Array.from({ length: limits.packageProvidersMax + 5 }, (_, index) =>
    stanza(`p${index}`, { Provides: "virtual", Depends: "virtual" }),
  );
  const { packages } = await attributionOf([status(...many)]);
  expect(packages.at(-1)?.split(",")).toHaveLength(limits.packageProvidersMax);
});

test("status.d: a stanza a file, sums beside it under any of the names that are in use", async () => {
  const sum = "0123456789abcdef0123456789abcdef";
  const told = await attributionOf([
    ...mergedUsr,
    file("/usr/lib/libssl.so.1.1"),
    file("/usr/bin/tool"),
    file("/usr/bin/a\\b"),
    file("/usr/share/doc/base/copyright"),
    file(
      "/var/lib/dpkg/status.d/libssl1",
      "Package: libssl1.1\nVersion: 1.1\nArchitecture: amd64\nDepends: base\n",
    ),
    file("/var/lib/dpkg/status.d/libssl1.1.md5sums", `${sum}  lib/libssl.so.1.1\n${sum}  usr/lib/absent\n`),
    file("/var/lib/dpkg/status.d/tool", stanza("tool")),
    file(
      "/var/lib/dpkg/status.d/tool:amd64.md5sums",
      `${sum} */bin/tool\nnot a sum  usr/bin/x\n${sum}  usr/bin/a\\b\n`,
    ),
    file("/var/lib/dpkg/status.d/YmFzZQ", "Package: base\nVersion: 3\n"),
    file("/var/lib/dpkg/status.d/YmFzZQ.md5sums", `${sum}  usr/share/doc/base/copyright\n`),
  ]);
  expect(told).toEqual({
    packages: ["base 3", "libssl1.1:amd64 1.1 (base)", "tool:amd64 1-1"],
    owners: {
      "/usr/lib/libssl.so.1.1": "libssl1.1:amd64",
      "/usr/bin/tool": "tool:amd64",
      "/usr/bin/a\\b": "tool:amd64",
      "/usr/share/doc/base/copyright": "base",
    },
    unreadable: {},
  });
});

const controls = "\u001b[2Jname";

const malformed: readonly { readonly summary: string; readonly text: string; readonly why: RegExp }[] = [
  { summary: "no field", text: "Package: a\nnothing\n", why: /^line 2: expected "Field: value"$/ },
  {
    summary: "a field twice",
    text: "Package: a\npackage: b\n",
    why: /^line 2: the field package is given twice$/,
  },
  { summary: "no name", text: "Version: 1\n", why: /^a stanza has no Package field$/ },
  { summary: "an empty name", text: "Package:\n", why: /^a package has no name$/ },
  { summary: "control characters", text: `Package: ${controls}\n`, why: /^a name holds control characters$/ },
  { summary: "a long name", text: `Package: ${"a".repeat(2000)}\n`, why: /longer than packageNameLengthMax/ },
  { summary: "binary", text: "\0\u0001\u0002", why: /^line 1: / },
];

test.each(malformed)("a status with $summary is unreadable, and nothing else is", async ({ text, why }) => {
  const { unreadable, packages } = await attributionOf([
    status(stanza("good"), text),
    file("/var/lib/dpkg/status.d/bad", text),
    file("/var/lib/dpkg/status.d/good", stanza("good-too")),
  ]);
  expect(packages).toEqual(["good-too:amd64 1-1"]);
  expect(Object.keys(unreadable).sort()).toEqual(["/var/lib/dpkg/status", "/var/lib/dpkg/status.d/bad"]);
  expect(unreadable["/var/lib/dpkg/status.d/bad"]).toMatch(why);
});

test("few letters that name many dependencies are a limit", async () => {
  const providers = Array.from({ length: 64 }, (_, index) => stanza(`p${index}`, { Provides: "a" }));
  const last = stanza("last", { Depends: "a,".repeat(20_000) });
  const why = "it exceeds packageDependenciesMax (1000000)";
  const told = await attributionOf([
    status(...providers, last),
    file("/var/lib/dpkg/status.d/all", [...providers, last].join("\n")),
  ]);
  expect(told.unreadable).toEqual({ "/var/lib/dpkg/status": why, "/var/lib/dpkg/status.d": why });
});

test("a database larger than packageDatabaseBytesMax is not read", async () => {
  const huge = { ...status(stanza("a")), sizeBytes: limits.packageDatabaseBytesMax + 1 };
  const { unreadable } = await attributionOf([huge]);
  expect(unreadable["/var/lib/dpkg/status"]).toContain("packageDatabaseBytesMax");
});

test("a name with a slash finds no list outside of info", async () => {
  const { owners } = await attributionOf([
    file("/x"),
    file("/etc/evil.list", "/x\n"),
    status(stanza("../../../../etc/evil")),
  ]);
  expect(owners).toEqual({});
});
