// The closure over real packages: those installed on a Debian machine, with their contents held back until they are asked for.
import { expect, test } from "vitest";
import { close } from "../../src/closure/close.ts";
import type { Closure } from "../../src/closure/closure.ts";
import { launch } from "../../testing/closures.ts";
import { type HostPackage, hostPackages, treeOfPackages, viewOf } from "../../testing/host-packages.ts";
import { hostFacts } from "../../testing/host-tree.ts";

const facts = hostFacts();

interface Case {
  readonly package: string;
  readonly program: string;
  /** What a working image needs, beyond the libraries. */
  readonly kept: readonly string[];
  readonly left: readonly string[];
  /** Never unpacked. */
  readonly untouched: readonly string[];
}

const cases: readonly Case[] = [
  {
    package: "postgresql-15",
    program: "/usr/lib/postgresql/15/bin/postgres",
    kept: [
      "/usr/lib/postgresql/15/lib/plpgsql.so",
      "/usr/lib/postgresql/15/lib/dict_snowball.so",
      "/usr/lib/postgresql/15/lib/pgoutput.so",
      "/usr/share/postgresql/15/extension/plpgsql.control",
      "/usr/share/postgresql/15/timezonesets/Default",
      "/usr/share/postgresql/15/tsearch_data/english.stop",
      "/usr/share/zoneinfo/Europe/Vienna",
      "/usr/lib/locale/C.utf8/LC_CTYPE",
    ],
    left: [
      "/usr/lib/postgresql/15/lib/llvmjit.so",
      "/usr/lib/postgresql/15/bin/initdb",
      "/usr/share/man/man1/arch.1.gz",
      "/usr/bin/perl",
    ],
    untouched: ["libllvm14", "perl-base", "debconf"],
  },
  {
    package: "python3",
    program: "/usr/bin/python3",
    kept: [
      "/usr/bin/python3.11",
      "/usr/lib/python3.11/os.py",
      "/usr/lib/python3.11/lib-dynload/_sqlite3.cpython-311-x86_64-linux-gnu.so",
      "/usr/lib/x86_64-linux-gnu/libsqlite3.so.0",
    ],
    left: ["/usr/bin/pydoc3.11"],
    untouched: ["debconf"],
  },
  {
    package: "openjdk-17-jre-headless",
    program: "/usr/lib/jvm/java-17-openjdk-amd64/bin/java",
    kept: [
      "/usr/lib/jvm/java-17-openjdk-amd64/lib/server/libjvm.so",
      "/usr/lib/jvm/java-17-openjdk-amd64/lib/modules",
      "/usr/lib/jvm/java-17-openjdk-amd64/lib/libnet.so",
    ],
    left: ["/usr/lib/jvm/java-17-openjdk-amd64/bin/keytool"],
    untouched: ["perl-base"],
  },
  {
    package: "redis-tools",
    program: "/usr/bin/redis-check-rdb",
    kept: ["/usr/lib/x86_64-linux-gnu/libc.so.6"],
    left: ["/usr/bin/redis-cli"],
    untouched: ["perl-base"],
  },
];

for (const one of cases) {
  const packages = hostPackages([one.package]);
  const why = packages === undefined ? ` (skipped: ${one.package} is not installed here)` : "";
  test.skipIf(packages === undefined)(`closes ${one.package} on demand${why}`, () => {
    const all = packages ?? [];
    const { closure, present } = closeOnDemand(all, one);
    expect(closure.missing).toEqual([]);
    for (const path of one.kept) expect(closure.reasons.has(path as never), path).toBe(true);
    for (const path of one.left) expect(closure.reasons.has(path as never), path).toBe(false);
    for (const name of one.untouched) expect(present.has(name), name).toBe(false);
    // The same, whatever is in the tree to begin with.
    const whole = closeOver(all, one, new Set(all.map((each) => each.name)));
    expect([...closure.reasons.keys()].sort()).toEqual([...whole.reasons.keys()].sort());
    // No documentation, and every file with a reason that leads to a root.
    expect([...closure.reasons.keys()].filter((path) => path.startsWith("/usr/share/man/"))).toEqual([]);
  });
}

function closeOnDemand(
  all: readonly HostPackage[],
  one: Case,
): { closure: Closure; present: ReadonlySet<string> } {
  const present = new Set<string>();
  for (;;) {
    const closure = closeOver(all, one, present);
    if (closure.deferred.size === 0) return { closure, present };
    const before = present.size;
    for (const name of closure.deferred) present.add(name);
    // What is deferred was pending: each round makes progress.
    expect(present.size).toBe(before + closure.deferred.size);
  }
}

function closeOver(all: readonly HostPackage[], one: Case, present: ReadonlySet<string>): Closure {
  return close({
    tree: treeOfPackages(all.filter((each) => present.has(each.name))),
    facts,
    launch: launch({ entrypoint: [one.program] }),
    keep: [],
    drop: [],
    packages: viewOf(all, [one.package], present),
  });
}
