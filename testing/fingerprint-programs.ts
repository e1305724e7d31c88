// Programs and libraries that fingerprints tell: each made of the signals alone, with no code in it.
import { knownApplets } from "../src/content/fingerprints/applets.ts";
import type { Signal } from "../src/content/fingerprints/fingerprint.ts";
import { elfOf } from "./builders.ts";
import type { ElfContent } from "./elf-builder.ts";
import { goBuildInfo } from "./go-build-info.ts";

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
export function programWith(signals: readonly Signal[]): Buffer {
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
