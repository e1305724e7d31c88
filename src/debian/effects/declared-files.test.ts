// sysusers.d and tmpfiles.d.
import { expect, test } from "vitest";
import { digestOf } from "../../base/digest.ts";
import { path } from "../../tree/path.ts";
import { effectsOf } from "./effects-of.ts";
import { parseSysusers } from "./sysusers.ts";
import { parseTmpfiles } from "./tmpfiles.ts";

test("sysusers.d: users with a group of their own, a given one, and members", () => {
  const text =
    '# comment\n\nu redis - "Redis data" /var/lib/redis\nu _x 70:adm - - /bin/sh\ng render 105\nm redis adm\nr - 500-900\n';
  const { actions, diagnostics } = parseSysusers(text, "x.conf");
  expect(diagnostics).toEqual([]);
  expect(actions).toMatchObject([
    {
      kind: "user",
      name: "redis",
      defaultGroup: "same-name",
      gecos: "Redis data",
      home: "/var/lib/redis",
      shell: "/usr/sbin/nologin",
    },
    { kind: "user", name: "_x", uid: 70, group: "adm", home: "/", shell: "/bin/sh" },
    { kind: "group", name: "render", gid: 105 },
    { kind: "group", name: "adm" },
    { kind: "membership", user: "redis", group: "adm" },
  ]);
});

test("tmpfiles.d: folders, files, links, attributes; ageing and boot lines are nothing", () => {
  const text = [
    "d /run/postgresql 2775 postgres postgres - -",
    "d %t/x - - - 10d",
    "f /etc/empty 0600 root root - -",
    "f+ /etc/full - - - - some text\\n",
    "L /etc/link - - - - ../target",
    "z /etc/y 0640 root adm",
    "x /tmp/keep",
    "D! /boot-only 0755",
    "d /run/%b 0755",
  ].join("\n");
  const { actions, diagnostics } = parseTmpfiles(text, "x.conf");
  expect(diagnostics).toEqual([]);
  expect(actions).toMatchObject([
    {
      kind: "directory",
      path: "/run/postgresql",
      mode: "2775",
      user: "postgres",
      group: "postgres",
      adjust: true,
    },
    { kind: "directory", path: "/run/x", mode: "0755" },
    { kind: "touch", path: "/etc/empty" },
    { kind: "attributes", path: "/etc/empty", mode: "0600" },
    { kind: "file", path: "/etc/full", content: { kind: "text", text: "some text\n" } },
    { kind: "symlink", path: "/etc/link", target: "../target" },
    { kind: "attributes", path: "/etc/y", mode: "0640", group: "adm", recursive: false },
  ]);
});

test.each([
  ["sysusers", parseSysusers, "u bad:name - -"],
  ["sysusers", parseSysusers, "z x"],
  ["tmpfiles", parseTmpfiles, "d relative 0755"],
  ["tmpfiles", parseTmpfiles, "? /x"],
])("%s: a line that isn't understood is said", (_, parse, line) => {
  const { diagnostics } = parse(`# first\n${line}`, "x.conf");
  expect(diagnostics[0]).toMatchObject({ severity: "error", span: { file: "x.conf", line: 2 } });
});

test("a package's files are effects once their text is there; its accounts come before its scripts", () => {
  const file = path("/usr/lib/sysusers.d/sam.conf");
  const folder = path("/usr/lib/tmpfiles.d/sam.conf");
  const control = {
    id: "sam:all",
    digest: digestOf(""),
    fields: new Map<string, string>(),
    paths: [file, folder],
    conffiles: [],
    sonames: [],
    scripts: { postinst: "#!/bin/sh\nif getent passwd sam >/dev/null; then chown sam /opt; fi\n" },
    triggers: [],
    md5sums: new Map(),
  };
  const context = {
    architecture: "amd64",
    shipped: () => undefined,
    filesIn: () => [],
    read: () => undefined,
    version: () => undefined,
    ignored: new Map<string, string>(),
  };
  const early = effectsOf(control, context);
  expect([early.reads, early.effects]).toEqual([[file, folder], []]);
  const read = (of: string): string => (of === file ? "u sam -\n" : "d /run/sam 0750 sam sam\n");
  const { effects, unknown } = effectsOf(control, { ...context, read });
  expect(unknown).toEqual([]);
  expect(effects.map(({ action }) => action.kind)).toEqual(["user", "attributes", "directory"]);
});
