import { expect, test } from "vitest";
import { subjectOf } from "../../../testing/subjects.ts";
import { directory, file, symlink } from "../../../testing/trees.ts";
import type { Entry } from "../../tree/entry.ts";
import { packageResidueFindings } from "./package-residue.ts";

test.each<{ summary: string; names: string[]; found: string[] }>([
  { summary: "a package database for scanners is none", names: ["/var/lib/dpkg/status.d/base"], found: [] },
  { summary: "apk's list of what is installed is none", names: ["/lib/apk/db/installed"], found: [] },
  {
    summary: "dpkg and apt",
    names: [
      "/var/lib/dpkg/status",
      "/var/lib/dpkg/info/a.list",
      "/var/lib/dpkg/info/a.postinst",
      "/var/lib/apt/lists/x",
    ],
    found: [
      "/var/lib/apt: apt's package lists, 1 file of 1 bytes",
      "/var/lib/dpkg/info: dpkg's file lists and maintainer scripts, 2 files of 2 bytes",
      "/var/lib/dpkg/status: dpkg's database, 1 file of 1 bytes",
    ],
  },
  {
    summary: "either of several names",
    names: ["/var/cache/yum/x"],
    found: ["/var/cache/yum: a cache of rpm packages, 1 file of 1 bytes"],
  },
  {
    summary: "a user's cache",
    names: ["/home/*/.cache/pip/x".replace("*", "app")],
    found: ["/home/*/.cache: a user's caches, 1 file of 1 bytes".replace("*", "app")],
  },
  {
    summary: "rpm's database, wherever distributions have it",
    names: ["/usr/share/rpm/rpmdb.sqlite"],
    found: ["/usr/share/rpm: rpm's database, 1 file of 1 bytes"],
  },
  { summary: "a name that begins alike", names: ["/var/lib/aptitude/x", "/etc/apt.conf"], found: [] },
])("$summary", ({ names, found }) => {
  const subject = subjectOf({
    layers: [[directory("/var/cache/apt"), ...names.map((name) => file(name, "x"))]],
  });
  const told = packageResidueFindings(subject).map(
    (one) => `${one.path}: ${one.what}, ${one.evidence[0]?.what}`,
  );
  expect(told).toEqual(found);
});

test.each<{ summary: string; entries: Entry[]; found: string[] }>([
  {
    summary: "a place that is a link",
    entries: [symlink("/var/lib/apt", "/opt/apt"), file("/opt/apt/lists/x", "x")],
    found: ["/opt/apt: apt's package lists, 1 file of 1 bytes"],
  },
  {
    summary: "a link in it",
    entries: [symlink("/var/lib/apt/lists", "/opt/lists"), file("/opt/lists/x", "x")],
    found: ["/var/lib/apt: apt's package lists, 1 file of 1 bytes"],
  },
  {
    summary: "a link to where it lies",
    entries: [symlink("/var/lib/apt/again", "."), file("/var/lib/apt/x", "x")],
    found: ["/var/lib/apt: apt's package lists, 1 file of 1 bytes"],
  },
  {
    summary: "two places that are one",
    entries: [symlink("/lib", "usr/lib"), file("/usr/lib/apk/db/scripts.tar", "x")],
    found: ["/usr/lib/apk/db/scripts.tar: apk's scripts, 1 file of 1 bytes"],
  },
])("$summary", ({ entries, found }) => {
  const told = packageResidueFindings(subjectOf({ layers: [entries] })).map(
    (one) => `${one.path}: ${one.what}, ${one.evidence[0]?.what}`,
  );
  expect(told).toEqual(found);
});
