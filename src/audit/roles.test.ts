// What explains a program in an audit, and what only names it: whoever makes an image chooses every name in it.
import { describe, expect, test } from "vitest";
import {
  elf,
  factsOfEntry,
  identity,
  library,
  loader64,
  program,
  recognised,
  script,
} from "../../testing/closures.ts";
import { subjectOf } from "../../testing/subjects.ts";
import { file, symlink } from "../../testing/trees.ts";
import type { RunConfig } from "../oci/model.ts";
import type { LayerEntry } from "../tree/layers.ts";
import { path } from "../tree/path.ts";
import { programFindings } from "./detectors/programs.ts";
import { sealFindings } from "./detectors/seal.ts";
import { unneededFindings } from "./detectors/unneeded.ts";
import { primitiveUses } from "./programs/uses.ts";
import { auditedClosure } from "./roles.ts";
import type { Subject } from "./subject.ts";

const loader = elf(loader64, { soname: "ld-linux-x86-64.so.2" });
const sealed = (at: string): LayerEntry => elf(at, { type: "executable", static: true, program: true });
const dynamic = (at: string): LayerEntry => program(at, { program: true });
const curl = (at: string): LayerEntry => recognised("tool", "curl", at);
const perl = (at: string): LayerEntry => recognised("interpreter", "perl", at);
const python = (at: string): LayerEntry => recognised("interpreter", "python", at);
const module = (at: string): LayerEntry => elf(at, {}, { mode: 0o644 });

/** Programs and code that nothing explains, and the application's own interpreters. */
function told(subject: Subject): string[] {
  return [...programFindings(subject), ...unneededFindings(subject)]
    .map(({ path: at, rule }) => `${rule} ${at ?? ""}`)
    .sort();
}

interface Case {
  readonly summary: string;
  readonly entries: readonly LayerEntry[];
  readonly config?: RunConfig;
  readonly told: readonly string[];
}

