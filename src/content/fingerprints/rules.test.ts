import { describe, expect, test } from "vitest";
import { elfOf } from "../../../testing/builders.ts";
import type { ElfContent } from "../../../testing/elf-builder.ts";
import { goBuildInfo } from "../../../testing/go-build-info.ts";
import { inMemory } from "../../formats/random-access.ts";
import { factsOf } from "../facts.ts";
import type { Identity } from "../identity.ts";
import { searchLengthMin } from "../string-search.ts";
import { anchorOf } from "./anchors.ts";
import { knownApplets } from "./applets.ts";
import type { Fingerprint, Signal } from "./fingerprint.ts";
import { fingerprints } from "./rules.ts";
import { scriptFingerprints } from "./scripts.ts";

const program: ElfContent = { interpreter: "/lib64/ld-linux-x86-64.so.2" };

/** Names of libraries and packages as they are, of which each pattern takes one. */
const libraries = [
  ...[
    "libapt-private.so.0.0",
    "libapt-pkg.so.6.0",
    "libapk.so.2.14.0",
    "librpm.so.9",
    "libdnf.so.2",
    "libdnf5.so.2",
  ],
  ...[
    "libdnf5-cli.so.2",
    "libzypp.so.1722",
    "libalpm.so.13",
    "libopkg.so.1",
    "libpython3.11.so.1.0",
    "libperl.so.5.36",
  ],
  ...[
    "libruby-3.1.so.3.1",
    "libnode.so.108",
    "liblua5.4.so.0",
    "libluajit-5.1.so.2",
    "libtcl8.6.so",
    "libtk8.6.so",
  ],
  ...["libjli.so", "libjvm.so", "libguile-3.0.so.1", "libexpect.so.5.45", "libpcap.so.0.8", "libmount.so.1"],
  ...["libsudo_util.so.0", "libpam.so.0", "libaria2.so.0", "libbusybox.so.1.37.0"],
];
const goMains = [
  ...[
    "src.elv.sh/cmd/elvish",
    "mvdan.cc/sh/v3/cmd/gosh",
    "github.com/u-root/u-root/cmds/core/ls",
    "bb.u-root.com/bb",
  ],
  ...["github.com/docker/cli/cmd/docker", "github.com/containers/podman/v4/cmd/podman"],
  ...[
    "github.com/containerd/containerd/cmd/ctr",
    "github.com/opencontainers/runc",
    "k8s.io/kubernetes/cmd/kubectl",
  ],
];

const one = (names: readonly string[], pattern: RegExp): string => {
  const name = names.find((each) => pattern.test(each));
  if (name === undefined) throw new Error(`no example for ${String(pattern)}`);
  return name;
};

/** A program with these signals, and nothing else. */
function programWith(signals: readonly Signal[]): Buffer {
  const of = <K extends Signal["kind"]>(kind: K): (Signal & { kind: K })[] =>
    signals.filter((signal): signal is Signal & { kind: K } => signal.kind === kind);
  const texts = [
    ...of("string").map((signal) => `\0${signal.text}\0`),
    ...of("wide-string").map(({ text }) =>
      Buffer.from(`${text.replaceAll(/./g, "$&\0\0\0")}\0\0\0\0`).toString("latin1"),
    ),
    ...of("applets").map(
      ({ least }) =>
        `\0${[...knownApplets]
          .toSorted()
          .slice(3, 3 + least)
          .join("\0")}\0`,
    ),
  ];
  const main = of("go-main").map(({ pattern }) =>
    goBuildInfo({ version: "go1.22.1", path: one(goMains, pattern) }),
  );
  const soname = of("soname").map(({ pattern }) => one(libraries, pattern))[0];
  return elfOf({
    ...(soname === undefined ? program : { soname }),
    needed: of("needed").map(({ pattern }) => one(libraries, pattern)),
    imports: of("symbol").map(({ name }) => name),
    data: Buffer.concat([
      Buffer.from(texts.join("")),
      ...main.map((blob) => Buffer.concat([Buffer.alloc(16), blob])),
    ]),
  });
}

const identitiesOf = (bytes: Buffer): readonly Identity[] => factsOf(inMemory(bytes)).identities ?? [];
const ids = (bytes: Buffer): readonly string[] => identitiesOf(bytes).map(({ id }) => id);