const evasions: readonly Case[] = [
  {
    summary: "a word of the command",
    entries: [loader, dynamic("/app/p"), curl("/usr/bin/curl")],
    config: { Cmd: ["/usr/bin/curl"] },
    told: ["foreign-tool /usr/bin/curl", "unneeded-elf /usr/bin/curl"],
  },
  {
    summary: "the value of an option, through a link",
    entries: [loader, dynamic("/app/p"), symlink("/x", "/y"), symlink("/y", "opt/c"), curl("/opt/c")],
    config: { Entrypoint: ["/app/p", "--with=/x"] },
    told: ["foreign-tool /opt/c", "unneeded-elf /opt/c"],
  },
  {
    summary: "a word of the healthcheck after its program",
    entries: [loader, dynamic("/app/p"), perl("/opt/x")],
    config: { Healthcheck: { Test: ["CMD", "/app/p", "/opt/x"] } },
    told: ["foreign-interpreter /opt/x", "unneeded-elf /opt/x"],
  },
  {
    summary: "the interpreter of a script that is only a word, and what that needs",
    entries: [
      loader,
      sealed("/app/p"),
      script("/opt/s", "/usr/bin/perl"),
      recognised("interpreter", "perl", "/usr/bin/perl"),
      library("/usr/lib/libx.so.1"),
    ],
    config: { Cmd: ["/opt/s", "/usr/lib/libx.so.1"] },
    told: [
      "foreign-interpreter /usr/bin/perl",
      `unneeded-elf ${loader64}`,
      "unneeded-elf /usr/bin/perl",
      "unneeded-elf /usr/lib/libx.so.1",
    ],
  },
  {
    summary: "a preload of a program",
    entries: [loader, dynamic("/app/p"), perl("/opt/x")],
    config: { Env: ["LD_PRELOAD=/opt/x"] },
    told: ["foreign-interpreter /opt/x", "unneeded-elf /opt/x"],
  },
  {
    summary: "a preload of a static entrypoint",
    entries: [sealed("/app/p"), library("/opt/x.so"), sealed("/opt/y")],
    config: { Env: ["LD_PRELOAD=/opt/x.so:/opt/y"] },
    told: ["unneeded-elf /opt/x.so", "unneeded-elf /opt/y"],
  },
  {
    summary: "a program that is called Python",
    entries: [
      loader,
      sealed("/usr/bin/python3.11"),
      perl("/usr/lib/python3.11/a"),
      sealed("/usr/lib/python3.11/b"),
      module("/usr/lib/python3.11/c.so"),
      script("/usr/lib/python3.11/d", "/app/p"),
    ],
    config: { Entrypoint: ["/usr/bin/python3.11"] },
    told: [
      "foreign-interpreter /usr/lib/python3.11/a",
      "unneeded-elf /lib64/ld-linux-x86-64.so.2",
      "unneeded-elf /usr/lib/python3.11/a",
      "unneeded-elf /usr/lib/python3.11/b",
      "unneeded-elf /usr/lib/python3.11/c.so",
      "unneeded-script /usr/lib/python3.11/d",
    ],
  },
  {
    summary: "a library that is called Python's",
    entries: [
      loader,
      program("/app/p", { needed: ["libpython3.x"] }),
      library("/usr/lib/libpython3.x"),
      module("/usr/lib/python3.11/c.so"),
    ],
    told: ["unneeded-elf /usr/lib/python3.11/c.so"],
  },
  {
    summary: "a program that is called PHP, with a link in its settings",
    entries: [loader, dynamic("/usr/bin/phpx"), symlink("/etc/php/a", "/opt/c"), curl("/opt/c")],
    config: { Entrypoint: ["/usr/bin/phpx"] },
    told: ["foreign-tool /opt/c", "unneeded-elf /opt/c"],
  },
  {
    summary: "a program in the folder of a real Python's modules",
    entries: [
      loader,
      python("/usr/bin/python3.11"),
      perl("/usr/lib/python3.11/a"),
      sealed("/usr/lib/python3.11/b"),
    ],
    config: { Entrypoint: ["python3.11"] },
    told: [
      "foreign-interpreter /usr/lib/python3.11/a",
      "runtime-interpreter /usr/bin/python3.11",
      "unneeded-elf /usr/lib/python3.11/a",
      "unneeded-elf /usr/lib/python3.11/b",
    ],
  },
  {
    summary: "modules of a server that loads none",
    entries: [sealed("/usr/sbin/nginx"), module("/usr/lib/nginx/modules/x.so")],
    config: { Entrypoint: ["nginx"] },
    told: ["unneeded-elf /usr/lib/nginx/modules/x.so"],
  },
  {
    summary: "a program that a rule names, of a program that only has the name",
    entries: [sealed("/usr/local/bin/initdb"), sealed("/usr/local/bin/postgres")],
    config: { Entrypoint: ["initdb"] },
    told: ["unneeded-elf /usr/local/bin/postgres"],
  },
  {
    summary: "a program that is needed as a library, which no loader takes",
    entries: [
      loader,
      program("/app/p", { needed: ["libx.so"], sonameStrings: ["liby.so"] }),
      program("/usr/lib/libx.so", { program: true }),
      program("/usr/lib/liby.so", { program: true }),
    ],
    told: ["unneeded-elf /usr/lib/libx.so", "unneeded-elf /usr/lib/liby.so"],
  },
];