const alternatives = fingerprints.flatMap((fingerprint) =>
  fingerprint.signs.map((signals, index) => ({
    name: `${fingerprint.id}, alternative ${index + 1}`,
    fingerprint,
    signals,
  })),
);

describe("each fingerprint", () => {
  test.each(alternatives)("is told by its signals: $name", ({ fingerprint, signals }) => {
    const found = identitiesOf(programWith(signals)).find(({ id }) => id === fingerprint.id);
    expect(found?.kind).toBe(fingerprint.kind);
    expect(found?.name.startsWith(fingerprint.name)).toBe(true);
    expect(found?.evidence.length).toBeGreaterThanOrEqual(signals.length);
    expect(found?.confirmed).toBe((found?.evidence.length ?? 0) > 1);
  });

  test.each(alternatives.filter(({ signals }) => signals.length > 1))(
    "is not told by all but one of them: $name",
    ({ fingerprint, signals }) => {
      for (const left of signals) {
        const rest = signals.filter((signal) => signal !== left);
        if (isTold(fingerprint, rest)) continue;
        expect(ids(programWith(rest)), JSON.stringify(left)).not.toContain(fingerprint.id);
      }
    },
  );
});

/** Equal for equal signals, of whatever alternatives. */
function written(signal: Signal): string {
  return JSON.stringify({ ...signal, ...("pattern" in signal ? { pattern: String(signal.pattern) } : {}) });
}

/** Whether another alternative is whole without the signal. */
function isTold({ signs }: Fingerprint, signals: readonly Signal[]): boolean {
  const known = new Set(signals.map(written));
  return signs.some((alternative) => alternative.every((signal) => known.has(written(signal))));
}

describe("the data", () => {
  test("ids are unique among programs, and kebab-case", () => {
    const all = fingerprints.map(({ id }) => id);
    expect(new Set(all).size).toBe(all.length);
    for (const id of [...all, ...scriptFingerprints.map((script) => script.id)])
      expect(id).toMatch(/^[a-z\d]+(?:-[a-z\d]+)*$/);
  });

  test("each names only ids that there are", () => {
    const all = new Set(fingerprints.map(({ id }) => id));
    for (const { unless = [] } of fingerprints) for (const id of unless) expect(all).toContain(id);
  });

  test("anchors are long enough to skip by, and can be shown", () => {
    for (const { signs, version } of fingerprints) {
      for (const signal of signs.flat()) {
        const anchor = anchorOf(signal);
        if (anchor !== undefined) expect(anchor.length, anchor).toBeGreaterThanOrEqual(searchLengthMin);
        if (signal.kind !== "string") continue;
        const shown = signal.show ?? signal.text;
        expect(shown).toMatch(/^[ -~]+$/);
        expect(signal.text).toContain(shown);
        // FILE stands for the file in what checks evidence.
        expect(shown).not.toMatch(/\bFILE\b/);
      }
      for (const anchor of version?.after ?? [])
        expect(anchor.length).toBeGreaterThanOrEqual(searchLengthMin);
    }
  });

  test("patterns have no state", () => {
    for (const { signs, version } of fingerprints) {
      if (version !== undefined) expect(version.pattern.flags).toBe("");
      for (const signal of signs.flat()) if ("pattern" in signal) expect(signal.pattern.flags).toBe("");
    }
  });
});

describe("versions", () => {
  test.each<[string, string[], string]>([
    ["bash", ["@(#)Bash version 5.2.15(1) release GNU", "BASH_EXECUTION_STRING"], "GNU bash 5.2.15"],
    ["mksh", ["@(#)MIRBSD KSH R59 2020/10/31", "KSHEGID"], "mksh 59"],
    ["ksh93", [".sh.edchar", "Version AJM 93u+m/1.0.4 2022-10-22"], "ksh93 1.0.4"],
    ["php", ["X-Powered-By: PHP/8.2.36", "PHP_INI_SCAN_DIR"], "PHP 8.2.36"],
    ["bash without a number", ["@(#)Bash version ", "BASH_EXECUTION_STRING"], "GNU bash"],
  ])("%s", (_, strings, name) => {
    expect(identitiesOf(elfOf({ ...program, strings })).map((each) => each.name)).toEqual([name]);
  });
});