const honest: readonly Case[] = [
  {
    summary: "a wrapper starts the program that it is given",
    entries: [loader, sealed("/sbin/tini"), recognised("interpreter", "node", "/usr/bin/node")],
    config: { Entrypoint: ["tini", "--"], Cmd: ["node", "/srv/main.js"] },
    told: ["runtime-interpreter /usr/bin/node"],
  },
  {
    summary: "an interpreter runs the script that it is given",
    entries: [loader, python("/usr/bin/python3"), script("/srv/main.py", "/usr/bin/env python3")],
    config: { Entrypoint: ["python3", "/srv/main.py"] },
    told: ["runtime-interpreter /usr/bin/python3"],
  },
  {
    summary: "a program is in the healthcheck to be run",
    entries: [loader, sealed("/app/p"), curl("/usr/bin/curl")],
    config: { Healthcheck: { Test: ["CMD", "curl", "http://localhost"] } },
    told: [],
  },
  {
    summary: "a preload, and a module, that is a library",
    entries: [loader, dynamic("/app/p"), library("/usr/lib/libjemalloc.so.2"), module("/srv/m.so")],
    config: { Cmd: ["--load=/srv/m.so"], Env: ["LD_PRELOAD=/usr/lib/libjemalloc.so.2"] },
    told: [],
  },
  {
    summary: "a real Python's modules, wherever it is linked to",
    entries: [
      loader,
      program("/app/p", { needed: ["libpython3.11.so.1.0"] }),
      elf(
        "/usr/lib/libpython3.11.so.1.0",
        {},
        { identities: [identity("interpreter", "python", { embedded: true })] },
      ),
      module("/usr/lib/python3.11/lib-dynload/x.so"),
    ],
    told: ["embedded-interpreter /usr/lib/libpython3.11.so.1.0"],
  },
  {
    summary: "one that is recognised after one that isn't",
    entries: [
      loader,
      program("/usr/bin/python3.11", { needed: ["libpython3.11.so.1.0"] }),
      elf(
        "/usr/lib/libpython3.11.so.1.0",
        {},
        { identities: [identity("interpreter", "python", { embedded: true })] },
      ),
      module("/usr/lib/python3.11/lib-dynload/x.so"),
    ],
    config: { Entrypoint: ["python3.11"] },
    told: ["embedded-interpreter /usr/lib/libpython3.11.so.1.0"],
  },
  {
    summary: "the program by which a real Java starts others",
    entries: [
      loader,
      recognised("interpreter", "java", "/usr/lib/jvm/j/bin/java"),
      dynamic("/usr/lib/jvm/j/lib/jspawnhelper"),
      module("/usr/lib/jvm/j/lib/libnio.so"),
    ],
    config: { Entrypoint: ["/usr/lib/jvm/j/bin/java"] },
    told: ["runtime-interpreter /usr/lib/jvm/j/bin/java"],
  },
  {
    summary: "a library with an entry point of its own",
    entries: [
      loader,
      program("/app/p", { needed: ["libc.so.6"], sonameStrings: ["libcap.so.2"] }),
      program("/usr/lib/libc.so.6", { soname: "libc.so.6", program: false }),
      program("/usr/lib/libcap.so.2", { soname: "libcap.so.2", program: false }),
    ],
    told: [],
  },
];

describe("what only names a program explains none", () => {
  test.each(evasions)("$summary", ({ config, entries, told: expected }) => {
    const subject = subjectOf({ layers: [entries], ...(config === undefined ? {} : { config }) });
    expect(told(subject)).toEqual([...expected].sort());
  });

  test("nothing of it is told as needed, and the reason says what names it", () => {
    const subject = subjectOf({
      layers: [[loader, sealed("/app/p"), curl("/usr/bin/curl")]],
      config: { Cmd: ["/usr/bin/curl"] },
    });
    expect(primitiveUses(subject).flatMap(({ files }) => files.filter((one) => one.needed))).toEqual([]);
    expect(sealFindings(subject)).toEqual([]);
    expect(subject.closure.role(path("/usr/bin/curl"))).toBe("unproven");
    expect(unneededFindings(subject).map(({ what }) => what)).toContain(
      "a program whose need is not proven: entrypoint names it, and that it is used is not known (argument /usr/bin/curl)",
    );
  });
});

describe("what starts or loads it does", () => {
  test.each(honest)("$summary", ({ config, entries, told: expected }) => {
    const subject = subjectOf({ layers: [entries], ...(config === undefined ? {} : { config }) });
    expect(told(subject)).toEqual([...expected].sort());
  });

  test("a declaration is a reason beside a word", () => {
    const subject = subjectOf({
      layers: [[sealed("/app/p"), sealed("/opt/x")]],
      config: { Cmd: ["/opt/x"] },
      keep: [{ glob: "/opt/x", source: "policy.yaml:3" }],
    });
    expect(told(subject)).toEqual([]);
    expect(subject.closure.role(path("/opt/x"))).toBe("declared");
  });

  test("data is needed by whatever names it", () => {
    const subject = subjectOf({
      layers: [[sealed("/app/p"), file("/etc/app.conf", "a")]],
      config: { Cmd: ["/etc/app.conf"] },
    });
    expect(subject.closure.role(path("/etc/app.conf"))).toBe("closure");
  });

  test("a closure of nothing but that stays as it is", () => {
    const { closure, tree } = subjectOf({ layers: [[loader, dynamic("/app/p")]] });
    expect(auditedClosure(closure, tree, factsOfEntry)).toBe(closure);
  });
});
